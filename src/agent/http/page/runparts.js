// What the list and the page of a run both show: the status, and a failed call.

import { el, icon } from './dom.js';
import { waitWords } from './errors.js';
import { failureWords, statusOf } from './runwords.js';

export function statusBadge(status) {
  const { words, icon: name } = statusOf(status);
  return el('span', { class: 'status', 'data-status': status }, icon(name), words);
}

/** A card about a `RunsError`, with a button for `again` unless another try is of no use. */
export function failureCard(error, again) {
  const { code = 'internal', detail, wait, limit, requestId } = error;
  const { title, text } = failureWords(code);
  const useless = ['not_found', 'invalid_request'].includes(code);
  return el('div', { class: 'card bad', role: 'alert' },
    el('p', {}, el('strong', {}, title), ' ', limit ?? text),
    wait > 0 && el('p', { class: 'wait' }, `Try again ${waitWords(wait)}.`),
    code === 'invalid_request' && detail && el('p', { class: 'small' }, detail),
    again && !useless && el('div', { class: 'actions' }, el('button', { type: 'button', class: 'main', onclick: again }, 'Try again')),
    requestId && el('p', { class: 'small' }, 'Request ', el('code', {}, String(requestId).slice(0, 128))));
}

/**
 * A button that begins something once: it is disabled until `act()` has ended; `onError(error)` gets what failed.
 * Each press that follows a success is another request; one that follows a failure is the same again.
 */
export function onceButton(words, act, onError) {
  const node = el('button', { type: 'button', class: 'plain', onclick: async () => {
    if (node.getAttribute('aria-disabled') === 'true') return;
    node.setAttribute('aria-disabled', 'true');
    try {
      await act();
    } catch (error) {
      onError(error);
    } finally {
      node.removeAttribute('aria-disabled');
    }
  } }, words);
  return node;
}
