// A frontend on AG-UI: `agui_client.mjs MODULES EVENTS URL TOKEN CLAUDE CONVERSATION`, with the folder of the packages, a file for the requests
// and events, and the rest as for `ui_stream_client.mjs`. It uses the maker's own `HttpAgent`, which enforces the schemas and verifies
// the order of events, checks what that lets pass, and writes a line for each fact.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import path from "node:path";
import { eventsOf, recording, until } from "./faces.mjs";
import { moduleOf } from "./packages.mjs";
import { JPEG, PDF, PNG } from "./samples.mjs";

const [modules, eventsFile, url, token, claude, conversation] = process.argv.slice(2);
const { turns, answers, user, bearer } = JSON.parse(conversation);
const { HttpAgent, buildResumeArray } = await moduleOf(path.join(modules, "@ag-ui/client"));
const { EventSchemas } = await moduleOf(path.join(modules, "@ag-ui/core"), "./schemas");
const fact = (words) => console.log(words);

// The client drops unknown fields and events, and translates old ones, with a warning.
const warnings = [];
console.warn = (...words) => warnings.push(words.join(" "));
// It logs each failed run, which these checks provoke.
console.error = () => {};

/** The events of a whole run, once it has passed. */
function checkedEvents({ request, status, headers, text }) {
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "text/event-stream");
  assert.equal(headers.get("cache-control"), "no-cache");
  assert.equal(headers.get("x-accel-buffering"), "no");
  const events = eventsOf(text).map((data) => JSON.parse(data));
  for (const event of events) {
    EventSchemas.parse(event);
    assert.notEqual(event.delta, "", `empty ${event.type}`);
  }
  const [{ type, threadId, runId }] = events;
  assert.deepEqual([type, threadId, runId], ["RUN_STARTED", request.threadId, request.runId]);
  // `verifyEvents` lets a run pass that does not end.
  const ends = events.filter((event) => /^RUN_(FINISHED|ERROR)$/.test(event.type));
  assert.deepEqual(ends, [events.at(-1)], "one end, which is last");
  appendFileSync(eventsFile, `${JSON.stringify({ request, events })}\n`);
  return events;
}

class Talk {
  exchanges = [];

  constructor(bearer = token) {
    const headers = { Authorization: `Bearer ${bearer}` };
    this.agent = new HttpAgent({ url: `${url}/chat/agui`, headers, fetch: recording(this.exchanges) });
  }

  get messages() { return this.agent.messages; }

  get text() { return this.messages.findLast(({ role, content }) => role === "assistant" && content)?.content; }

  get held() { return this.agent.pendingInterrupts; }

  /** The results of the last assistant message that called tools, in the order of its calls. */
  get results() {
    const { toolCalls } = this.messages.findLast(({ toolCalls }) => toolCalls?.length);
    return toolCalls.map(({ id }) => {
      const results = this.messages.filter(({ toolCallId }) => toolCallId === id);
      assert.equal(results.length, 1, "a call has one result");
      return JSON.stringify(results[0].content);
    });
  }

  add(content) {
    this.agent.addMessage({ id: randomUUID(), role: "user", content });
  }

  /** One run: how it ended, the end that the application is told of included. */
  async run(parameters = {}) {
    const told = {};
    const kept = this.messages.map(({ id }) => id);
    await this.agent.runAgent({ forwardedProps: user, ...parameters }, {
      onRunFinishedEvent: ({ outcome, pendingToolCallIds }) => Object.assign(told, { outcome, pendingToolCallIds }),
      onRunErrorEvent: ({ event }) => Object.assign(told, { error: event }),
    });
    return { ...told, kept };
  }

  /** Says it, and checks that the run ends well. */
  async say(content, outcome = "success") {
    this.add(content);
    await this.checkedRun({}, outcome);
  }

  async checkedRun(parameters, outcome = "success") {
    const ended = await this.run(parameters);
    assert.equal(ended.outcome, outcome, JSON.stringify(ended.error));
    if (outcome === "success") assert.deepEqual(ended.pendingToolCallIds, [], "nothing is left for the application to do");
    const ids = this.messages.map(({ id }) => id);
    const users = this.messages.filter(({ role }) => role === "user").map(({ id }) => id);
    assert.deepEqual(users, users.filter((id) => ended.kept.includes(id)), "the user's messages keep their ids");
    assert.equal(new Set(ids).size, ids.length, "no id is used twice");
    assert.deepEqual(warnings, []);
    return checkedEvents(this.exchanges.at(-1));
  }

