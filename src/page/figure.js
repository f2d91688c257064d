// The frame of every chart: caption, legend, drawing at the width there is, tooltip, keyboard, and the same as a table.

import { el } from './dom.js';

/**
 * `draw(width)` answers `{ svg, stops }`; a stop is a mark that can be pointed at or reached by arrow keys:
 * `{ node, x, y, lines }`. `nearest(stops, x, y)` picks one by the pointer's place.
 */
export function chartFigure({ title, notes, foot, legend, draw, nearest, table }) {
  const tip = el('div', { class: 'tip', 'aria-hidden': 'true', hidden: true });
  const area = el('div', { class: 'plot' }, tip);
  const figure = el('figure', { class: 'chart' },
    el('figcaption', {}, el('strong', {}, title), ...notes.map((note) => el('span', {}, note))),
    el('ul', { class: 'legend' }, legend), area,
    foot && el('p', { class: 'foot' }, foot), tableOf(table));

  let drawn = null;
  let width = 0;
  let current = 0;

  const show = (stop) => {
    tip.replaceChildren(...stop.lines.map((line, at) => el(at === 0 ? 'strong' : 'span', {}, line)));
    tip.hidden = false;
    const half = tip.offsetWidth / 2;
    tip.style.left = `${Math.max(half, Math.min(width - half, stop.x))}px`;
    // Above the mark, or below it where there is no room above.
    const above = stop.y - tip.offsetHeight - 10;
    tip.style.top = `${above < -40 ? stop.y + 14 : above}px`;
    drawn.stops.forEach(({ node }) => node.classList.toggle('at', node === stop.node));
  };
  const hide = () => {
    tip.hidden = true;
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
    const next = draw(width);
    drawn?.svg.remove();
    drawn = next;
    area.prepend(drawn.svg);
    hide();
    reach(Math.min(current, drawn.stops.length - 1));
    drawn.stops.forEach((stop, at) => stop.node.addEventListener('focus', () => {
      reach(at);
      show(stop);
    }));
    if (focused) drawn.stops[current].node.focus({ preventScroll: true });
  }

  const point = (event) => {
    const box = area.getBoundingClientRect();
    show(nearest(drawn.stops, event.clientX - box.left, event.clientY - box.top));
  };
  area.addEventListener('pointermove', (event) => drawn && point(event));
  area.addEventListener('pointerdown', (event) => drawn && point(event));
  area.addEventListener('pointerleave', hide);
  area.addEventListener('focusout', hide);
  area.addEventListener('keydown', (event) => {
    const last = drawn.stops.length - 1;
    const steps = { ArrowRight: current + 1, ArrowDown: current + 1, ArrowLeft: current - 1, ArrowUp: current - 1, Home: 0, End: last };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    drawn.stops[Math.max(0, Math.min(last, steps[event.key]))].node.focus();
  });
  new ResizeObserver(redraw).observe(area);
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

/** An entry of the legend: a small drawing in the class's style, and words. */
export const legendEntry = (kind, words) => el('li', {}, el('span', { class: `key key-${kind}`, 'aria-hidden': 'true' }), words);
