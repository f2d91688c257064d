// The skills: what each does, when it runs next, and a button that runs it now.

import { el } from './dom.js';
import { failureCard, onceButton } from './runparts.js';
import { newRequestId } from './runsapi.js';
import { scheduleWords, timeWords } from './runwords.js';

export function skillsList({ api, say, open }) {
  const rows = el('ul', { class: 'skills', 'aria-label': 'Skills' });
  const problem = el('div');
  const node = el('section', { class: 'skills-part', 'aria-labelledby': 'skills-title', hidden: true },
    el('h3', { id: 'skills-title' }, 'Skills'), problem, rows);
  let all = [];
  let shown = '';

  async function load() {
    try {
      all = await api.skills();
      problem.replaceChildren();
      const now = JSON.stringify(all);
      if (now !== shown) rows.replaceChildren(...all.map(rowOf));
      shown = now;
    } catch (error) {
      problem.replaceChildren(failureCard(error, load));
    }
    node.hidden = all.length === 0 && !problem.firstChild;
  }

  function rowOf(skill) {
    let requestId = newRequestId();
    const run = onceButton('Run now', async () => {
      const { executionId } = await api.beginSkill(skill.id, requestId);
      requestId = newRequestId();
      problem.replaceChildren();
      say(`${skill.name} has begun.`);
      open(executionId);
    }, (error) => problem.replaceChildren(failureCard(error)));
    run.setAttribute('aria-label', `Run now: ${skill.name}`);
    return el('li', { class: 'skill' },
      el('div', { class: 'skill-words' },
        el('strong', {}, skill.name),
        skill.description && el('span', { class: 'skill-about' }, skill.description),
        el('span', { class: 'small' }, scheduleWords(skill.trigger ?? {}), skill.callbackUrl && ' · calls back', skill.isActive === false && ' · switched off'),
        nextWords(skill)),
      run);
  }

  return { node, load, get all() { return all; } };
}

function nextWords({ nextRuns, isActive }) {
  const times = (nextRuns ?? []).map((time) => ({ time, words: timeWords(time) })).filter(({ words }) => words);
  if (times.length === 0 || isActive === false) return null;
  const named = times.flatMap(({ time, words }, at) => [at > 0 && ' · ', el('time', { datetime: time }, words)]);
  return el('span', { class: 'small' }, 'Next: ', named);
}
