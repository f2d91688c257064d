// Line chart of one exercise: a point per session, and the trend line.

import { svg } from './dom.js';
import { chartFigure, legendEntry } from './figure.js';
import { dateTicks, niceTicks, scale, trendLine } from './scales.js';
import { PLATEAU, amount, change, dayLong, dayShort, month } from './words.js';

const DAY = 86_400_000;
const MEASURES = {
  e1rm: { title: 'estimated 1RM', axis: 'e1RM', mark: 'Best set of a session' },
  volume: { title: 'volume per session', axis: 'volume', mark: 'A session' },
};

/** Null with too little data. */
export function lineChart(model) {
  const { points, measure, unit, name } = model;
  if (points.length < 2) return null;
  const words = MEASURES[measure];
  const trend = trendLine(points, model.slope);
  const legend = [legendEntry('point', `${words.mark} (${unit})`)];
  if (trend) legend.push(legendEntry('trend', `Trend: ${change(model.slope)} ${unit} a week`));
  return chartFigure({
    title: `${name}: ${words.title}, ${unit}`,
    notes: notes(model, trend),
    legend,
    draw: (width, type) => draw(model, words, trend, width, type),
    nearest: (stops, x) => stops.reduce((best, stop) => (Math.abs(stop.x - x) < Math.abs(best.x - x) ? stop : best)),
    table: {
      label: `${name} as a table`,
      head: measure === 'e1rm' ? ['Date', `e1RM (${unit})`, `Volume (${unit})`] : ['Date', `Volume (${unit})`],
      rows: points.map((point) => [dayLong(point.at), amount(point.value), ...(measure === 'e1rm' ? [amount(point.volume)] : [])]),
    },
  });
}

function notes({ measure, points, plateau, counted, rough }, trend) {
  const said = [`${dayLong(points[0].at)} to ${dayLong(points.at(-1).at)}, ${points.length} sessions.`];
  if (measure === 'volume') said.push('No session allows an estimate of the maximum, so this is the volume: reps times weight.');
  if (trend && counted > points.length) said.push(`The trend rests on ${counted} sessions.`);
  if (measure === 'e1rm' && rough) said.push('Low confidence: some estimates rest on more than 10 repetitions.');
  if (measure === 'e1rm' && Object.hasOwn(PLATEAU, plateau ?? '')) said.push(PLATEAU[plateau]);
  return said;
}

function draw({ name, unit, measure, points }, words, trend, width, type) {
  const { size } = type;
  const height = Math.round(Math.max(200, Math.min(280, width * 0.45)) + 3 * Math.max(0, size - 12.5));
  const values = points.map((point) => point.value).concat(trend?.map((end) => end.value) ?? []);
  const lowest = measure === 'volume' ? 0 : Math.min(...values);
  const [right, top, bottom] = [14, Math.round(8 + 1.45 * size), Math.round(6 + 2 * size)];
  const yTicks = niceTicks(lowest, Math.max(...values), Math.max(1, Math.min(5, Math.floor((height - top - bottom) / (2 * size)))));
  const labels = yTicks.map(amount);
  const left = 12 + Math.ceil(type.widest(labels));
  const [first, last] = [points[0].at, points.at(-1).at];
  // A single day still needs an extent.
  const [from, to] = last > first ? [first, last] : [first - DAY, last + DAY];
  const x = scale(from, to, left + 8, width - right);
  const y = scale(yTicks[0], yTicks.at(-1), height - bottom, top);
  const root = svg('svg', {
    viewBox: `0 0 ${width} ${height}`, width, height, role: 'group',
    'aria-label': `${name}, ${words.title}: ${summary(points, unit)} Arrow keys go from session to session.`,
  });
  root.append(svg('text', { class: 'axis', x: 0, y: size }, `${words.axis} (${unit})`));
  yTicks.forEach((tick, at) => root.append(
    svg('line', { class: 'grid', x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
    svg('text', { class: 'axis', x: left - 6, y: y(tick) + size / 3, 'text-anchor': 'end' }, labels[at])));
  dateAxis(root, { from, to, x, left, width, height, bottom, type });
  root.append(svg('polyline', { class: 'series', points: points.map((point) => `${round(x(point.at))},${round(y(point.value))}`).join(' ') }));
  if (trend) root.append(svg('line', { class: 'trend', x1: x(trend[0].at), y1: y(trend[0].value), x2: x(trend[1].at), y2: y(trend[1].value) }));
  const stops = points.map((point) => stopOf(point, { unit, measure, words }, x, y));
  root.append(...stops.map((stop) => stop.node));
  return { svg: root, stops };
}

const round = (value) => Math.round(value * 10) / 10;

function dateAxis(root, { from, to, x, left, width, height, bottom, type }) {
  // Longer than a year: days need their year.
  const label = to - from > 330 * DAY ? month : dayShort;
  const room = type.width(label(from)) + 2.2 * type.size;
  const ticks = dateTicks(from, to, Math.max(1, Math.floor((width - left) / room)));
  let free = 0;
  for (const tick of ticks) {
    const at = x(tick);
    const wide = type.width(label(tick));
    const anchor = at > width - wide / 2 ? 'end' : 'middle';
    const begins = anchor === 'end' ? width - wide : at - wide / 2;
    if (begins < free) continue;
    free = begins + wide + 4;
    root.append(
      svg('line', { class: 'tick', x1: at, x2: at, y1: height - bottom, y2: height - bottom + 5 }),
      svg('text', { class: 'axis', x: anchor === 'end' ? width : at, y: height - 0.7 * type.size, 'text-anchor': anchor }, label(tick)));
  }
}

function summary(points, unit) {
  const [first, last] = [points[0], points.at(-1)];
  return `${points.length} sessions, from ${amount(first.value)} ${unit} on ${dayLong(first.at)} to ${amount(last.value)} ${unit} on ${dayLong(last.at)}.`;
}

function stopOf(point, { unit, measure, words }, x, y) {
  const lines = [`${amount(point.value)} ${unit} ${words.axis}`, dayLong(point.at)];
  if (measure === 'e1rm') lines.push(`Volume ${amount(point.volume)} ${unit}`);
  const [cx, cy] = [round(x(point.at)), round(y(point.value))];
  const node = svg('circle', {
    class: 'point', cx, cy, r: 4.5, tabindex: '-1', role: 'img', 'aria-label': lines.join(', '),
    'data-date': point.date, 'data-value': point.value,
  });
  return { node, x: cx, y: cy, lines };
}
