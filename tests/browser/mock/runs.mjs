// Mock of the runs service, on an origin of its own: what the page asks of it, with the journal of scripted runs.

import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const FINAL = ['completed', 'failed', 'cancelled', 'expired'];
const HEADERS = {
  'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store', 'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};
export const WEEKLY = {
  id: '0199d0c2-0000-7000-8000-00000000aaaa', name: 'weekly-review', description: 'Reads the training week and writes it down.',
  steps: [{ prompt: 'Review my training week: write review.md and week.csv.' }], isActive: true, runCount: 3, callbackUrl: 'https://example.com/hook',
  trigger: { type: 'schedule', cron: '0 7 * * 1', timezone: 'Europe/Zurich', overlap: 'skip' },
  nextRuns: ['2026-11-30T06:00:00Z', '2026-12-07T06:00:00Z', '2026-12-14T06:00:00Z'],
};
const FILES = {
  'review.md': ['text/markdown', '# The week from 2026-11-15 to 2026-11-21\n'],
  'week.csv': ['text/csv', 'date,workout,exercise,sets\r\n'],
};
const ANSWER = 'I have written your week down: `review.md` to read, `week.csv` to calculate with.\n\n- chest: **26 direct**, 26.5 fractional';

/**
 * `{ url, state, runs, requests, close }`. `state`: `accepted` (the token), `origin` (of the page), `hold` (a promise that
 * running runs wait for), `cut` (event streams end after so many entries), `refuse` (`[status, code]` for every request).
 */
export async function startRuns(given = {}) {
  const state = { accepted: 'token-1', origin: '*', skills: [WEEKLY], speed: 1, hold: null, cut: Infinity, refuse: null, ...given };
  const mock = { state, runs: [], requests: [] };
  const server = createServer((request, response) => {
    serve(mock, request, response).catch((error) => (response.headersSent ? response.destroy() : response.writeHead(500).end(String(error))));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  mock.url = `http://127.0.0.1:${server.address().port}`;
  mock.begin = (prompt, more) => begin(mock, { prompt, metadata: { prompt }, ...more });
  mock.close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return mock;
}

async function serve(mock, request, response) {
  const { state, runs } = mock;
  const url = new URL(request.url, mock.url);
  const cors = { 'Access-Control-Allow-Origin': state.origin, Vary: 'Origin', 'Access-Control-Expose-Headers': 'X-Request-ID, Retry-After' };
  if (request.method === 'OPTIONS') {
    return response.writeHead(204, { ...cors, 'Access-Control-Allow-Methods': 'GET, POST', 'Access-Control-Allow-Headers': 'authorization, content-type, last-event-id, accept' }).end();
  }
  const send = (status, body, more = {}) => response.writeHead(status, { ...HEADERS, ...cors, 'Content-Type': 'application/json', ...more })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
  const problem = (status, code, more = {}) => send(status, { status, code, title: code, detail: `the ${code} detail`, request_id: 'req-4712' }, { 'Content-Type': 'application/problem+json', ...more });
  const [, name] = /^\/files\/(.+)$/.exec(url.pathname) ?? [];
  if (name) return send(200, FILES[name][1], { 'Content-Type': FILES[name][0], 'Content-Disposition': `attachment; filename="${name}"` });

  const body = await json(request);
  mock.requests.push({ method: request.method, path: url.pathname, body, lastEventId: request.headers['last-event-id'] ?? null });
  if (request.headers.authorization !== `Bearer ${state.accepted}`) return problem(401, 'unauthorized');
  if (state.refuse) return problem(...state.refuse);
  const [, id, action] = /^\/runs\/([\w-]+)(?:\/(\w+))?$/.exec(url.pathname) ?? [];
  const run = runs.find(({ shape }) => shape.executionId === id);
  if (id && !run) return problem(404, 'not_found');
  const route = `${request.method} ${id ? `/runs/ID${action ? `/${action}` : ''}` : url.pathname}`;
  if (route === 'GET /runs') return send(200, listOf(runs, url.searchParams));
  if (route === 'GET /runs/ID') return send(200, run.shape);
  if (route === 'GET /runs/ID/events') return events(mock, run, request, response, cors);
  if (route === 'POST /runs/ID/cancel') {
    if (!FINAL.includes(run.shape.status)) end(run, 'cancelled');
    return send(202, run.shape);
  }
  if (route === 'GET /skills') return send(200, { skills: state.skills });
  if (route === 'POST /webhook') return accepted(send, begin(mock, body));
  const skill = state.skills.find((skill) => url.pathname === `/skills/${skill.id}/run`);
  if (skill) return accepted(send, begin(mock, { prompt: skill.steps[0].prompt, skillId: skill.id, trigger: 'manual', requestId: body.requestId }));
  return problem(404, 'not_found');
}

const accepted = (send, { shape: { executionId, requestId } }) =>
  send(202, { status: 'processing', requestId, executionId }, { Location: `/runs/${executionId}` });

function listOf(runs, query) {
  const sorted = runs.map(({ shape }) => shape).reverse();
  const from = query.has('before') ? sorted.findIndex(({ executionId }) => executionId === query.get('before')) + 1 : 0;
  const limit = Number(query.get('limit') ?? 20);
  const page = sorted.slice(from, from + limit);
  return { runs: page, before: from + limit < sorted.length ? page.at(-1).executionId : null };
}

async function json(request) {
  let all = '';
  for await (const piece of request) all += piece;
  return all === '' ? null : JSON.parse(all);
}

/** Begins the run that the prompt names: `slow` waits for its cancel, `fail` fails, anything else is the week's review. */
function begin(mock, { prompt, requestId = null, metadata = {}, skillId = null, trigger = 'api', at = Date.now() }) {
  const known = requestId && mock.runs.find(({ shape }) => shape.requestId === requestId);
  if (known) return known;
  const executionId = `0199d0c2-0000-7000-8000-${String(mock.runs.length + 1).padStart(12, '0')}`;
  const run = {
    shape: {
      executionId, requestId: requestId ?? `req-${executionId}`, status: 'queued', attempt: 0, response: null, files: [], error: null, usage: null,
      createdAt: new Date(at).toISOString(), startedAt: null, completedAt: null, durationMs: null, skillId, trigger, metadata, stopReason: null,
    },
    entries: [], changed: () => {},
  };
  mock.runs.push(run);
  run.done = work(mock, run, prompt);
  return run;
}

async function work({ state, url }, run, prompt) {
  const write = async (type, more = {}) => {
    if (FINAL.includes(run.shape.status)) return;
    journal(run, type, more);
    await pause(40 * state.speed);
  };
  await pause(20 * state.speed);
  Object.assign(run.shape, { status: 'running', startedAt: new Date().toISOString(), attempt: 1 });
  await write('started', { attempt: 1 });
  if (/fail/.test(prompt)) return end(run, 'failed', { error: { code: 'budget_exceeded', message: 'the run used 1,000,000 tokens' } });
  await write('text', { text: 'Let me read your **week** first.' });
  await write('tool_call', { id: 'toolu_1', name: 'prog_strength__list_workouts', input: { limit: 30 } });
  await state.hold;
  if (/slow/.test(prompt)) return;
  await write('tool_result', { id: 'toolu_1', name: 'prog_strength__list_workouts', isError: false, durationMs: 12, content: [{ type: 'text', text: '2026-11-20 Push (id 1)\n  Bench Press: 3x5 @ 185 lb' }] });
  await write('retried', { attempt: 2, reason: 'interrupted' });
  for (const [at, path] of Object.keys(FILES).entries()) {
    await write('tool_call', { id: `toolu_w${at}`, name: 'write_file', input: { path, content: FILES[path][1] } });
    await write('tool_result', { id: `toolu_w${at}`, name: 'write_file', isError: false, durationMs: 1, content: [{ type: 'text', text: `wrote ${path}` }] });
  }
  await write('text', { text: ANSWER });
  await write('usage', { inputTokens: 1200, outputTokens: 340 });
  const files = Object.entries(FILES).map(([name, [contentType, content]]) => ({ name, size: content.length, contentType, sha256: '0'.repeat(64), url: `${url}/files/${name}` }));
  for (const file of files) await write('file', { ...file, url: undefined });
  end(run, 'completed', { response: ANSWER, files, usage: { inputTokens: 1200, outputTokens: 340 }, stopReason: 'end_turn' });
}

function journal(run, type, more) {
  run.entries.push({ seq: run.entries.length + 1, at: new Date().toISOString(), type, ...more });
  run.changed();
}

function end(run, status, more = {}) {
  if (FINAL.includes(run.shape.status)) return;
  const completedAt = new Date().toISOString();
  Object.assign(run.shape, { status, completedAt, durationMs: run.shape.startedAt ? 4200 : null, ...more });
  journal(run, status, { stopReason: run.shape.stopReason, error: run.shape.error ?? undefined });
}

async function events({ state }, run, request, response, cors) {
  response.writeHead(200, { ...HEADERS, ...cors, 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
  response.write(`event: run\ndata: ${JSON.stringify(run.shape)}\n\n`);
  let seq = Number(request.headers['last-event-id'] ?? 0);
  for (let sent = 0; !response.destroyed;) {
    for (const entry of run.entries.slice(seq)) {
      response.write(`id: ${entry.seq}\nevent: ${entry.type}\ndata: ${JSON.stringify(entry)}\n\n`);
      seq = entry.seq;
      sent += 1;
      if (FINAL.includes(entry.type)) return response.end();
      if (sent >= state.cut) {
        // A break that comes with the data makes the browser drop both.
        await pause(100);
        return response.socket.end();
      }
    }
    await Promise.race([new Promise((resolve) => { run.changed = resolve; }), pause(50)]);
  }
}
