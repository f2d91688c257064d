// Tool calls that wait for the user's approval: their state among the parts of a turn, and the answers to send. Pure.

import { textOf } from './words.js';

/** How long an approval is valid if the service does not say so. */
const VALID_MS = 10 * 60_000;
const LATE = 'The confirmation expired before the user answered.';

/** Makes the part of a call wait. `request`: an `approval_request`, with `until`, its expiry by this machine's clock. */
export function hold(part, request) {
  if (textOf(request.token) === '' || part.approval?.token === request.token) return;
  part.state = 'waiting';
  part.input ??= request.input ?? null;
  part.approval = {
    token: request.token,
    title: textOf(request.title) || part.name,
    destructive: request.destructive === true,
    until: Number.isFinite(request.until) ? request.until : Date.now() + VALID_MS,
    answer: null,
  };
}

export const isWaiting = (part) => part.state === 'waiting' && Boolean(part.approval);
export const isExpired = ({ approval }, now = Date.now()) => now >= approval.until;

/** The waiting calls; those that the user can still answer; those whose time ran out unanswered. */
export const waitingCalls = ({ parts }) => parts.filter(isWaiting);
export const openCalls = (turn, now) => waitingCalls(turn).filter((part) => !part.approval.answer && !isExpired(part, now));
export const lateCalls = (turn, now) => waitingCalls(turn).filter((part) => !part.approval.answer && isExpired(part, now));

/** True if calls wait and the user has answered each of them. */
export function isAnswered(turn) {
  const calls = waitingCalls(turn);
  return calls.length > 0 && calls.every(({ approval }) => approval.answer);
}

/** The request's `approvals`; from now on the calls count as answered. One that expired unanswered is declined. */
export function sendAnswers(turn, now = Date.now()) {
  return waitingCalls(turn).map((part) => {
    const { approval } = part;
    const { approved, reason } = approval.answer ?? { approved: false, reason: LATE };
    approval.late = isExpired(part, now);
    approval.sent = true;
    part.state = approved ? 'running' : decidedState(part);
    return { token: approval.token, approved, ...(reason ? { reason } : {}) };
  });
}

/** The state of a call that was not run, or whose result is an error. */
export function decidedState({ approval }) {
  if (!approval) return 'failed';
  if (approval.late) return 'expired';
  return approval.answer?.approved === false ? 'declined' : 'failed';
}

/** Takes over what the new messages say of calls that were not run, of which no event tells. */
export function takeResults(turn, messages) {
  const blocks = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  for (const part of turn.parts.filter(({ approval, state }) => approval?.sent && (state === 'running' || state === 'failed'))) {
    const result = blocks.find((block) => block?.type === 'tool_result' && block.tool_use_id === part.id);
    if (!result) continue;
    part.state = result.is_error !== true ? 'done' : /confirmation .*expired/i.test(JSON.stringify(result.content ?? '')) ? 'expired' : 'failed';
  }
}

/** After the answers were sent: `known` if the history says what became of them; otherwise they can be sent again. */
export function settleAnswers(turn, known) {
  for (const part of turn.parts.filter((part) => part.approval?.sent)) {
    part.approval.sent = false;
    const ran = part.state === 'done' || part.state === 'failed';
    if (!known && !ran) part.state = 'waiting';
    else delete part.approval.token;
  }
}

/** The user went on without an answer, or none can be given any more. */
export function dropWaiting(turn) {
  for (const part of waitingCalls(turn)) {
    part.state = 'unanswered';
    part.approval.answer = null;
    delete part.approval.token;
  }
}

/** "Expires in 9 min" */
export function leftWords(until, now = Date.now()) {
  const minutes = Math.ceil((until - now) / 60_000);
  return minutes > 1 ? `Expires in ${minutes} min` : 'Expires in less than a minute';
}

/** Milliseconds until `leftWords` or the state of a waiting call changes; null if nothing will. */
export function nextChange(turn, now = Date.now()) {
  const left = openCalls(turn, now).map(({ approval }) => approval.until - now);
  return left.length === 0 ? null : Math.min(...left.map((ms) => ms - 60_000 * Math.max(0, Math.ceil(ms / 60_000) - 1)));
}

/** For screen readers: what waits. */
export function waitingWords(turn) {
  const titles = openCalls(turn).map(({ approval }) => approval.title);
  if (titles.length === 0) return '';
  return titles.length === 1
    ? `Your confirmation is needed: ${titles[0]}.`
    : `${titles.length} confirmations are needed: ${titles.join('; ')}.`;
}
