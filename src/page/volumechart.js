// A week's sets per muscle against its volume landmarks: one bar per muscle.

import { svg } from './dom.js';
import { chartFigure, legendEntry } from './figure.js';
import { niceTicks, scale } from './scales.js';
import { amount, capital, days, zoneWords } from './words.js';

const MARKS = [
  ['mv', 'MV', 'keeps what is there'],
  ['mev', 'MEV', 'least that builds'],
  ['mav', 'MAV', 'builds most'],
  ['mrv', 'MRV', 'most one recovers from'],
];

export function volumeChart(week) {
  const { rows } = week;
  const anyMarks = rows.some((row) => row.marks);
  const legend = [legendEntry('direct', 'Direct sets'), legendEntry('fractional', 'Assisting sets, counted half')];
  if (anyMarks) legend.push(...MARKS.map(([key, name, words]) => legendEntry(key, `${name}: ${words}`)));
  return chartFigure({
    title: `Weekly sets per muscle, ${days(week.begins, week.ends)}${week.complete ? '' : ' (so far)'}`,
    notes: week.untrained.length > 0 ? [`No sets and no landmarks: ${week.untrained.join(', ')}.`] : [],
    foot: anyMarks && week.source && `Landmarks: ${week.source}. General guidance, not medical advice.`,
    legend,
    draw: (width) => draw(week, width),
    nearest: (stops, _x, y) => stops.reduce((best, stop) => (Math.abs(stop.y - y) < Math.abs(best.y - y) ? stop : best)),
    table: {
      label: 'Weekly sets as a table',
      head: ['Muscle', 'Direct', 'With assisting', ...MARKS.map(([, name]) => name), 'Where that is'],
      rows: rows.map((row) => [
        capital(row.name), amount(row.direct), amount(row.fractional),
        ...MARKS.map(([key]) => (row.marks ? span(row.marks[key]) : '–')), zoneWords(row.zone) || '–',
      ]),
    },
  });
}

const span = ({ min, max }) => (min < max ? `${amount(min)}–${amount(max)}` : amount(min));

/** Wide: name, bar and value in one line. Narrow: name and value above the bar. */
function layout(width) {
  return width >= 540
    ? { left: 104, right: 190, row: 32, bar: 8, wide: true }
    : { left: 2, right: 8, row: 52, bar: 25, wide: false };
}

function draw({ rows, complete }, width) {
  const { left, right, row: step, bar, wide } = layout(width);
  const most = Math.max(1, ...rows.map((row) => Math.max(row.fractional, row.marks?.mrv.max ?? 0)));
  const ticks = niceTicks(0, most, wide ? 8 : 5);
  const x = scale(0, ticks.at(-1), left, width - right);
  const top = 22;
  const height = top + rows.length * step + 4;
  const root = svg('svg', {
    viewBox: `0 0 ${width} ${height}`, width, height, role: 'group',
    'aria-label': `Weekly sets of ${rows.length} muscles${complete ? '' : ' so far'}. Arrow keys go from muscle to muscle.`,
  });
  ticks.forEach((tick, at) => root.append(
    svg('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: top - 4, y2: height }),
    svg('text', { class: 'axis', x: x(tick), y: 11, 'text-anchor': at === 0 && !wide ? 'start' : at === ticks.length - 1 && !wide ? 'end' : 'middle' },
      at === ticks.length - 1 && !wide ? `${amount(tick)} sets` : amount(tick))));
  if (wide) root.append(svg('text', { class: 'axis', x: width - right + 12, y: 11 }, 'sets a week'));
  const stops = rows.map((row, at) => rowOf(row, { x, y: top + at * step, bar, wide, width, left, right, step }));
  root.append(...stops.map((stop) => stop.node));
  return { svg: root, stops };
}

function rowOf(row, place) {
  const { x, y, bar, wide, width, left, right, step } = place;
  const name = capital(row.name);
  const value = `${amount(row.direct)} ${row.direct === 1 ? 'set' : 'sets'}`;
  const zone = zoneWords(row.zone);
  const lines = [
    `${name}: ${value} direct`,
    ...(row.fractional > row.direct ? [`${amount(row.fractional)} with assisting sets`] : []),
    ...(zone ? [capital(zone)] : []),
    ...(row.marks ? [MARKS.map(([key, label]) => `${label} ${span(row.marks[key])}`).join(', ')] : ['No published landmarks']),
  ];
  const node = svg('g', {
    class: 'muscle', tabindex: '-1', role: 'img', 'aria-label': lines.join('. '),
    'data-muscle': row.name, 'data-direct': row.direct, 'data-fractional': row.fractional,
  });
  node.append(svg('rect', { class: 'hit', x: 0, y, width, height: step - 2, rx: 6 }));
  const middle = y + bar + 8;
  node.append(
    svg('text', { class: 'name', x: wide ? left - 8 : left, y: wide ? middle + 4 : y + 17, 'text-anchor': wide ? 'end' : 'start' }, name),
    svg('text', { class: 'value', x: wide ? width - right + 12 : width - right, y: wide ? middle + 4 : y + 17, 'text-anchor': wide ? 'start' : 'end' },
      [value, short(row.zone)].filter(Boolean).join(', ')));
  const marks = row.marks ? bands(row.marks, x, y + bar) : { ranges: [], lines: [] };
  node.append(
    ...marks.ranges,
    svg('rect', { class: 'bar fractional', x: x(0), y: middle - 4, width: x(row.fractional) - x(0), height: 8, rx: 2 }),
    svg('rect', { class: 'bar direct', x: x(0), y: middle - 4, width: x(row.direct) - x(0), height: 8, rx: 2 }),
    ...marks.lines);
  return { node, x: x(row.direct), y: y + bar, lines };
}

const SHORT = {
  below_maintenance: 'under MV', maintenance: 'maintains', below_productive: 'under MAV', productive: 'in MAV',
  high: 'over MAV', near_recoverable: 'near MRV', over_recoverable: 'over MRV',
};
const short = (zone) => (Object.hasOwn(SHORT, zone ?? '') ? SHORT[zone] : '');

/** MV and MEV as lines at the least that they ask for; MAV and MRV as the ranges that they are. */
function bands(marks, x, y) {
  const box = (key, top, height) =>
    svg('rect', { class: `band ${key}`, x: x(marks[key].min), y: y + top, width: Math.max(2, x(marks[key].max) - x(marks[key].min)), height });
  const line = (key) => svg('line', { class: `mark ${key}`, x1: x(marks[key].min), x2: x(marks[key].min), y1: y, y2: y + 16 });
  return { ranges: [box('mav', 0, 16), box('mrv', 13, 3)], lines: [line('mv'), line('mev')] };
}
