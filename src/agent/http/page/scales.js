// Scales, ticks and the trend line: numbers in, numbers out. Pure.

const DAY = 86_400_000;

/** Maps [from, to] to [start, end]; the middle for an empty extent. */
export const scale = (from, to, start, end) => (value) =>
  (to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start));

/** A step of 1, 2, 2.5 or 5 times a power of ten, at most `most` of which fit the extent. */
export function niceStep(extent, most) {
  const rough = Math.max(extent, 1e-9) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((times) => times * power >= rough * (1 - 1e-9)) ?? 10;
  return step * power;
}

/** Ticks at round numbers that enclose [min, max]. */
export function niceTicks(min, max, most) {
  if (!(max > min)) {
    const margin = Math.max(1, Math.abs(min) * 0.02);
    [min, max] = [Math.max(min >= 0 ? 0 : -Infinity, min - margin), max + margin];
  }
  const step = niceStep(max - min, most);
  const [first, last] = [Math.floor(min / step + 1e-9), Math.ceil(max / step - 1e-9)];
  // Multiplied, not summed: rounding errors would show in the labels.
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

const monthsLater = (at, months) => {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
};

const everyDays = (days) => (from, to) => {
  // Weeks begin on Monday; 1970-01-05 was one.
  const origin = days % 7 === 0 ? 4 * DAY : 0;
  const ticks = [];
  for (let at = origin + Math.ceil((from - origin) / (days * DAY)) * days * DAY; at <= to; at += days * DAY) ticks.push(at);
  return ticks;
};

const everyMonths = (months) => (from, to) => {
  const start = new Date(from);
  const aligned = Date.UTC(start.getUTCFullYear(), Math.floor(start.getUTCMonth() / months) * months, 1);
  const ticks = [];
  for (let at = aligned; at <= to; at = monthsLater(at, months)) if (at >= from) ticks.push(at);
  return ticks;
};

const STEPS = [
  ...[1, 2, 7, 14].map((days) => ({ days, ticks: everyDays(days) })),
  ...[1, 2, 3, 6, 12, 24, 60].map((months) => ({ days: months * 30, ticks: everyMonths(months) })),
];

/** At most `most` ticks between two days: days, Mondays or firsts of a month. */
export function dateTicks(from, to, most) {
  for (const { days, ticks } of STEPS) {
    // Check the extent first: the days of several years are a long list.
    const found = (to - from) / (days * DAY) > most + 2 ? [] : ticks(from, to);
    if (found.length > 0 && found.length <= most) return found;
  }
  return [from];
}

/**
 * The ends of the trend line: the service's slope through the points' centre, which is where a least squares line
 * passes. Null without a slope.
 */
export function trendLine(points, slopePerWeek) {
  if (slopePerWeek === null || points.length < 2) return null;
  const [from, to] = [points[0].at, points.at(-1).at];
  if (to <= from) return null;
  const mean = (pick) => points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [at, value] = [mean((point) => point.at), mean((point) => point.value)];
  const on = (when) => ({ at: when, value: value + (slopePerWeek * (when - at)) / (7 * DAY) });
  return [on(from), on(to)];
}
