// Chart frame: caption, legend, responsive drawing, tooltip, keyboard navigation, and the data as a table.

import { el } from './dom.js';

/** The open tooltip, if any: `{ area, hide, byTouch }`. */
let open = null;
let listening = false;
/** A tooltip opened by touch stays until a tap elsewhere or a scroll. Escape always hides it. */
function listen() {
  if (listening) return;
  listening = true;
  document.addEventListener('pointerdown', (event) => { if (open && !open.area.contains(event.target)) open.hide(); }, true);
  document.addEventListener('scroll', (event) => { if (open?.byTouch && event.target.contains(open.area)) open.hide(); }, { capture: true, passive: true });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !open?.area.isConnected) return;
    // Escape closes the tooltip; it must not stop the answer as well.
    event.stopPropagation();
    open.hide();
  }, true);
}

const FONT_REM = 0.78;
const canvas = document.createElement('canvas').getContext('2d');

/** Measures text at the user's font size. */
function typeOf(area) {
  const size = FONT_REM * parseFloat(getComputedStyle(document.documentElement).fontSize);
  const { fontFamily } = getComputedStyle(area);
  const width = (text, weight = 400) => {
    canvas.font = `${weight} ${size}px ${fontFamily}`;
    return canvas.measureText(text).width;
  };
  return { size, width, widest: (texts, weight) => Math.max(0, ...texts.map((text) => width(text, weight))) };
}

/**
 * `draw(width, type)` returns `{ svg, stops }` (`type` measures text); a stop is a mark for pointer and arrow keys:
 * `{ node, x, y, lines }`. `nearest(stops, x, y)` returns the stop for a pointer position.
 */
export function chartFigure({ title, notes, foot, legend, draw, nearest, table }) {
  const tip = el('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  const area = el('div', { class: 'plot' }, tip);
  const key = el('ul', { class: 'legend' }, legend);
  const figure = el('figure', { class: 'chart' },
    el('figcaption', {}, el('strong', {}, title), ...notes.map((note) => el('span', {}, note))),
    key, area,
    foot && el('p', { class: 'foot' }, foot), tableOf(table));

  let drawn = null;
  let width = 0;
  let current = 0;

  const show = (stop, byTouch = false) => {
    tip.replaceChildren(...stop.lines.map((line, at) => el(at === 0 ? 'strong' : 'span', {}, line)));
    tip.hidden = false;
    open = { area, hide, byTouch };
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.max(half, Math.min(width - half, stop.x))}px`;
    // Above the mark, or below it if there is no room.
    const above = stop.y - tip.offsetHeight - 10;
    tip.style.top = `${above < -40 ? stop.y + 14 : above}px`;
    drawn.stops.forEach(({ node }) => node.classList.toggle('at', node === stop.node));
  };
  const hide = () => {
    tip.hidden = true;
    if (open?.area === area) open = null;
    drawn?.stops.forEach(({ node }) => node.classList.remove('at'));
  };
  const reach = (at) => {
    current = at;
    drawn.stops.forEach(({ node }, index) => node.setAttribute('tabindex', index === at ? '0' : '-1'));
  };

  function redraw() {
    const room = Math.floor(area.clientWidth);
    if (room < 60 || room === width) return;
    width = room;
    const focused = drawn?.stops.some(({ node }) => node === document.activeElement);
    const next = draw(width, typeOf(area));
    drawn?.svg.remove();
    drawn = next;
    area.prepend(drawn.svg);
    hide();
    reach(Math.min(current, drawn.stops.length - 1));
    drawn.stops.forEach((stop, at) => stop.node.addEventListener('focus', () => {
      reach(at);
      show(stop, open?.area === area && open.byTouch);
    }));
    if (focused) drawn.stops[current].node.focus({ preventScroll: true });
  }

  const point = (event) => {
    const box = area.getBoundingClientRect();
    show(nearest(drawn.stops, event.clientX - box.left, event.clientY - box.top), event.pointerType === 'touch');
  };
  area.addEventListener('pointermove', (event) => drawn && point(event));
  area.addEventListener('pointerdown', (event) => drawn && point(event));
  area.addEventListener('pointerleave', (event) => { if (event.pointerType !== 'touch') hide(); });
  area.addEventListener('focusout', hide);
  area.addEventListener('keydown', (event) => {
    if (!drawn) return;
    const last = drawn.stops.length - 1;
    const steps = { ArrowRight: current + 1, ArrowDown: current + 1, ArrowLeft: current - 1, ArrowUp: current - 1, Home: 0, End: last };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    drawn.stops[Math.max(0, Math.min(last, steps[event.key]))].node.focus();
  });
  const observer = new ResizeObserver(() => {
    try {
      redraw();
    } catch (error) {
      // The table has the same data.
      console.warn('A chart could not be drawn', error);
      observer.disconnect();
      drawn = null;
      [area, key].forEach((part) => part.remove());
    }
  });
  observer.observe(area);
  listen();
  return figure;
}

/** `{ head: [words], rows: [[cell]] }`; the first cell of a row is its heading. */
function tableOf({ label, head, rows }) {
  const line = ([first, ...cells]) =>
    el('tr', {}, el('th', { scope: 'row' }, first), cells.map((cell) => el('td', { class: 'right' }, cell)));
  return el('details', { class: 'as-table' }, el('summary', {}, 'Show as table'),
    el('div', { class: 'wide', tabindex: '0', role: 'group', 'aria-label': label },
      el('table', {},
        el('thead', {}, el('tr', {}, head.map((words, at) => el('th', { scope: 'col', class: at > 0 && 'right' }, words)))),
        el('tbody', {}, rows.map(line)))));
}

/** A legend entry: a key in the style of its class, and a label. */
export const legendEntry = (kind, words) => el('li', {}, el('span', { class: `key key-${kind}`, 'aria-hidden': 'true' }), words);
