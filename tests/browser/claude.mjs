// Scripted fake Claude: streams the Messages API, and records disconnects.

import { createServer } from 'node:http';
import { once } from 'node:events';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** `answer(question)` gives the pieces of text that Claude writes; `paceMs` lies between two of them. */
export async function startClaude({ answer, paceMs = 5 }) {
  const state = { asked: 0, hungUp: 0, finished: 0 };
  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request) || '{}');
    if (request.method === 'GET') return response.end('{"data":[]}');
    state.asked += 1;
    response.on('close', () => { if (!response.writableFinished) state.hungUp += 1; });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = (type, data) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
    send('message_start', { message: { id: `msg_${state.asked}`, type: 'message', role: 'assistant', model: body.model, content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } } });
    send('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
    for (const piece of answer(lastWords(body))) {
      if (response.destroyed) return;
      send('content_block_delta', { index: 0, delta: { type: 'text_delta', text: piece } });
      await pause(paceMs);
    }
    send('content_block_stop', { index: 0 });
    send('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } });
    send('message_stop', {});
    response.end();
    state.finished += 1;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    state,
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function text(request) {
  let all = '';
  for await (const piece of request) all += piece;
  return all;
}

function lastWords({ messages = [] }) {
  const content = messages.at(-1)?.content ?? '';
  if (typeof content === 'string') return content;
  return content.map((block) => block.text ?? '').join(' ');
}
