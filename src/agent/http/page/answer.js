// Renders a question and its answer. Parts of an answer only grow: each is created once, then updated.

import { approvalCard } from './approvalcard.js';
import { isWaiting, lateCalls, nextChange, openCalls, waitingCalls } from './approvals.js';
import { chartOf } from './charts.js';
import { el } from './dom.js';
import { endingOf } from './ending.js';
import { isNote } from './history.js';
import { showMarkdown } from './markdown.js';
import { pill } from './pill.js';

/** `update({ last })` renders the turn's present state; `schedule()` does so in the next frame. */
export function turnView(turn, ways) {
  const body = el('div', { class: 'answer-body' });
  const working = el('p', { class: 'working' }, el('span', { class: 'dots', 'aria-hidden': 'true' }), el('span', {}, 'Thinking…'));
  const ending = el('div', { class: 'ending-place' });
  const answer = el('article', { class: 'answer' }, el('h3', { class: 'hidden-visually' }, 'Answer'), body, working, ending);
  const node = el('div', { class: 'turn' }, questionOf(turn), answer);

  let parts = [];
  let ended = null;
  let last = true;
  let waiting = null;

  function update(now = {}) {
    last = now.last ?? last;
    if (parts.length > turn.parts.length) {
      body.replaceChildren();
      parts = [];
    }
    turn.parts.forEach((part, at) => {
      parts[at] ??= viewOf(turn, part, body, ways);
      parts[at].update();
    });
    working.hidden = turn.outcome !== null || busy(turn);
    const calls = [waitingCalls, openCalls, lateCalls].map((of) => of(turn).length);
    const end = `${Boolean(turn.outcome)} ${last} ${calls}`;
    if (end !== ended) {
      ended = end;
      ending.replaceChildren(...[endingOf(turn, { last, ...ways })].filter(Boolean));
    }
    clearTimeout(waiting);
    const change = nextChange(turn);
    // A little later: a timer may be early.
    if (change !== null) waiting = setTimeout(() => { if (node.isConnected) update(); }, change + 20);
  }

  let scheduled = false;
  let stale = false;
  function schedule() {
    stale = true;
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      // Rendering a long answer may take longer than a frame; leave time for other work.
      const begun = performance.now();
      stale = false;
      update();
      const took = performance.now() - begun;
      setTimeout(() => {
        scheduled = false;
        if (stale) schedule();
      }, took > 12 ? took * 3 : 0);
    });
  }

  const texts = () => [...body.querySelectorAll('.markdown')];
  /** The text for screen readers, from the nth piece: as shown, without markup. */
  const spoken = (from = 0) => texts().slice(from).map((text) => text.innerText).join('\n').trim();
  /** Moves the focus to the first open card. Not to a button: the next key may be meant for something else. */
  const focusOpen = () => {
    const card = body.querySelector('.approval[data-state="open"]');
    card?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: 'nearest' });
  };

  return { node, update, schedule, spoken, focusOpen, get texts() { return texts().length; } };
}

/** True while neither growing text nor a running tool shows progress. */
const busy = (turn) => turn.parts.some((part) => part.state === 'running')
  || (turn.parts.length > (turn.known ?? 0) && turn.parts.at(-1).kind === 'text');

function questionOf(turn) {
  return el('div', { class: 'question' }, el('h3', { class: 'hidden-visually' }, 'You'),
    turn.photo && /^data:image\//.test(turn.photo) && el('img', { src: turn.photo, alt: 'Your photo' }),
    turn.question !== '' && el('p', { dir: 'auto' }, turn.question));
}

const viewOf = (turn, part, body, ways) => ({ tool: toolView, thinking: thinkingView }[part.kind] ?? textView)(part, body, turn, ways);

/** Thinking, folded; a note on progress, in place. Plain text, and not copied or read out with the answer. */
function thinkingView(part, body, turn) {
  const thought = el('div', { class: 'thought', dir: 'auto' });
  const fold = el('details', { class: 'thinking' }, el('summary', {}, 'Thinking'), thought);
  const note = el('p', { class: 'note', dir: 'auto' });
  body.append(note, fold);
  return {
    update() {
      const text = part.text.trim();
      const short = isNote(turn, part);
      note.hidden = text === '' || !short;
      fold.hidden = text === '' || short;
      (short ? note : thought).textContent = text;
    },
  };
}

function textView(part, body) {
  const node = el('div', { class: 'markdown', dir: 'auto' });
  body.append(node);
  let shown = null;
  return {
    update() {
      if (part.text === shown) return;
      shown = part.text;
      showMarkdown(node, part.text);
    },
  };
}

/** Consecutive calls share a line of pills; the cards of those that wait and charts of results follow below, in call order. */
function toolView(part, body, turn, ways) {
  const group = body.lastElementChild?.classList.contains('tools')
    ? body.lastElementChild
    : body.appendChild(el('div', { class: 'tools' }, el('div', { class: 'pills' }), el('div', { class: 'approvals' }), el('div', { class: 'figures' })));
  const call = pill(part);
  const question = el('div');
  const place = el('div');
  group.firstElementChild.append(call.node);
  group.children[1].append(question);
  group.lastElementChild.append(place);
  let drawn = false;
  let card = null;
  /** In place of the pill while the call waits. */
  const updateCard = () => {
    const waits = isWaiting(part);
    call.node.hidden = waits;
    if (waits && !card) question.append((card = approvalCard(part, ways)).node);
    if (!waits && card) question.replaceChildren();
    if (!waits) card = null;
    card?.update();
  };
  return {
    update() {
      call.update();
      updateCard();
      if (drawn || !part.structured) return;
      drawn = true;
      const chart = chartOf(part.name, part.structured);
      if (chart) place.append(chart);
    },
  };
}
