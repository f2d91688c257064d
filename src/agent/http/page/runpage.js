// One run: what it is, its answer, its files, and its trace as it happens.

import { el, icon } from './dom.js';
import { followRun } from './runevents.js';
import { applyEntry, isFinal, newTrace } from './journal.js';
import { showMarkdown } from './markdown.js';
import { fileList } from './runfiles.js';
import { failureCard, onceButton, statusBadge } from './runparts.js';
import { newRequestId } from './runsapi.js';
import { traceView } from './runtrace.js';
import { failureWords, promptOf, runFacts, runName, stopNote } from './runwords.js';
import { bareName, toolWords } from './words.js';

/** `skills()` resolves to the skills, for the name of a skill's run. */
export function runPage({ api, id, say, open, skills }) {
  const leaving = new AbortController();
  const trace = newTrace();
  const view = traceView(trace);
  const files = fileList({ refresh: () => api.run(id) });
  const parts = {
    title: el('h2', { tabindex: '-1', dir: 'auto' }, 'Run'),
    badge: el('span'),
    facts: el('span', { class: 'run-facts' }),
    link: el('p', { class: 'link-lost', role: 'status', hidden: true }, 'The connection broke off; the run goes on. Connecting again…'),
    prompt: el('p', { class: 'run-prompt', dir: 'auto', hidden: true }),
    problem: el('div'),
    answer: el('div', { class: 'markdown', dir: 'auto' }),
    note: el('p', { class: 'small', hidden: true }),
    details: el('dl', { class: 'run-details' }),
  };
  const cancel = onceButton('Cancel', async () => show(await api.cancel(id)), failed);
  let againId = newRequestId();
  const again = onceButton('Run again', async () => {
    const begun = run.skillId ? await api.beginSkill(run.skillId, againId) : await api.begin(promptOf(run), againId);
    againId = newRequestId();
    say('The run has begun again.');
    open(begun.executionId);
  }, failed);
  const answer = section('Answer', 'run-answer', parts.answer, parts.note);
  const traced = section('Trace', 'run-trace', view.node);
  const node = el('article', { class: 'run-page' },
    el('p', { class: 'back-line' }, el('a', { class: 'back-link', href: '#runs' }, icon('back'), 'All runs')),
    parts.title, parts.prompt,
    el('p', { class: 'run-state' }, parts.badge, parts.facts),
    parts.link, el('div', { class: 'actions' }, cancel, again), parts.problem,
    answer, files.node, traced,
    el('details', { class: 'run-more' }, el('summary', {}, 'Details'), parts.details));
  cancel.hidden = again.hidden = answer.hidden = true;

  let run = null;
  let known = [];

  function failed(error) {
    parts.problem.replaceChildren(failureCard(error));
  }

  /** The run as the service tells it. */
  function show(now) {
    run = now;
    const name = runName(run, known);
    const prompt = promptOf(run);
    parts.title.textContent = name;
    parts.prompt.hidden = prompt === null || prompt.trim() === name;
    parts.prompt.textContent = prompt ?? '';
    parts.badge.replaceChildren(statusBadge(run.status));
    parts.facts.textContent = runFacts(run);
    const ended = isFinal(run.status);
    const held = document.activeElement === (ended ? cancel : again);
    cancel.hidden = ended;
    again.hidden = !ended || !(run.skillId || prompt);
    if (held) parts.title.focus({ preventScroll: true });
    answer.hidden = !run.response;
    if (run.response) showMarkdown(parts.answer, run.response);
    const note = stopNote(run.stopReason);
    parts.note.hidden = !note;
    parts.note.textContent = note ?? '';
    files.update(run.files ?? []);
    view.ended(ended, run.response);
    traced.hidden = ended && trace.parts.length === 0;
    showFailure(ended);
    parts.details.replaceChildren(...detailsOf(run));
  }

  function showFailure(ended) {
    if (!ended) return;
    const { error } = run;
    if (!error) return parts.problem.replaceChildren();
    const { title, text } = failureWords(error.code);
    parts.problem.replaceChildren(el('div', { class: 'card bad' }, el('p', {}, el('strong', {}, title), ' ', text),
      error.message && el('p', { class: 'small' }, error.message)));
  }

  function onEntry(entry) {
    if (entry.type === 'started' && run?.status === 'queued') show({ ...run, status: 'running', startedAt: entry.at });
    if (applyEntry(trace, entry)) {
      traced.hidden = false;
      view.schedule();
    }
    if (entry.type === 'tool_call') say(toolWords(bareName(entry.name), 'running'));
  }

  async function follow() {
    try {
      await followRun({
        api, id, signal: leaving.signal, onEntry,
        onRun: (now) => { if (!run || !isFinal(run.status)) show(now); },
        onLink: (isUp) => { parts.link.hidden = isUp; },
      });
      if (leaving.signal.aborted) return;
      parts.link.hidden = true;
      const wasEnded = run !== null && isFinal(run.status);
      show(await api.run(id));
      if (!wasEnded) say(`${run.status}. ${parts.answer.innerText}`);
    } catch (error) {
      if (!leaving.signal.aborted) parts.problem.replaceChildren(failureCard(error, follow));
    }
  }

  follow();
  skills().then((all) => {
    known = all;
    if (run && !leaving.signal.aborted) show(run);
  }, () => {});
  return {
    node,
    focus: () => parts.title.focus({ preventScroll: true }),
    close: () => leaving.abort(),
  };
}

function section(title, id, ...children) {
  return el('section', { 'aria-labelledby': id }, el('h3', { id }, title), children);
}

function detailsOf(run) {
  const { inputTokens, outputTokens } = run.usage ?? {};
  const facts = {
    Run: run.executionId,
    Request: run.requestId,
    Attempts: run.attempt > 0 ? run.attempt : null,
    Tokens: Number.isFinite(inputTokens) && Number.isFinite(outputTokens) ? `${inputTokens} in, ${outputTokens} out` : null,
  };
  return Object.entries(facts).filter(([, fact]) => fact !== null && fact !== undefined)
    .flatMap(([name, fact]) => [el('dt', {}, name), el('dd', {}, el('bdi', {}, String(fact)))]);
}
