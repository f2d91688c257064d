// One request to the service: POST /chat, the event stream, and its outcome.

import { isEventStream, readEvents } from './eventstream.js';
import { APPROVALS_REFUSED } from './history.js';
import { problemOf, withAccess } from './request.js';

/**
 * Posts the history with the answers to calls that wait, and calls `onEvent` for each event. Resolves to the outcome; never throws:
 * `{ kind: 'done' | 'error' | 'stopped' | 'lost', … }`.
 */
export async function askService({ history, approvals, access, signal, onEvent }) {
  let begun = false;
  const seen = (event) => {
    begun = true;
    onEvent(event);
  };
  try {
    const response = await withAccess(access, signal, (token) => post(history, approvals, token, signal));
    if (!response) return { kind: 'error', code: 'no_token' };
    if (!response.ok) return await refusal(response, approvals);
    if (!isEventStream(response)) return { kind: 'error', code: 'bad_answer' };
    return (await follow(response, seen)) ?? { kind: 'lost', code: 'lost' };
  } catch {
    if (signal.aborted) return { kind: 'stopped' };
    return begun ? { kind: 'lost', code: 'lost' } : { kind: 'error', code: 'network' };
  }
}

function post(history, approvals, token, signal) {
  return fetch('/chat', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream', Authorization: `Bearer ${token}` },
    body: JSON.stringify({
      messages: history,
      stream: true,
      client_timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      // Present even if empty: this page can ask the user.
      approvals,
    }),
    cache: 'no-store',
    signal,
  });
}

/** An error before the stream. */
async function refusal(response, approvals) {
  const problem = await problemOf(response);
  const code = problem.code === 'invalid_request' && approvals.length > 0 ? APPROVALS_REFUSED : problem.code;
  return { kind: 'error', ...problem, code };
}

/** Reads the stream to its end; null if it ends without `done` or `error`. */
async function follow(response, onEvent) {
  let outcome = null;
  const ahead = clockAhead(response);
  await readEvents(response, (event) => {
    outcome = ending(event, ahead);
    if (!outcome) onEvent(event.type === 'approval_request' ? timed(event, ahead) : event);
    return outcome !== null;
  });
  return outcome;
}

/** By how many milliseconds this machine's clock is ahead of the service's, at least: the header has whole seconds. */
function clockAhead(response) {
  const date = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(date) ? 0 : Date.now() - date - 1000;
}

const timed = (request, ahead) => ({ ...request, until: Date.parse(request?.expires_at) + ahead });

function ending(event, ahead) {
  if (event.type === 'done') {
    const { stop_reason: stopReason, model, messages, content, request_id: requestId } = event;
    const approvals = Array.isArray(event.approvals) ? event.approvals.map((request) => timed(request, ahead)) : undefined;
    return { kind: 'done', stopReason, model, messages, content, approvals, requestId };
  }
  if (event.type === 'error') {
    const { code, message: detail, messages, retryable, request_id: requestId } = event;
    return { kind: 'error', code: typeof code === 'string' ? code : 'internal', detail, messages, retryable: retryable !== false, requestId };
  }
  return null;
}
