// One tool call: description, state and duration; expanded, its input, and its result where that is known.

import { el, icon } from './dom.js';
import { bareName, seconds, toolSubject, toolWords } from './words.js';

const MOST_INPUT = 4000;
/** The states of a call that took no time. */
const NOT_RUN = ['declined', 'expired', 'unanswered'];

export function pill(part) {
  const summary = el('summary');
  const input = el('pre', { tabindex: '0', role: 'group', 'aria-label': `What ${part.name} was asked` });
  const output = el('pre', { tabindex: '0', role: 'group', 'aria-label': `What ${part.name} answered`, hidden: true });
  const reason = el('p', { class: 'pill-reason', dir: 'auto' });
  const node = el('details', { class: 'pill' }, summary, el('div', { class: 'pill-input' }, el('code', {}, part.name), input, output, reason));
  let shown = [];
  const update = () => {
    // Events replace the input and the result; they do not change them.
    const now = [part.state, part.ms, part.input, part.result, part.about];
    if (now.every((value, at) => value === shown[at])) return;
    shown = now;
    node.dataset.state = part.state;
    node.dataset.tool = part.name;
    const subject = toolSubject(part.input) || part.about;
    summary.replaceChildren(
      icon(part.state),
      el('span', { class: 'pill-words' }, toolWords(bareName(part.name), part.state)),
      ...(subject ? [el('span', { class: 'pill-subject' }, subject)] : []),
      ...(part.ms === null || NOT_RUN.includes(part.state) ? [] : [el('span', { class: 'pill-time' }, seconds(part.ms))]));
    input.textContent = pretty(part.input);
    reason.textContent = part.state === 'declined' && part.approval?.answer?.reason ? `Your reason: ${part.approval.answer.reason}` : '';
    output.hidden = !part.result;
    output.textContent = short(part.result ?? '');
  };
  update();
  return { node, update };
}

function pretty(input) {
  if (input === null || input === undefined) return 'Its input is not complete yet.';
  return short(JSON.stringify(input, null, 2));
}

const short = (text) => (text.length > MOST_INPUT ? `${text.slice(0, MOST_INPUT)}\n…` : text);
