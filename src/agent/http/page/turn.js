// One request to the service: POST /chat, the event stream, and its outcome.

import { sseParser } from './sse.js';
import { limitWords, retryAfter } from './errors.js';

/** The service sends a comment every 15 s; after this silence the connection is dead. */
const SILENCE_MS = 60_000;

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
    const response = await postWithAccess(history, access, signal);
    if (!response) return { kind: 'error', code: 'no_token' };
    if (!response.ok) return await refusal(response);
    if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) {
      return { kind: 'error', code: 'bad_answer' };
    }
    return (await follow(response, seen)) ?? { kind: 'lost', code: 'lost' };
  } catch {
    if (signal.aborted) return { kind: 'stopped' };
    return begun ? { kind: 'lost', code: 'lost' } : { kind: 'error', code: 'network' };
  }
}

/** The promise, or a rejection as soon as the answer is stopped. */
const unlessStopped = (waited, signal) => new Promise((resolve, reject) => {
  signal.throwIfAborted();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  waited.then(resolve, reject);
});

/** Null without a token. A 401 is retried once, with another token. */
async function postWithAccess(history, access, signal) {
  let response = null;
  for (let left = 2; left > 0; left -= 1) {
    const token = await unlessStopped(access.token(), signal);
    if (!token) return response;
    response = await post(history, token, signal);
    if (response.status !== 401) return response;
    await unlessStopped(access.refused(token), signal);
  }
  return response;
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

/** An error before the stream: problem+json, or any answer of a proxy. */
async function refusal(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch { /* No JSON: the status says enough. */ }
  const byStatus = { 401: 'unauthorized', 413: 'payload_too_large', 429: 'rate_limited', 502: 'shutting_down', 503: 'busy', 504: 'timeout' };
  return {
    kind: 'error',
    code: typeof problem?.code === 'string' ? problem.code : byStatus[response.status] ?? 'internal',
    detail: typeof problem?.detail === 'string' ? problem.detail : null,
    messages: problem?.messages,
    wait: retryAfter(response.headers.get('retry-after')),
    limit: limitWords(response.headers.get('ratelimit-policy'), response.headers.get('ratelimit')),
    requestId: problem?.request_id ?? response.headers.get('x-request-id'),
  };
}

/** Reads the stream to its end; null if it ends without `done` or `error`. */
async function follow(response, onEvent) {
  let outcome = null;
  const push = sseParser((name, data) => {
    const event = parsed(data);
    if (outcome || !event) return;
    event.type ??= name;
    outcome = ending(event);
    if (!outcome) onEvent(event);
  });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  while (!outcome) {
    const { done, value } = await beforeSilence(reader);
    if (done) break;
    push(decoder.decode(value, { stream: true }));
  }
  reader.cancel().catch(() => {});
  return outcome;
}

function parsed(data) {
  try {
    const event = JSON.parse(data);
    return event !== null && typeof event === 'object' ? event : null;
  } catch {
    return null;
  }
}

async function beforeSilence(reader) {
  const timer = setTimeout(() => reader.cancel().catch(() => {}), SILENCE_MS);
  try {
    return await reader.read();
  } finally {
    clearTimeout(timer);
  }
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
