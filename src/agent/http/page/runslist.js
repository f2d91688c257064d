// The list of runs, with a form that begins one, and the skills.

import { el, icon } from './dom.js';
import { failureCard, statusBadge } from './runparts.js';
import { newRunForm } from './runform.js';
import { skillsList } from './skillslist.js';
import { isFinal } from './journal.js';
import { runFacts, runName } from './runwords.js';

/** Between two looks at the list: while a run is not finished, and else. */
const BUSY_MS = 2000;
const IDLE_MS = 15_000;
const PAGE = 20;

export function runsList({ api, say, open }) {
  const heading = el('h2', { tabindex: '-1' }, 'Runs');
  const skills = skillsList({ api, say, open });
  const rows = el('ul', { class: 'runs', 'aria-label': 'Runs' });
  const none = el('p', { class: 'small', hidden: true }, 'No runs yet.');
  const problem = el('div');
  const more = el('button', { type: 'button', class: 'plain', hidden: true, onclick: () => older() }, 'Show older runs');
  const node = el('div', { class: 'runs-view' }, heading,
    el('p', { class: 'lead' }, 'They go on when this page is closed.'),
    newRunForm({ api, say, open }), skills.node,
    el('section', { 'aria-labelledby': 'runs-list-title' }, el('h3', { id: 'runs-list-title' }, 'Latest'), problem, rows, none, more));

  const shown = new Map();
  let before = null;
  let timer = null;
  let asked = 0;

  /** The newest runs, above those that are shown already. */
  async function look() {
    clearTimeout(timer);
    const mine = (asked += 1);
    try {
      const answer = await api.list({ limit: PAGE });
      if (mine !== asked) return;
      if (shown.size <= PAGE) before = answer.before ?? null;
      take(answer.runs);
      problem.replaceChildren();
    } catch (error) {
      if (mine !== asked) return;
      problem.replaceChildren(failureCard(error, look));
      // Who does not want to sign in is not asked again and again.
      if (error.code === 'no_token') return;
    }
    timer = setTimeout(look, [...shown.values()].some(({ run }) => !isFinal(run.status)) ? BUSY_MS : IDLE_MS);
  }

  async function older() {
    more.disabled = true;
    try {
      const answer = await api.list({ limit: PAGE, before });
      before = answer.before ?? null;
      const first = answer.runs[0];
      take(answer.runs);
      if (first) shown.get(first.executionId).node.firstElementChild.focus();
    } catch (error) {
      problem.replaceChildren(failureCard(error, older));
    }
    more.disabled = false;
  }

  function take(runs) {
    for (const run of runs) {
      const row = shown.get(run.executionId) ?? rowOf();
      shown.set(run.executionId, row);
      row.update(run);
    }
    // Ids are in the order of their times. Only moved where it must: a moved link loses the focus.
    const sorted = [...shown.values()].sort((a, b) => (a.run.executionId < b.run.executionId ? 1 : -1));
    sorted.forEach((row, at) => { if (rows.children[at] !== row.node) rows.insertBefore(row.node, rows.children[at] ?? null); });
    none.hidden = shown.size > 0;
    more.hidden = before === null;
  }

  function rowOf() {
    const link = el('a', { class: 'run' });
    const row = { node: el('li', {}, link), run: null };
    row.update = (run) => {
      const before = row.run;
      const name = runName(run, skills.all);
      if (before && before.status === run.status && row.name === name && before.durationMs === run.durationMs) return;
      Object.assign(row, { run, name });
      link.href = `#runs/${encodeURIComponent(run.executionId)}`;
      link.replaceChildren(statusBadge(run.status), el('span', { class: 'run-name', dir: 'auto' }, name),
        el('span', { class: 'run-facts' }, filesWords(run), runFacts(run)));
      if (before && before.status !== run.status && isFinal(run.status)) say(`${name}: ${run.status}`);
    };
    return row;
  }

  const atSight = () => { if (!document.hidden) look(); };
  return {
    node,
    focus: () => heading.focus({ preventScroll: true }),
    resume() {
      document.addEventListener('visibilitychange', atSight);
      skills.load().then(() => shown.forEach((row) => row.update(row.run)));
      look();
    },
    pause() {
      document.removeEventListener('visibilitychange', atSight);
      clearTimeout(timer);
      asked += 1;
    },
  };
}

function filesWords({ files }) {
  const count = files?.length ?? 0;
  if (count === 0) return null;
  return el('span', { class: 'run-files' }, icon('file'), `${count} ${count === 1 ? 'file' : 'files'} · `);
}
