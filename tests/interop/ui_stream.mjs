// What a UI message stream has to be: by the AI SDK's own parser and schema, and, since these let much pass, by rules of our own.

import assert from "node:assert/strict";
import { eventsOf } from "./faces.mjs";

// The schema ignores further keys, and has optional ones that we never send.
const KEYS = {
  start: ["messageId", "messageMetadata"],
  "start-step": [],
  "finish-step": [],
  finish: ["finishReason", "messageMetadata"],
  error: ["errorText"],
  "message-metadata": ["messageMetadata"],
  "text-start": ["id"],
  "text-delta": ["id", "delta"],
  "text-end": ["id"],
  "reasoning-start": ["id", "providerMetadata"],
  "reasoning-delta": ["id", "delta"],
  "reasoning-end": ["id", "providerMetadata"],
  "tool-input-start": ["toolCallId", "toolName", "dynamic", "title"],
  "tool-input-available": ["toolCallId", "toolName", "input", "dynamic", "title"],
  "tool-output-available": ["toolCallId", "output", "dynamic"],
  "tool-output-error": ["toolCallId", "errorText", "dynamic", "providerMetadata"],
  "tool-output-denied": ["toolCallId"],
  "tool-approval-request": ["approvalId", "toolCallId", "approvalDescriptor", "signature"],
};
const DATA_KEYS = ["id", "data", "transient"];

/** The chunks of a whole stream, once it has passed. */
export async function chunksOf(sdk, { status, headers, text }) {
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "text/event-stream");
  assert.equal(headers.get("x-vercel-ai-ui-message-stream"), "v1");
  assert.equal(headers.get("cache-control"), "no-cache");
  assert.equal(headers.get("x-accel-buffering"), "no");
  const events = eventsOf(text);
  assert.equal(events.indexOf("[DONE]"), events.length - 1, "[DONE] is last");
  const chunks = [];
  const stream = new Blob([text]).stream();
  for await (const { success, value, error } of sdk.parseJsonEventStream({ stream, schema: sdk.uiMessageChunkSchema })) {
    assert.ok(success, error);
    checkKeys(value);
    chunks.push(value);
  }
  checkOrder(chunks);
  return chunks;
}

function checkKeys(chunk) {
  const known = chunk.type.startsWith("data-") ? DATA_KEYS : KEYS[chunk.type];
  assert.ok(known, `a chunk of a type that we do not send: ${chunk.type}`);
  const { type, ...others } = chunk;
  for (const [key, value] of Object.entries(others)) {
    assert.ok(known.includes(key), `${type} has ${key}`);
    assert.notEqual(value, null, `${type} has null as ${key}`);
  }
  if (type.startsWith("tool-") && !["tool-output-denied", "tool-approval-request"].includes(type)) assert.equal(chunk.dynamic, true, type);
}

/** One start, one end, and every part within a step, ended before the step is. */
function checkOrder(chunks) {
  assert.equal(chunks[0].type, "start");
  const ends = chunks.filter(({ type }) => type === "finish" || type === "error");
  assert.deepEqual(ends, [chunks.at(-1)], "one end, which is last");
  const open = new Set();
  const used = new Set();
  let inStep = false;
  for (const { type, id, delta } of chunks) {
    const part = `${type.split("-")[0]} ${id}`;
    if (type === "start-step") {
      assert.ok(!inStep, "a step within a step");
      inStep = true;
    } else if (/^(finish-step|finish|error)$/.test(type)) {
      assert.deepEqual([...open], [], `parts are open at ${type}`);
      if (type === "finish") assert.ok(!inStep, "finish within a step");
      if (type === "finish-step") assert.ok(inStep, "a step ends that has not begun");
      inStep = false;
    } else if (/^(text|reasoning)-start$/.test(type)) {
      assert.ok(inStep && !used.has(part), `${part} begins outside of a step, or again`);
      open.add(part);
      used.add(part);
    } else if (/^(text|reasoning)-/.test(type)) {
      assert.ok(open.has(part), `${type} of ${part}, which is not open`);
      if (type.endsWith("-end")) open.delete(part);
      else assert.notEqual(delta, "", `empty ${type}`);
    }
  }
}

/** The message that the SDK makes of these chunks, added to `message` where it goes on with one. */
export async function messageOf(sdk, chunks, message) {
  let latest;
  const stream = new Blob(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)).stream();
  const parsed = sdk.parseJsonEventStream({ stream, schema: sdk.uiMessageChunkSchema }).pipeThrough(
    new TransformStream({ transform: ({ value }, controller) => controller.enqueue(value) }),
  );
  for await (const state of sdk.readUIMessageStream({ message: message && structuredClone(message), stream: parsed, onError() {} })) latest = state;
  return latest;
}
