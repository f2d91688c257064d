// A tool's input as rows of words, and names for the ids in it. Pure.

import { capital, dayLong, shortened, textOf } from './words.js';

/** Deeper values are shown as JSON. */
const MOST_LEVEL = 5;
const SHORT = { lines: 6, letters: 240 };
/** Control characters, and those that hide or reorder others; line ends and emoji joiners are neither. */
const HIDDEN = /(?![\n\t\u200d])[\p{C}\p{Zl}\p{Zp}]/gu;
/** Values of these keys are names: the key is left out. */
const NAMES = ['exercise', 'exercise_id', 'name', 'title'];

/** The text with a mark in place of each letter that cannot be seen. */
export const visible = (text) => String(text).replace(HIDDEN, '\ufffd');

/** What is sent, exactly; letters that cannot be seen are escaped. */
export const exactly = (input) => (JSON.stringify(input ?? {}, null, 2) ?? '').replace(HIDDEN,
  (letter) => [...Array(letter.length).keys()].map((at) => `\\u${letter.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''));

/**
 * `[{ label, lines: [{ text, depth }] }]`, a row for each key. `nameOf(key, value)` returns the name of what an id stands for, or ''.
 */
export function rowsOf(input, nameOf = () => '') {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) return [];
  return Object.entries(input).map(([key, value]) => {
    const name = isId(key, value) ? nameOf(key, value) : '';
    const label = keyWords(isId(key, value) ? key.replace(/[_-]?ids?$/i, '') || key : key);
    if (name === '') return { label, lines: linesOf(value, 0, nameOf) };
    return { label, lines: [...name.split('\n').map((text) => line(text, 0)), line(`id ${shortId(value)}`, 0, 'id')] };
  });
}

/** The name of the first thing that the input mentions by its id, in one line; '' without any. */
export function aboutOf(input, nameOf) {
  const ids = Object.entries(input ?? {}).filter(([key, value]) => isId(key, value));
  return visible(ids.map(([key, value]) => nameOf(key, value).split('\n')[0]).find(Boolean) ?? '');
}

/** The first lines of a long value; null for a short one. */
export function shortLines(lines) {
  const kept = [];
  let letters = 0;
  for (const one of lines.slice(0, SHORT.lines)) {
    const room = SHORT.letters - letters;
    if (room <= 0) break;
    kept.push({ ...one, text: shortened(one.text, room + 1) });
    letters += one.text.length;
  }
  return kept.length === lines.length && letters <= SHORT.letters ? null : kept;
}

/** `performed_at`, `performedAt`: "Performed at" */
export const keyWords = (key) => visible(capital(key.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/[_-]+/g, ' ').trim().toLowerCase()) || key);

const line = (text, depth, kind = null) => ({ text: visible(text), depth, ...(kind ? { kind } : {}) });
const isId = (key, value) => /(^|[_-])ids?$/i.test(key) && typeof value === 'string';
const isPlain = (value) => value === null || typeof value !== 'object';

/** `0190c1d2…4f2a` for a generated id, which has many digits; a name stays whole. */
const shortId = (value) => (value.length > 16 && /^(?=(.*\d){4})[\w-]+$/.test(value) ? `${value.slice(0, 8)}…${value.slice(-4)}` : value);

function plainWords(value) {
  if (value === null) return 'none';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  return value === '' ? 'empty' : String(value);
}

/** `level`: how deep the value is; `depth`: how far its lines are indented. */
function linesOf(value, depth, nameOf, level = 0) {
  if (isPlain(value)) return plainWords(typeof value === 'string' ? shortId(value) : value).split('\n').map((text) => line(text, depth));
  if (level >= MOST_LEVEL) return [line(JSON.stringify(value), depth)];
  if (!Array.isArray(value)) return objectLines(value, depth, nameOf, level);
  if (value.length === 0) return [line('none', depth)];
  if (value.every(isPlain)) return [line(value.map(plainWords).join(', '), depth)];
  return merged(value.map((one) => linesOf(one, depth, nameOf, level + 1)));
}

/** What is plain in one line, the rest in lines below it. */
function objectLines(object, depth, nameOf, level) {
  const entries = Object.entries(object);
  const plain = setWords(object) ?? entries.filter(([, value]) => isPlain(value)).map(([key, value]) => pairWords(key, value, nameOf)).join(', ');
  const nested = entries.filter(([, value]) => !isPlain(value));
  const inner = plain === '' ? depth : depth + 1;
  return [
    ...(plain === '' ? [] : [line(plain, depth)]),
    ...nested.flatMap(([key, value]) => {
      if (key === 'sets') return linesOf(value, inner, nameOf, level + 1);
      return [line(`${keyWords(key)}:`, inner), ...linesOf(value, inner + 1, nameOf, level + 1)];
    }),
    ...(entries.length === 0 ? [line('nothing', depth)] : []),
  ];
}

function pairWords(key, value, nameOf) {
  const name = isId(key, value) ? nameOf(key, value).split('\n')[0] : '';
  const words = name || plainWords(typeof value === 'string' ? shortId(value) : value);
  return NAMES.includes(key) ? words : `${keyWords(key).toLowerCase()} ${words}`;
}

/** "5 reps at 185 lb, rpe 9"; null for anything but a set. */
function setWords({ reps, weight, unit, ...more }) {
  if (typeof reps !== 'number' || typeof weight !== 'number' || typeof unit !== 'string' || !Object.values(more).every(isPlain)) return null;
  const rest = Object.entries(more).filter(([, value]) => value !== null && value !== false);
  return [`${reps} reps at ${weight} ${unit}`, ...rest.map(([key, value]) => (value === true ? keyWords(key) : `${keyWords(key)} ${value}`).toLowerCase())].join(', ');
}

/** Equal neighbours, each of one line, as one: "3 × 5 reps at 185 lb". */
function merged(groups) {
  const runs = [];
  for (const lines of groups) {
    const before = runs.at(-1);
    if (before && lines.length === 1 && before.lines.length === 1 && before.lines[0].text === lines[0].text) before.count += 1;
    else runs.push({ lines, count: 1 });
  }
  return runs.flatMap(({ lines, count }) => (count === 1 ? lines : [{ ...lines[0], text: `${count} × ${lines[0].text}` }]));
}

/** What the newest tool result says about an id: its name, its day, and what it holds; '' if none mentions it. */
export function nameIn(turns, key, id) {
  for (const turn of turns.toReversed()) {
    for (const { structured } of turn.parts.toReversed()) {
      const found = structured && mention(structured, key, id, 0);
      if (found) return describe(found, key);
    }
  }
  return '';
}

function mention(value, key, id, depth) {
  if (isPlain(value) || depth > 6) return null;
  if (!Array.isArray(value) && (value.id === id || value[key] === id)) return value;
  for (const inner of Object.values(value)) {
    const found = mention(inner, key, id, depth + 1);
    if (found) return found;
  }
  return null;
}

function describe(object, key) {
  const name = textOf(object.name) || keyWords(key.replace(/_?id$/, ''));
  const at = Date.parse((textOf(object.performed_at) || textOf(object.date)).slice(0, 10));
  const parts = Array.isArray(object.exercises) ? object.exercises.map((exercise) => textOf(exercise?.name)).filter(Boolean) : [];
  const more = parts.length > 3 ? ` and ${parts.length - 3} more` : '';
  return [
    Number.isNaN(at) ? shortened(name, 80) : `${shortened(name, 80)}, ${dayLong(at)}`,
    ...(parts.length > 0 ? [`${parts.slice(0, 3).map((part) => shortened(part, 40)).join(', ')}${more}`] : []),
  ].join('\n');
}
