// The question about one tool call that waits: what will be done, with Approve and Decline. A mistaken approval cannot be taken
// back, so the focus never comes to a button by itself, and a click that was begun before the card appeared does not count.

import { isExpired, leftWords } from './approvals.js';
import { el, icon } from './dom.js';
import { aboutOf, exactly, rowsOf, shortLines, visible } from './inputwords.js';

/** A pointer's press sooner than this after the card appeared, or after another answer, was meant for something else. */
const SETTLING_MS = 500;
const MOST_ROWS = 10;
const MOST_REASON = 500;

const button = (words, onclick, kind = 'plain', more = {}) => el('button', { type: 'button', class: kind, onclick, ...more }, words);

let cards = 0;
let changedAt = -Infinity;

/** False for a click that was begun before there was anything to click. A pointer's click has a `detail`; a key has none. */
export const isMeant = (event) => event.detail === 0 || performance.now() - changedAt > SETTLING_MS;

/**
 * `onAnswer(part, answer)` with `{ approved, reason? }`, or null to take the answer back; `onExpired()` when the time runs out;
 * `nameOf(key, id)` is the name of what an id stands for. `update(alone)`: whether it is the only card.
 */
export function approvalCard(part, { onAnswer, onExpired, nameOf }) {
  const { approval } = part;
  // For the pill that takes the card's place, and for the time after a reload.
  part.about ??= aboutOf(part.input, nameOf);
  cards += 1;
  const [titleId, whyId] = [`approval-${cards}`, `approval-why-${cards}`];
  const title = el('h4', { id: titleId }, el('bdi', {}, visible(approval.title)));
  const why = el('p', { id: whyId, class: 'approval-why' }, approval.destructive
    ? 'This changes or deletes what is stored.'
    : 'This needs your confirmation.');
  const asked = el('div', { class: 'approval-asked' }, inputTable(part.input, nameOf), asSent(part));
  const foot = el('div', { class: 'approval-foot' });
  const node = el('div', { class: `approval${approval.destructive ? ' destructive' : ''}`, role: 'group', tabindex: '-1', 'aria-labelledby': titleId, 'aria-describedby': whyId },
    el('div', { class: 'approval-head' }, icon(approval.destructive ? 'failed' : 'unknown'), el('div', {}, title, why)), asked, foot);
  const answer = (event, given) => {
    if (!isMeant(event)) return;
    changedAt = performance.now();
    // The time may have run out while the machine slept.
    if (isExpired(part)) update();
    else onAnswer(part, given);
  };
  const of = part.about && ` · ${part.about}`;
  const FEET = {
    open: () => openFoot(titleId, approval, answer),
    expired: () => [el('p', { class: 'approval-said' }, icon('expired'), 'Expired: nothing was done.')],
    approved: () => answeredFoot(titleId, 'done', `Approved${of}`, (event) => answer(event, null)),
    declined: () => answeredFoot(titleId, 'declined', `Declined${of}${approval.answer.reason ? `: ${approval.answer.reason}` : ''}`, (event) => answer(event, null)),
  };
  let shown = null;
  changedAt = performance.now();

  function update() {
    const now = stateOf(part);
    if (now !== shown) {
      const focused = foot.contains(document.activeElement);
      if (shown === 'open' && now === 'expired') onExpired();
      shown = now;
      node.dataset.state = now;
      asked.hidden = now === 'approved' || now === 'declined';
      foot.replaceChildren(...FEET[now]());
      if (focused) node.focus({ preventScroll: true });
    }
    const left = foot.querySelector('.approval-left');
    if (left) left.textContent = leftWords(approval.until);
  }
  return { node, update };
}

function stateOf(part) {
  const { answer } = part.approval;
  if (answer) return answer.approved ? 'approved' : 'declined';
  return isExpired(part) ? 'expired' : 'open';
}

function openFoot(titleId, { destructive }, answer) {
  const reason = reasonForm(titleId, answer, () => {
    actions.hidden = false;
    actions.querySelector('.approval-reason-open').focus();
  });
  const actions = el('div', { class: 'actions' },
    button('Approve', (event) => answer(event, { approved: true }), destructive ? 'main danger' : 'main', { 'aria-describedby': titleId }),
    button('Decline', (event) => answer(event, { approved: false }), 'plain', { 'aria-describedby': titleId }),
    button('Decline with a reason…', () => {
      actions.hidden = true;
      reason.open();
    }, 'plain approval-reason-open', { 'aria-describedby': titleId }),
    el('span', { class: 'approval-left' }));
  return [actions, reason.node];
}

function reasonForm(titleId, answer, onClose) {
  const field = el('input', { type: 'text', maxlength: MOST_REASON, autocomplete: 'off', dir: 'auto', enterkeyhint: 'send' });
  const node = el('form', { class: 'approval-reason', hidden: true, 'aria-labelledby': titleId },
    el('label', {}, el('span', {}, 'Why not, or what instead?'), field),
    el('div', { class: 'actions' },
      el('button', { type: 'submit', class: 'main' }, 'Decline'),
      button('Back', () => close())));
  function close() {
    node.hidden = true;
    onClose();
  }
  node.addEventListener('submit', (event) => {
    event.preventDefault();
    const reason = field.value.trim();
    // Opening the form is intent enough: its button cannot have been meant for another card.
    answer({ detail: 0 }, { approved: false, ...(reason === '' ? {} : { reason }) });
  });
  field.addEventListener('keydown', (event) => {
    // Here Escape closes the form; it must not stop an answer as well.
    if (event.key !== 'Escape' || event.isComposing) return;
    event.stopPropagation();
    close();
  });
  return { node, open() {
    node.hidden = false;
    field.focus();
  } };
}

function answeredFoot(titleId, name, words, onChange) {
  return [el('p', { class: 'approval-said' }, icon(name), el('span', { dir: 'auto' }, words), button('Change', onChange, 'plain', { 'aria-describedby': titleId }))];
}

/** The whole input as it goes to the tool, since the table shortens ids and long values. */
function asSent(part) {
  const sent = el('pre', { tabindex: '0', role: 'group', 'aria-label': `What ${part.name} is given` });
  return el('details', { class: 'approval-sent', ontoggle: () => { sent.textContent = exactly(part.input); } },
    el('summary', {}, 'Exactly as it is sent'), el('code', {}, visible(part.name)), sent);
}

function inputTable(input, nameOf) {
  const rows = rowsOf(input, nameOf);
  if (rows.length === 0) return el('p', { class: 'small' }, 'Without further details.');
  const body = el('tbody', {}, rows.slice(0, MOST_ROWS).map(inputRow));
  return el('div', {},
    el('table', {}, el('caption', { class: 'hidden-visually' }, 'Details'), body),
    rows.length > MOST_ROWS && showAll(`Show all ${rows.length} details`, () => body.replaceChildren(...rows.map(inputRow))));
}

function inputRow({ label, lines }) {
  const cell = el('td', { dir: 'auto' });
  const fill = (shown) => cell.replaceChildren(...shown.map(({ text, depth, kind }) => el('div', { class: `depth-${depth}${kind ? ` ${kind}` : ''}` }, text)));
  const short = shortLines(lines);
  fill(short ?? lines);
  if (short) cell.append(showAll('Show all', () => fill(lines), label));
  return el('tr', {}, el('th', { scope: 'row' }, label), cell);
}

/** A button that is used once; then the focus is at what it has shown. */
function showAll(words, show, of = '') {
  const node = button([words, of && el('span', { class: 'hidden-visually' }, ` of ${of}`)], () => {
    const place = node.parentElement;
    node.remove();
    show();
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  }, 'link');
  return node;
}
