// Words about runs: statuses, names, times, sizes, schedules, failures. Pure.

import { errorWords } from './errors.js';
import { amount, moment, seconds, shortened } from './words.js';

const STATUS = {
  queued: ['Waiting', 'waiting'],
  running: ['Running', 'running'],
  completed: ['Completed', 'done'],
  failed: ['Failed', 'failed'],
  cancelled: ['Cancelled', 'stopped'],
  expired: ['Expired', 'failed'],
};

/** `{ words, icon }` */
export function statusOf(status) {
  const [words, icon] = Object.hasOwn(STATUS, status) ? STATUS[status] : [String(status), 'unknown'];
  return { words, icon };
}

const MOST_NAME = 90;

/** What the run is called: its prompt, its skill, or the beginning of its answer. */
export function runName(run, skills = []) {
  const skill = run.skillId && (skills.find(({ id }) => id === run.skillId)?.name ?? 'A skill');
  const said = [skill, promptOf(run), run.metadata?.title, run.response].find((text) => typeof text === 'string' && text.trim() !== '');
  const line = (said ?? '').trim().split('\n')[0].replace(/^#+\s*/, '').replaceAll('**', '');
  return line === '' ? `Run ${String(run.executionId).slice(-8)}` : shortened(line, MOST_NAME);
}

/** The prompt, if it is known. */
export function promptOf({ metadata }) {
  const prompt = metadata?.prompt;
  return typeof prompt === 'string' && prompt.trim() !== '' ? prompt : null;
}

const TRIGGERS = { api: 'by request', manual: 'by hand', webhook: 'by webhook', schedule: 'on schedule' };

/** "on schedule · 28 Nov 2026, 23:10 · 12 s" */
export function runFacts(run) {
  const took = Number.isFinite(run.durationMs) && run.startedAt ? seconds(run.durationMs) : null;
  return [TRIGGERS[run.trigger], timeWords(run.createdAt), took].filter(Boolean).join(' · ');
}

/** A time as the service writes it, in the reader's zone; null without one. */
export function timeWords(time) {
  const at = Date.parse(time);
  return Number.isNaN(at) ? null : moment(at);
}

const UNITS = ['kB', 'MB', 'GB'];

/** "812 bytes", "3.4 kB" */
export function sizeWords(bytes) {
  if (!Number.isFinite(bytes)) return '';
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  let [size, unit] = [bytes / 1000, 0];
  for (; size >= 999.95 && unit < UNITS.length - 1; unit += 1) size /= 1000;
  return `${amount(size)} ${UNITS[unit]}`;
}

const DAYS = ['Sundays', 'Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays', 'Sundays'];
const SHORT = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** "Mondays at 07:00 (Europe/Zurich)", or the cron line itself when it says more than a time and a day. */
export function scheduleWords({ type, cron, timezone }) {
  if (type === 'webhook') return 'Started by a webhook';
  if (type !== 'schedule') return 'Started by hand';
  const zone = timezone ? ` (${timezone.replaceAll('_', ' ')})` : '';
  const [minute, hour, day, month, weekday] = String(cron).trim().split(/\s+/);
  const time = isNumber(minute) && isNumber(hour) ? `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}` : null;
  const named = dayWords(day, weekday);
  return time && month === '*' && named ? `${named} at ${time}${zone}` : `Cron ${cron}${zone}`;
}

const isNumber = (text) => /^\d{1,2}$/.test(text ?? '');

function dayWords(day, weekday) {
  if (day === '*' && weekday === '*') return 'Every day';
  if (day === '*' && weekday === '1-5') return 'Monday to Friday';
  if (day === '*') return DAYS[isNumber(weekday) ? Number(weekday) : SHORT.indexOf(String(weekday).toLowerCase())] ?? null;
  return isNumber(day) && weekday === '*' ? `Day ${day} of each month` : null;
}

const FAILURES = {
  attempts_exhausted: ['The run was given up', 'It was interrupted too often.'],
  budget_exceeded: ['The run was too large', 'It used up its tokens.'],
  timeout: ['The run took too long', 'It used up its time.'],
  run_failed: ['The run failed', 'The service could not finish it.'],
  invalid_request: ['The service cannot take this', 'Something in it does not fit.'],
  not_found: ['There is no such run', 'It may have been removed, or belong to another account.'],
  network: ['The runs service cannot be reached', 'Check your connection; the service may also be down.'],
  busy: ['The service is busy', 'Too many runs are waiting already.'],
};

/** `{ title, text }` of a failed run, or of a failed call. */
export function failureWords(code) {
  if (Object.hasOwn(FAILURES, code)) return { title: FAILURES[code][0], text: FAILURES[code][1] };
  const { title, text } = errorWords(code);
  return { title, text };
}

const STOPS = {
  max_tokens: 'The answer reached its length limit.',
  max_tool_rounds: 'The run reached its limit of steps.',
  refusal: 'The model declined to answer this.',
};

/** The note under an answer that ended before its natural end. */
export const stopNote = (reason) => (Object.hasOwn(STOPS, reason) ? STOPS[reason] : null);