  /** Goes on with an answer for each held call, in their order. */
  resume(answers) {
    const named = this.held.map(({ id }, at) => [id, answers[at].status ? answers[at] : { status: "resolved", payload: answers[at] }]);
    return { resume: buildResumeArray(this.held, Object.fromEntries(named)) };
  }
}

const digest = (data) => createHash("sha256").update(Buffer.from(data, "base64")).digest("hex");

async function text() {
  const talk = new Talk();
  talk.add("hello");
  const events = await talk.checkedRun({});
  assert.equal(talk.text, "You said\nhello.\n");
  const [usage] = events.at(-1).usage;
  assert.ok(usage.inputTokens > 0 && usage.outputTokens > 0, JSON.stringify(usage));
  await talk.say("again");
  assert.equal(talk.text, "You said\nagain.\n");
  assert.deepEqual(talk.messages.map(({ role }) => role), ["user", "assistant", "user", "assistant"]);
  fact("text is streamed, usage told, and the history that the client keeps is accepted");
  await talk.say("hello");
  talk.add("again");
  const tools = [{ name: "paint", description: "Paints", parameters: { type: "object" } }];
  await talk.checkedRun({ tools, context: [{ description: "page", value: "home" }], forwardedProps: { a: 1 } });
  fact("tools, context and properties of the frontend are accepted");
}

async function tools() {
  const talk = new Talk();
  await talk.say("log");
  const { toolCalls } = talk.messages.find(({ toolCalls }) => toolCalls);
  assert.equal(toolCalls[0].function.name, "create_workout");
  assert.equal(JSON.parse(toolCalls[0].function.arguments).exercises[0].exercise_id, "barbell-back-squat");
  assert.match(talk.results[0], /Barbell Back Squat: 5 @ 100 kg/);
  assert.equal(talk.text, "Done: log.\n");
  await talk.say("bad");
  assert.match(talk.results[0], /limit/);
  await talk.say("hello");
  fact("tool calls have arguments and results, or their error");
}

async function thinking() {
  const talk = new Talk();
  await talk.say("think");
  const thoughts = talk.messages.filter(({ role }) => role === "reasoning");
  assert.deepEqual(thoughts.map(({ content }) => content), ["Which exercises\nare there?\n", "They are listed.\n"]);
  for (const { encryptedValue } of thoughts) assert.ok(encryptedValue, "the signature");
  fact("thinking is a reasoning message with its encrypted value");
}

async function refusals() {
  const image = { type: "image", source: { type: "data", value: "SUkqAA==", mimeType: "image/tiff" } };
  const cases = [[new Talk("nobody's"), "hello", 401], [new Talk(), [{ type: "text", text: "look" }, image], 422], [new Talk(), " ", 422]];
  for (const [talk, content, status] of cases) {
    talk.add(content);
    const error = await talk.run().then(() => assert.fail("accepted"), (error) => error);
    assert.equal(error.status, status);
    assert.match(talk.exchanges.at(-1).headers.get("content-type"), /^application\/problem\+json/);
    const problem = typeof error.payload === "string" ? JSON.parse(error.payload) : error.payload;
    assert.ok(problem.detail && problem.code && problem.status === status, JSON.stringify(problem));
  }
  fact(`errors before the stream are problem+json (${cases.map(([, , status]) => status).join(", ")})`);
}

async function failures() {
  for (const words of ["fail at once", "fail", "cut"]) {
    const talk = new Talk();
    await talk.say("hello");
    talk.add(words);
    const { error, outcome } = await talk.run();
    assert.equal(outcome, undefined);
    assert.equal(error.code, "model_error");
    assert.match(error.message, /^[A-Z][^{}]{10,200}$/);
    assert.doesNotMatch(error.message, /words of the upstream/);
    checkedEvents(talk.exchanges.at(-1));
    if (words !== "fail at once") assert.equal(talk.text, "Half of it.\n");
    await talk.say("again");
    assert.equal(talk.text, "You said\nagain.\n");
  }
  fact("errors in the stream end it with RUN_ERROR, and the conversation goes on");
}

