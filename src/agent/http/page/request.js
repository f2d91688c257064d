// What all requests share: the access token, and the words of a refusal.

import { limitWords, retryAfter } from './errors.js';

/** The promise, or a rejection as soon as the signal is aborted. */
const unlessStopped = (waited, signal) => new Promise((resolve, reject) => {
  signal.throwIfAborted();
  signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  waited.then(resolve, reject);
});

/** The response to `send(token)`; null without a token. A 401 is retried once, with another token. */
export async function withAccess(access, signal, send) {
  let response = null;
  for (let left = 2; left > 0; left -= 1) {
    const token = await unlessStopped(access.token(), signal);
    if (!token) return response;
    response = await send(token);
    if (response.status !== 401) return response;
    await unlessStopped(access.refused(token), signal);
  }
  return response;
}

const BY_STATUS = { 401: 'unauthorized', 404: 'not_found', 413: 'payload_too_large', 429: 'rate_limited', 502: 'shutting_down', 503: 'busy', 504: 'timeout' };

/** A refusal as `{ code, detail, … }`: problem+json, or any answer of a proxy. */
export async function problemOf(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch { /* No JSON: the status says enough. */ }
  return {
    code: typeof problem?.code === 'string' ? problem.code : BY_STATUS[response.status] ?? 'internal',
    detail: typeof problem?.detail === 'string' ? problem.detail : null,
    messages: problem?.messages,
    wait: retryAfter(response.headers.get('retry-after')),
    limit: limitWords(response.headers.get('ratelimit-policy'), response.headers.get('ratelimit')),
    requestId: problem?.request_id ?? response.headers.get('x-request-id'),
  };
}
