// Starts and stops the binary, as `dev` or as another command.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export const BINARY = process.env.AGENT_BIN ?? fileURLToPath(new URL('../../target/release/prog-strength-agent', import.meta.url));

/** A port that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts `dev` with nothing in its environment but `env`, and waits for its greeting. `tookMs`: from exec to the greeting.
 */
export async function startDev(env = {}, args = []) {
  const began = performance.now();
  const child = spawn(BINARY, ['dev', ...args], { env: { AGENT_PORT: '0', PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stderr.on('data', (piece) => { said.err += piece; });
  const ended = once(child, 'exit');
  const greeted = new Promise((resolve, reject) => {
    child.stdout.on('data', (piece) => {
      said.out += piece;
      if (said.out.includes('curl -sN')) resolve();
    });
    ended.then(() => reject(new Error(`dev ended: ${said.err}`)));
  });
  await greeted;
  return {
    url: /Page\s+(http:\S+)\//.exec(said.out)[1],
    runs: /Runs\s+(http:\S+)\//.exec(said.out)[1],
    token: /Bearer ([^']+)'/.exec(said.out)[1],
    tookMs: performance.now() - began,
    greeting: said.out,
    log: () => said.err,
    /** Ctrl-C, or what else; the exit code. */
    async stop(signal = 'SIGINT') {
      child.kill(signal);
      const [code] = await ended;
      return code;
    },
  };
}

/** The value of one series of the service's metrics. */
export async function metric(url, series) {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((line) => line.startsWith(`${series} `));
  return line ? Number(line.split(' ').at(-1)) : 0;
}

/** Asks until the answer is as wanted, for ten seconds. */
export async function until(what, check) {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