async function stop() {
  const talk = new Talk();
  const hungUp = async () => (await fetch(claude)).json();
  const before = await hungUp();
  talk.add("endless");
  const run = talk.run();
  await until("text", () => talk.text?.includes("And so on.\nAnd so on.\n"));
  talk.agent.abortRun();
  await run;
  await until("Claude's stream is closed", async () => (await hungUp()) > before);
  warnings.length = 0; // of its own event for the abort, which has a field too many
  await talk.say("again");
  assert.equal(talk.text, "You said\nagain.\n");
  fact("text is shown while Claude writes; an abort closes Claude's stream, and the conversation goes on");
}

async function images() {
  const talk = new Talk();
  const kinds = [["image", "image/png", PNG], ["image", "image/jpeg", JPEG], ["document", "application/pdf", PDF]];
  const parts = kinds.map(([type, mimeType, value]) => ({ type, source: { type: "data", value, mimeType } }));
  await talk.say([...parts, { type: "text", text: "look" }]);
  assert.deepEqual(JSON.parse(talk.text), kinds.map(([type, mediaType, data]) => [type, mediaType, digest(data)]));
  await talk.say("hello");
  fact("images and a PDF arrive as they were attached");
}

async function workouts(talk) {
  await talk.say("list");
  return talk.results[0].split("Barbell Back Squat").length - 1;
}

async function approval() {
  const talk = new Talk();
  const before = await workouts(talk);
  await talk.say("log");
  await talk.say("delete", "interrupt");
  const [held] = talk.held;
  const call = talk.messages.findLast(({ toolCalls }) => toolCalls?.length).toolCalls[0];
  assert.deepEqual([held.reason, held.toolCallId], ["tool_call", call.id]);
  assert.ok(held.message && held.responseSchema.properties.approved, JSON.stringify(held));
  const minutes = (new Date(held.expiresAt) - Date.now()) / 60_000;
  assert.ok(minutes > 8 && minutes < 11, held.expiresAt);
  assert.equal(await workouts(new Talk()), before + 1, "nothing runs before the answer");

  await talk.checkedRun(talk.resume([{ approved: true }]));
  assert.match(talk.results[0], /[Dd]eleted/);
  assert.equal(talk.text, "Done: delete.\n");
  assert.equal(await workouts(talk), before);
  fact("an interrupt is resumed: an approved call runs");

  const refusals = [{ approved: false, reason: "keep it" }, { status: "cancelled" }];
  for (const answer of refusals) {
    await talk.say("log");
    await talk.say("delete", "interrupt");
    await talk.checkedRun(talk.resume([answer]));
    assert.match(talk.results[0], /declined/);
  }
  assert.equal(await workouts(talk), before + refusals.length);
  fact("a declined call does not run, nor does one whose interrupt is cancelled");

  await talk.say("delete", "interrupt");
  const answers = talk.resume([{ approved: true }]);
  talk.messages.findLast(({ toolCalls }) => toolCalls?.length).toolCalls[0].function.arguments = '{"workout_id":"another"}';
  const error = await talk.run(answers).then(() => assert.fail("accepted"), (error) => error);
  assert.equal(error.status, 422);
  fact("an approval of other arguments is refused");
}

async function failureAfterApproval() {
  const talk = new Talk();
  const before = await workouts(talk);
  await talk.say("log");
  await talk.say("delete, then fail", "interrupt");
  const { error } = await talk.run(talk.resume([{ approved: true }]));
  assert.equal(error.code, "model_error");
  checkedEvents(talk.exchanges.at(-1));
  assert.match(talk.results[0], /[Dd]eleted/);
  // The client takes the interrupt for open until a run finishes: the application has to forget it.
  talk.agent.pendingInterrupts = [];
  assert.equal(await workouts(talk), before);
  fact("a run that fails after an approved call keeps its result, and the conversation goes on");
}

/** The conversation that is held over /chat too; leaves its requests with the fake Claude. */
async function comparison() {
  const talk = new Talk(bearer);
  for (const words of turns) {
    const held = words === "delete both";
    await talk.say(words, held ? "interrupt" : "success");
    if (!held) continue;
    assert.equal(talk.held.length, answers.length);
    await talk.checkedRun(talk.resume(answers));
    const [approved, read, declined] = talk.results;
    assert.match(approved, /[Dd]eleted/);
    assert.match(read, /Barbell Back Squat/);
    assert.match(declined, /declined.*keep it/);
  }
  fact("of several held calls one is approved and one declined, beside one that needs no word");
}

try {
  for (const check of [text, tools, thinking, refusals, failures, stop, images, approval, failureAfterApproval, comparison]) await check();
} catch (error) {
  // Node would show the line of the client's code, which is minified.
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
}
