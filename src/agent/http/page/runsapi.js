// Client of the runs service, which is another origin: lists, runs, skills, and the event stream of a run.

import { isEventStream } from './eventstream.js';
import { problemOf, withAccess } from './request.js';

const CALL_MS = 30_000;
/** Of `metadata`, 16 KiB as JSON; each letter takes at most six bytes there. */
const MOST_KEPT = 2500;

/** A call that failed; `code` as in the service's errors, or `network`, `no_token`, `bad_answer`. */
export class RunsError extends Error {
  constructor(problem) {
    super(problem.detail ?? problem.code);
    Object.assign(this, problem);
  }
}

/** `base()` is the service's URL, without a slash at its end. */
export function createRunsApi({ base, access }) {
  async function send(method, path, { body, headers = {}, signal = AbortSignal.timeout(CALL_MS) } = {}) {
    let response;
    try {
      response = await withAccess(access, signal, (token) => fetch(`${base()}${path}`, {
        method, signal, cache: 'no-store',
        headers: { Authorization: `Bearer ${token}`, ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
        body: body && JSON.stringify(body),
      }));
    } catch {
      throw new RunsError({ code: 'network' });
    }
    if (!response) throw new RunsError({ code: 'no_token' });
    if (!response.ok) throw new RunsError(await problemOf(response));
    return response;
  }

  async function call(method, path, body) {
    const response = await send(method, path, { body });
    try {
      return await response.json();
    } catch {
      throw new RunsError({ code: 'bad_answer' });
    }
  }

  const at = (id) => encodeURIComponent(id);
  return {
    /** `{ runs, before }`, newest first. */
    list: ({ limit, before }) => call('GET', `/runs?limit=${limit}${before ? `&before=${at(before)}` : ''}`),
    run: (id) => call('GET', `/runs/${at(id)}`),
    cancel: (id) => call('POST', `/runs/${at(id)}/cancel`),
    skills: async () => (await call('GET', '/skills')).skills ?? [],
    /** Both begin a run and answer with its `executionId`. `requestId` makes a repetition the same run. */
    begin: (prompt, requestId) => call('POST', '/webhook', { prompt, requestId, async: true, metadata: kept(prompt) }),
    beginSkill: (id, requestId) => call('POST', `/skills/${at(id)}/run`, { requestId, async: true }),
    /** The response whose body is the stream of the entries after `seq`. */
    async events(id, seq, signal) {
      const headers = { Accept: 'text/event-stream', ...(seq > 0 ? { 'Last-Event-ID': String(seq) } : {}) };
      const response = await send('GET', `/runs/${at(id)}/events`, { headers, signal });
      if (!isEventStream(response)) throw new RunsError({ code: 'bad_answer' });
      return response;
    },
  };
}

/** The prompt, so that lists can name the run and it can be run again; nothing of a prompt that is too long. */
const kept = (prompt) => (prompt.length <= MOST_KEPT ? { prompt } : { title: prompt.slice(0, 200) });

/** A new id for a request. */
export function newRequestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
