// A week's sets per muscle against its volume landmarks: one bar per muscle.

import { svg } from './dom.js';
import { chartFigure, legendEntry } from './figure.js';
import { niceTicks, scale } from './scales.js';
import { amount, capital, days, shortened, zoneWords } from './words.js';

const MARKS = [
  ['mv', 'MV', 'maintenance'],
  ['mev', 'MEV', 'minimum for growth'],
  ['mav', 'MAV', 'most productive range'],
  ['mrv', 'MRV', 'maximum recoverable'],
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
    draw: (width, type) => draw(week, width, type),
    nearest: (stops, _x, y) => stops.reduce((best, stop) => (Math.abs(stop.y - y) < Math.abs(best.y - y) ? stop : best)),
    table: {
      label: 'Weekly sets as a table',
      head: ['Muscle', 'Direct', 'With assisting', ...MARKS.map(([, name]) => name), 'Status'],
      rows: rows.map((row) => [
        capital(row.name), amount(row.direct), amount(row.fractional),
        ...MARKS.map(([key]) => (row.marks ? span(row.marks[key]) : '–')), zoneWords(row.zone) || '–',
      ]),
    },
  });
}

const span = ({ min, max }) => (min < max ? `${amount(min)}–${amount(max)}` : amount(min));

const nameOf = (row) => shortened(capital(row.name));
const fitting = (name, room, type) => (name.length > 2 && type.width(name, 600) > room ? fitting(shortened(name, name.length - 1), room, type) : name);
const setsOf = (row) => `${amount(row.direct)} ${row.direct === 1 ? 'set' : 'sets'}`;
const valueOf = (row) => [setsOf(row), short(row.zone)].filter(Boolean).join(', ');

/** Wide: name, bar and value in one line. Narrow: name and value above the bar, or above each other. */
function layout(rows, most, width, type) {
  const names = type.widest(rows.map(nameOf), 600);
  const line = Math.round(type.size * 1.4);
  const common = { line, stacked: false, wide: false };
  const left = Math.round(names) + 10;
  const right = Math.round(Math.max(type.widest(rows.map(valueOf)) + 20, type.width(PER_WEEK) + type.width(amount(most)) + 8));
  if (width >= 540 && width - left - right >= 200) {
    return { ...common, left, right, row: Math.max(32, line + 15), bar: Math.round(line / 2), wide: true };
  }
  const stacked = rows.some((row) => type.width(nameOf(row), 600) + type.width(valueOf(row)) + 10 > width);
  const bar = (stacked ? 2 : 1) * line + 8;
  return { ...common, left: 2, right: 8, row: bar + 27, bar, stacked };
}
const PER_WEEK = 'sets a week';

/** As many ticks as there is room for their labels. */
function ticksFor(most, room, type) {
  for (let wanted = room >= 400 ? 8 : 5; wanted > 1; wanted -= 1) {
    const ticks = niceTicks(0, most, wanted);
    if ((type.widest(ticks.map(amount)) + type.size) * (ticks.length - 1) <= room) return ticks;
  }
  return niceTicks(0, most, 1);
}

function draw({ rows, complete }, width, type) {
  const most = Math.max(1, ...rows.map((row) => Math.max(row.fractional, row.marks?.mrv.max ?? 0)));
  const place = layout(rows, most, width, type);
  const { left, right, row: step, wide } = place;
  const ticks = ticksFor(most, width - left - right, type);
  const x = scale(0, ticks.at(-1), left, width - right);
  const top = Math.round(type.size + 9.5);
  const height = top + rows.length * step + 4;
  const root = svg('svg', {
    viewBox: `0 0 ${width} ${height}`, width, height, role: 'group',
    'aria-label': `Weekly sets of ${rows.length} muscles${complete ? '' : ' so far'}. Arrow keys go from muscle to muscle.`,
  });
  const withUnit = `${amount(ticks.at(-1))} sets`;
  const lastLabel = wide || type.width(withUnit) > width - right - 2 * type.size ? amount(ticks.at(-1)) : withUnit;
  const free = width - type.width(lastLabel) - 6;
  ticks.forEach((tick, at) => {
    const ends = at === ticks.length - 1;
    root.append(svg('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: top - 4, y2: height }));
    // The last label holds the unit too, and may need its neighbour's room.
    if (!wide && !ends && x(tick) + type.width(amount(tick)) / 2 > free) return;
    const anchor = wide || (at > 0 && !ends) ? 'middle' : ends ? 'end' : 'start';
    root.append(svg('text', { class: 'axis', x: x(tick), y: type.size - 1.5, 'text-anchor': anchor }, ends ? lastLabel : amount(tick)));
  });
  if (wide) root.append(svg('text', { class: 'axis', x: width - 2, y: type.size - 1.5, 'text-anchor': 'end' }, PER_WEEK));
  const stops = rows.map((row, at) => rowOf(row, { ...place, x, y: top + at * step, width, type }));
  root.append(...stops.map((stop) => stop.node));
  return { svg: root, stops };
}

function rowOf(row, place) {
  const { x, y, bar, wide, stacked, width, left, right, row: step, line, type } = place;
  const zone = zoneWords(row.zone);
  const lines = [
    `${capital(row.name)}: ${setsOf(row)} direct`,
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
  const inLine = middle + type.size / 3;
  node.append(
    svg('text', { class: 'name', x: wide ? left - 8 : left, y: wide ? inLine : y + line, 'text-anchor': wide ? 'end' : 'start' }, fitting(nameOf(row), wide ? left : width - 6, type)),
    svg('text', {
      class: 'value', x: wide ? width - right + 12 : stacked ? left : width - right,
      y: wide ? inLine : y + (stacked ? 2 * line : line), 'text-anchor': wide || stacked ? 'start' : 'end',
    }, type.width(valueOf(row)) > width - 4 ? setsOf(row) : valueOf(row)));
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

/** MV and MEV as lines at their minimum; MAV and MRV as ranges. */
function bands(marks, x, y) {
  const box = (key, top, height) =>
    svg('rect', { class: `band ${key}`, x: x(marks[key].min), y: y + top, width: Math.max(2, x(marks[key].max) - x(marks[key].min)), height });
  const line = (key) => svg('line', { class: `mark ${key}`, x1: x(marks[key].min), x2: x(marks[key].min), y1: y, y2: y + 16 });
  return { ranges: [box('mav', 0, 16), box('mrv', 13, 3)], lines: [line('mv'), line('mev')] };
}
