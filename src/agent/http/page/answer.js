// Renders a question and its answer. Parts of an answer only grow: each is created once, then updated.

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

  function update(now = {}) {
    last = now.last ?? last;
    if (parts.length > turn.parts.length) {
      body.replaceChildren();
      parts = [];
    }
    turn.parts.forEach((part, at) => {
      parts[at] ??= viewOf(turn, part, body);
      parts[at].update();
    });
    working.hidden = turn.outcome !== null || busy(turn);
    const end = `${Boolean(turn.outcome)} ${last}`;
    if (end !== ended) {
      ended = end;
      ending.replaceChildren(...[endingOf(turn, { last, ...ways })].filter(Boolean));
    }
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

  /** The text for screen readers: as shown, without markup. */
  const spoken = () => [...body.querySelectorAll('.markdown')].map((text) => text.innerText).join('\n').trim();

  return { node, update, schedule, spoken };
}

/** True while neither growing text nor a running tool shows progress. */
const busy = (turn) => turn.parts.length > (turn.known ?? 0)
  && (turn.parts.at(-1).kind === 'text' || turn.parts.some((part) => part.state === 'running'));

function questionOf(turn) {
  return el('div', { class: 'question' }, el('h3', { class: 'hidden-visually' }, 'You'),
    turn.photo && /^data:image\//.test(turn.photo) && el('img', { src: turn.photo, alt: 'Your photo' }),
    turn.question !== '' && el('p', { dir: 'auto' }, turn.question));
}

const viewOf = (turn, part, body) => ({ tool: toolView, thinking: thinkingView }[part.kind] ?? textView)(part, body, turn);

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

/** Consecutive calls share a line of pills; charts of their results follow below, in call order. */
function toolView(part, body) {
  const group = body.lastElementChild?.classList.contains('tools')
    ? body.lastElementChild
    : body.appendChild(el('div', { class: 'tools' }, el('div', { class: 'pills' }), el('div', { class: 'figures' })));
  const call = pill(part);
  const place = el('div');
  group.firstElementChild.append(call.node);
  group.lastElementChild.append(place);
  let drawn = false;
  return {
    update() {
      call.update();
      if (drawn || !part.structured) return;
      drawn = true;
      const chart = chartOf(part.name, part.structured);
      if (chart) place.append(chart);
    },
  };
}
