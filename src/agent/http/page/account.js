// Whose account an access token is for, as the token says. Only the service can tell whether a token is good. Pure.

import { moment } from './words.js';

const LONGEST = 40;
/** Control characters and those that hide or reorder others: a name could pretend to be another. */
const HIDDEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** `{ sub, name, issued, expires }` with times in milliseconds; what the token does not say is null. */
export function accountOf(token) {
  const claims = claimsOf(token);
  const names = [claims.name, claims.email, claims.preferred_username];
  return {
    // The whole, to compare with.
    sub: typeof claims.sub === 'string' ? claims.sub : null,
    name: names.map(legible).find((name) => name !== '') ?? '',
    issued: time(claims.iat),
    expires: time(claims.exp),
  };
}

function claimsOf(token) {
  try {
    const text = atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'));
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (letter) => letter.charCodeAt(0))));
    return claims !== null && typeof claims === 'object' ? claims : {};
  } catch {
    return {};
  }
}

/** As one short line; empty for anything but text. The end stays: ids differ there too. */
function legible(value) {
  if (typeof value !== 'string') return '';
  const letters = [...value.replace(HIDDEN, '').replace(/\s+/gu, ' ').trim()];
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 12).join('')}…${letters.slice(-11).join('')}` : letters.join('');
}

function time(seconds) {
  const at = typeof seconds === 'number' ? seconds * 1000 : NaN;
  return Number.isFinite(new Date(at).getTime()) ? at : null;
}

const UNKNOWN = 'an account that the token does not name';

/** `sam`, or `Sam Smith (sam)`: the id is always there, since names are not unique. */
export function accountWords({ sub, name }) {
  const id = legible(sub);
  if (id === '') return name === '' ? UNKNOWN : `${name} (no id)`;
  return name === '' || name === id ? id : `${name} (${id})`;
}

/** "from 28 Nov 2026, 23:10 until 29 Nov 2026, 00:10 (expired)" */
export function validityWords({ issued, expires }, now = Date.now()) {
  const from = issued === null ? '' : `from ${moment(issued)} `;
  if (expires === null) return `${from}until a time that the token does not tell`;
  return `${from}until ${moment(expires)}${expires < now ? ' (expired)' : ''}`;
}
