// Mock service: the files of the page under their real paths with the real headers, and a scripted `/chat`.
// `node mock/server.mjs [port]` serves the page for manual tests.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { answer } from './script.mjs';

const PAGE = new URL('../../../src/agent/http/page/', import.meta.url);
export const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
  + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
const TYPES = { html: 'text/html', css: 'text/css', js: 'text/javascript', svg: 'image/svg+xml', json: 'application/json', txt: 'text/plain' };
const HEADERS = {
  'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY', 'Referrer-Policy': 'no-referrer', 'Content-Security-Policy': CSP,
  'Cache-Control': 'no-store', 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * `{ url, requests, state, close }`; `state` can be changed while it runs: `token`, `demo`, `kind`, `speed`, `silent` (the
 * configuration never comes), `runs` (the runs service's URL), `valid` (how long an approval is, in ms), `fail` (what the next
 * request with answers meets); `ran` lists the approved calls.
 */
export async function startMock({ port = 0, ...given } = {}) {
  const state = { token: 'token-1', accepted: 'token-1', demo: true, kind: 'stand_in', speed: 1, ran: [], answer, ...given };
  const requests = [];
  const server = createServer((request, response) => {
    serve(request, response, state, requests).catch((error) => {
      if (response.destroyed || response.headersSent) return response.destroy();
      response.writeHead(500).end(String(error));
    });
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    state, requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(request, response, state, requests) {
  const path = new URL(request.url, 'http://mock').pathname;
  if (path === '/chat' && request.method === 'POST') return chat(request, response, state, requests);
  if (path === '/page/config.json' && state.silent) return;
  if (path === '/page/config.json') return send(response, 200, 'json', JSON.stringify(config(state)));
  const name = path === '/' ? 'index.html' : /^\/page\/([\w.-]+)$/.exec(path)?.[1];
  const file = name?.startsWith('markdown-it') || name?.startsWith('LICENSE') ? `vendor/${name}` : name;
  try {
    send(response, 200, file.split('.').at(-1), await readFile(new URL(file, PAGE)), policyOf(state));
  } catch {
    send(response, 404, 'txt', 'not found');
  }
}

/** The policy that lets the page reach the runs service. */
const policyOf = ({ runs }) => (runs ? { 'Content-Security-Policy': CSP.replace("connect-src 'self'", `connect-src 'self' ${runs}`) } : {});

const config = ({ token, demo, kind, runs = null }) => ({
  version: '0.1.0', claude: { kind, model: kind === 'stand_in' ? 'offline-stand-in' : 'claude-sonnet-4-6' },
  token: demo ? token : null, demo, max_photo_bytes: 5242880, runs,
});

function send(response, status, type, body, more = {}) {
  response.writeHead(status, { ...HEADERS, 'Content-Type': `${TYPES[type] ?? type}; charset=utf-8`, ...more });
  response.end(body);
}

async function chat(request, response, state, requests) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = JSON.parse(Buffer.concat(chunks).toString());
  const asked = { body, authorization: request.headers.authorization, closed: false, finished: false };
  requests.push(asked);
  response.on('close', () => { asked.closed = !response.writableFinished; });
  const problem = (status, code, headers = {}, more = {}) => send(response, status, 'application/problem+json', JSON.stringify({
    type: 'about:blank', title: code, status, detail: `the ${code} detail`, error: code, code, request_id: 'req-4711', ...more,
  }), { 'X-Request-ID': 'req-4711', ...headers });
  if (request.headers.authorization !== `Bearer ${state.accepted}`) return problem(401, 'unauthorized');

  let begun = false;
  const write = (event) => {
    if (!begun) response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    begun = true;
    response.write(typeof event === 'string' ? event : `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  const wait = (ms) => pause(ms * state.speed);
  const model = config(state).claude.model;
  // The connection ends in the middle of the body.
  const cut = () => new Promise((resolve) => response.socket.end(resolve));
  await state.answer({ body, state, model, write, wait, problem, cut, gone: () => response.destroyed });
  if (begun && !response.destroyed && response.socket?.writable) response.end();
  asked.finished = !response.destroyed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock({ port: Number(process.argv[2] ?? 8099) });
  console.log(`${mock.url} (ask for: progress, volume, history, rich, hostile, slow, tools, error busy, cut, …)`);
}
