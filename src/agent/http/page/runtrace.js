// The trace of a run as a list: texts, tool calls, files, interruptions. Entries only grow: each is created once, then updated.

import { el, icon } from './dom.js';
import { showMarkdown } from './markdown.js';
import { pill } from './pill.js';
import { sizeWords } from './runwords.js';

/** `schedule()` renders the trace's present state in the next frame. */
export function traceView(trace) {
  const list = el('ol', { class: 'trace' });
  const working = el('p', { class: 'working' }, el('span', { class: 'dots', 'aria-hidden': 'true' }), el('span', {}, 'Working…'));
  const node = el('div', {}, list, working);
  const views = [];
  let answer = null;
  let scheduled = false;

  function update() {
    scheduled = false;
    trace.parts.forEach((part, at) => {
      if (!views[at]) {
        views[at] = VIEWS[part.kind](part);
        list.append(views[at].node);
      }
      views[at].update?.({ isAnswer: part.kind === 'text' && answer !== null && part.text.trim() === answer.trim() });
    });
  }

  return {
    node,
    schedule() {
      if (scheduled) return;
      scheduled = true;
      requestAnimationFrame(update);
    },
    /** `text`: the answer, which is not shown here again. */
    ended(is, text) {
      working.hidden = is;
      answer = is ? text ?? null : null;
      update();
    },
  };
}

const VIEWS = { text: textView, tool: toolView, file: fileView, note: noteView };

function textView(part) {
  const text = el('div', { class: 'markdown', dir: 'auto' });
  const above = el('p', { class: 'small' }, 'Wrote the answer, above.');
  showMarkdown(text, part.text);
  return {
    node: el('li', {}, text, above),
    update({ isAnswer }) {
      text.hidden = isAnswer;
      above.hidden = !isAnswer;
    },
  };
}

function toolView(part) {
  const call = pill(part);
  return { node: el('li', {}, call.node), update: call.update };
}

function fileView({ name, size, error }) {
  const words = error ? `${name} could not be kept: ${error}` : `Kept ${name}, ${sizeWords(size)}`;
  return { node: el('li', { class: 'trace-note' }, icon(error ? 'failed' : 'file'), el('bdi', {}, words)) };
}

function noteView({ text }) {
  return { node: el('li', { class: 'trace-note' }, icon('unknown'), text) };
}
