// One request to the service: POST /chat, the event stream, and its outcome.

import { isEventStream, readEvents } from './eventstream.js';
import { problemOf, withAccess } from './request.js';

/**
 * Posts the history and calls `onEvent` for each event. Resolves to the outcome; never throws:
 * `{ kind: 'done' | 'error' | 'stopped' | 'lost', … }`.
 */
export async function askService({ history, access, signal, onEvent }) {
  let begun = false;
  const seen = (event) => {
    begun = true;
    onEvent(event);
  };
  try {
    const response = await withAccess(access, signal, (token) => post(history, token, signal));
    if (!response) return { kind: 'error', code: 'no_token' };
    if (!response.ok) return await refusal(response);
    if (!isEventStream(response)) return { kind: 'error', code: 'bad_answer' };
    return (await follow(response, seen)) ?? { kind: 'lost', code: 'lost' };
  } catch {
    if (signal.aborted) return { kind: 'stopped' };
    return begun ? { kind: 'lost', code: 'lost' } : { kind: 'error', code: 'network' };
  }
}

function post(history, token, signal) {
  return fetch('/chat', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream', Authorization: `Bearer ${token}` },
    body: JSON.stringify({
      messages: history,
      stream: true,
      client_timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
    cache: 'no-store',
    signal,
  });
}

/** An error before the stream. */
async function refusal(response) {
  return { kind: 'error', ...await problemOf(response) };
}

/** Reads the stream to its end; null if it ends without `done` or `error`. */
async function follow(response, onEvent) {
  let outcome = null;
  await readEvents(response, (event) => {
    outcome = ending(event);
    if (!outcome) onEvent(event);
    return outcome !== null;
  });
  return outcome;
}

function ending(event) {
  if (event.type === 'done') {
    const { stop_reason: stopReason, model, messages, content, request_id: requestId } = event;
    return { kind: 'done', stopReason, model, messages, content, requestId };
  }
  if (event.type === 'error') {
    const { code, message: detail, messages, retryable, request_id: requestId } = event;
    return { kind: 'error', code: typeof code === 'string' ? code : 'internal', detail, messages, retryable: retryable !== false, requestId };
  }
  return null;
}
