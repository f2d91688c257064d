// The form that begins a run.

import { el } from './dom.js';
import { failureCard } from './runparts.js';
import { newRequestId } from './runsapi.js';

const MOST_LETTERS = 100_000;
const EXAMPLE = 'Review my training week: write review.md and week.csv.';

export function newRunForm({ api, say, open }) {
  const field = el('textarea', { id: 'run-prompt', rows: '1', dir: 'auto', maxlength: MOST_LETTERS, placeholder: EXAMPLE, autocomplete: 'off' });
  const start = el('button', { type: 'submit', class: 'main' }, 'Start run');
  const example = el('button', { type: 'button', class: 'plain', onclick: () => {
    field.value = EXAMPLE;
    field.focus();
  } }, 'Use the example');
  const problem = el('div');
  // Kept over a failure whose outcome is unknown, so that another press is the same run.
  let request = null;

  async function begin() {
    const prompt = field.value.trim();
    if (prompt === '' || start.getAttribute('aria-disabled') === 'true') return field.focus();
    if (request?.prompt !== prompt) request = { prompt, id: newRequestId() };
    start.setAttribute('aria-disabled', 'true');
    problem.replaceChildren();
    try {
      const { executionId } = await api.begin(prompt, request.id);
      request = null;
      field.value = '';
      say('The run has begun.');
      open(executionId);
    } catch (error) {
      problem.replaceChildren(failureCard(error, begin));
    }
    start.removeAttribute('aria-disabled');
  }

  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && !event.isComposing) begin();
  });
  return el('form', { class: 'run-form', onsubmit: (event) => {
    event.preventDefault();
    begin();
  } }, el('label', { for: 'run-prompt' }, 'New run'), field, el('div', { class: 'actions' }, start, example), problem);
}
