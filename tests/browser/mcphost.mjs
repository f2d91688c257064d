// An MCP host: the workout server over standard input and output, and a page that shows a view of MCP Apps in a sandbox and speaks
// its protocol (ui/…, 2026-01-26).

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BINARY } from './service.mjs';

/** The workout server with an empty database: `{ request(method, params), stop() }`. */
export async function startWorkouts() {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-host-'));
  const child = spawn(BINARY, ['mcp', '--stdio'], { cwd: folder, env: { RUST_LOG: 'warn' }, stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line);
    waiting.get(id)?.({ result, error });
  });
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  let next = 0;
  const request = async (method, params = {}) => {
    const id = next += 1;
    const answered = new Promise((resolve) => waiting.set(id, resolve));
    send({ id, method, params });
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  await request('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: { extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } } },
    clientInfo: { name: 'host', version: '1' },
  });
  send({ method: 'notifications/initialized' });
  return {
    request,
    call: (name, args = {}) => request('tools/call', { name, arguments: args }),
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

/** Runs in the page. Answers the view as a host does, and keeps its messages. */
function host() {
  const frame = document.querySelector('iframe');
  const heard = [];
  const send = (message) => frame.contentWindow.postMessage({ jsonrpc: '2.0', ...message }, '*');
  globalThis.host = {
    heard,
    send,
    /** Shows a view; `context` is the host's. */
    show: (html, context) => {
      globalThis.host.context = context;
      frame.srcdoc = html;
    },
    /** A message from another window than the host's. */
    intrude: (message) => {
      const other = document.createElement('iframe');
      document.body.append(other);
      other.contentWindow.eval(`parent.frames[0].postMessage(${JSON.stringify({ jsonrpc: '2.0', ...message })}, '*')`);
    },
  };
  addEventListener('message', ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    heard.push(data);
    if (data.method === 'ui/initialize') {
      send({
        id: data.id,
        result: { protocolVersion: '2026-01-26', hostInfo: { name: 'host', version: '1' }, hostCapabilities: {}, hostContext: globalThis.host.context },
      });
    }
    if (data.method === 'ui/notifications/size-changed') frame.style.height = `${data.params.height}px`;
  });
}

const PAGE = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Host</title><link rel="icon" href="data:,">
<style>body { margin: 0 } iframe { width: 100%; border: 0 }</style>
<iframe title="View" sandbox="allow-scripts"></iframe><script>(${host})()</script></html>`;

/** Serves the host's page: `{ url, stop() }`. */
export async function startHost() {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(PAGE)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}
