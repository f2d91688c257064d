// Validates structured tool results for charts. Everything is checked, nothing is guessed: another shape gives null, and
// nothing is drawn. Pure.

const MOST = 400;
const DAY = 86_400_000;

const text = (value, most) => (typeof value === 'string' && value !== '' ? value.slice(0, most) : null);
/** Upper bound of a plausible value; beyond it axes and labels break. */
const MOST_VALUE = 1e7;
const number = (value) => (Number.isFinite(value) && Math.abs(value) <= MOST_VALUE ? value : null);
const positive = (value) => (number(value) !== null && value >= 0 ? value : null);
const list = (value) => (Array.isArray(value) ? value : []);

/** A calendar day as UTC milliseconds, independent of time zones. */
export function day(value) {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(typeof value === 'string' ? value : '');
  if (!parts) return null;
  const at = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  return new Date(at).toISOString().slice(0, 10) === value ? at : null;
}

const point = (value) => {
  const at = day(value?.date);
  const volume = positive(value?.volume);
  return at === null || volume === null ? null : { date: value.date, at, volume, e1rm: positive(value.e1rm) };
};

/**
 * What to draw over time: the estimated maxima, or the volume where no session has one.
 * `{ name, unit, measure, points: [{ date, at, value, volume }], slope, counted, plateau }`
 */
function series(structured, points, slopes) {
  const name = text(structured.name, 120);
  const unit = text(structured.unit, 12);
  if (!name || !unit) return null;
  const measure = points.some((point) => point.e1rm !== null) ? 'e1rm' : 'volume';
  const drawn = points
    .map((point) => ({ ...point, value: point[measure] }))
    .filter((point) => point.value !== null)
    .sort((a, b) => a.at - b.at);
  return { name, unit, measure, points: drawn, slope: number(slopes?.[measure]) };
}

/** The answer of `analyze_progress`: oldest first, so of too many the last ones count. */
export function progress(structured) {
  const points = list(structured.points).slice(-MOST).map(point).filter(Boolean);
  const slopes = { e1rm: structured.e1rm?.slope_per_week, volume: structured.volume?.slope_per_week };
  const drawn = Array.isArray(structured.points) ? series(structured, points, slopes) : null;
  return drawn && { ...drawn, counted: number(structured.sessions), plateau: text(structured.plateau, 20), rough: structured.e1rm?.low_confidence === true };
}

/** The answer of `get_exercise_history`, newest first. It names no slope, so there is none. */
export function exerciseHistory(structured) {
  const points = list(structured.sessions).slice(0, MOST).map(point).filter(Boolean);
  return Array.isArray(structured.sessions) ? series(structured, points, null) : null;
}

const range = (value) => {
  const [min, max] = [positive(value?.min), positive(value?.max)];
  return min === null || max === null || max < min ? null : { min, max };
};

function landmarks(value) {
  const found = { mv: range(value?.mv), mev: range(value?.mev), mav: range(value?.mav), mrv: range(value?.mrv) };
  return Object.values(found).every(Boolean) ? found : null;
}

function muscle(value) {
  const name = text(value?.muscle, 80);
  const direct = positive(value?.direct);
  if (!name || direct === null) return null;
  const fractional = Math.max(direct, positive(value.fractional) ?? direct);
  return { name: name.replaceAll('_', ' '), direct, fractional, marks: landmarks(value.landmarks), zone: text(value.zone, 30) };
}

/** The answer of `check_volume_landmarks`: `{ begins, ends, complete, rows, untrained, source }`, trained muscles first. */
export function volumeWeek(structured) {
  const [begins, ends] = [day(structured.week_begins), day(structured.week_ends)];
  if (begins === null || ends === null || ends < begins || ends - begins > 31 * DAY) return null;
  const muscles = list(structured.muscles).slice(0, 60).map(muscle).filter(Boolean);
  const trained = muscles.filter((muscle) => muscle.fractional > 0);
  const rest = muscles.filter((muscle) => muscle.fractional === 0);
  const rows = [...trained, ...rest.filter((muscle) => muscle.marks)];
  if (rows.length === 0) return null;
  const untrained = rest.filter((muscle) => !muscle.marks).map((muscle) => muscle.name);
  return { begins, ends, complete: structured.complete === true, rows, untrained, source: text(structured.source, 200) };
}
