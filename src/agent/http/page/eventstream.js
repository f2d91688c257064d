// Reads a response of server-sent events.

import { sseParser } from './sse.js';

/** The service sends a comment every 15 s; after this silence the connection is dead. */
const SILENCE_MS = 60_000;

/** Calls `onEvent(event)` for each event with JSON data, its name as `type` if it has none, until that returns true or the stream ends. */
export async function readEvents(response, onEvent) {
  let enough = false;
  const push = sseParser((name, data) => {
    const event = parsed(data);
    if (enough || !event) return;
    event.type ??= name;
    enough = onEvent(event) === true;
  });
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  while (!enough) {
    const { done, value } = await beforeSilence(reader);
    if (done) break;
    push(decoder.decode(value, { stream: true }));
  }
  reader.cancel().catch(() => {});
}

export const isEventStream = (response) => (response.headers.get('content-type') ?? '').startsWith('text/event-stream');

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
