// What the clients of the two faces share: a `fetch` that keeps what went over the wire, and waiting.

import assert from "node:assert/strict";

/** `fetch` that keeps requests and responses, as they were, in `exchanges`. */
export function recording(exchanges) {
  return async (url, init = {}) => {
    const response = await fetch(url, init);
    const exchange = { method: init.method, request: init.body && JSON.parse(init.body), status: response.status, headers: response.headers, text: "" };
    exchanges.push(exchange);
    if (!response.ok || !response.body) return response;
    const decoder = new TextDecoder();
    const record = new TransformStream({
      transform(piece, controller) {
        exchange.text += decoder.decode(piece, { stream: true });
        controller.enqueue(piece);
      },
    });
    return new Response(response.body.pipeThrough(record), { status: response.status, headers: response.headers });
  };
}

/** The data of each event of a whole stream. Comments may stand between them, other fields not. */
export function eventsOf(text) {
  const frames = text.split("\n\n");
  assert.equal(frames.pop(), "", "the last frame is whole");
  const events = frames.filter((frame) => !frame.startsWith(":"));
  for (const event of events) assert.match(event, /^data: [^\n]+$/);
  return events.map((event) => event.slice("data: ".length));
}

export async function until(what, holds) {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `still waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
