// A frontend on the AI SDK: `ui_stream_client.mjs FOLDER URL TOKEN CLAUDE CONVERSATION`, with the folder of the package `ai`, the agent's URL, a
// user's token, the URL of the fake Claude and a conversation of `face_turns.py`. It uses the SDK's own chat, the one under `useChat`,
// checks each stream, and writes a line for each fact.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { recording, until } from "./faces.mjs";
import { moduleOf } from "./packages.mjs";
import { JPEG, PDF, PNG } from "./samples.mjs";
import { chunksOf, messageOf } from "./ui_stream.mjs";

const [folder, url, token, claude, conversation] = process.argv.slice(2);
const { turns, answers, user, bearer } = JSON.parse(conversation);
const sdk = await moduleOf(folder);
const fact = (words) => console.log(words);

/** The state that `useChat` keeps in React. */
class State {
  status = "ready";
  error = undefined;
  messages = [];
  pushMessage = (message) => { this.messages = [...this.messages, message]; };
  popMessage = () => { this.messages = this.messages.slice(0, -1); };
  replaceMessage = (at, message) => { this.messages = this.messages.with(at, this.snapshot(message)); };
  snapshot = (thing) => structuredClone(thing);
}

class Chat extends sdk.AbstractChat {
  exchanges;

  constructor({ bearer = token, ...init } = {}) {
    const exchanges = [];
    const transport = new sdk.DefaultChatTransport({
      api: `${url}/chat/ui`,
      headers: () => ({ Authorization: `Bearer ${bearer}` }),
      body: user,
      fetch: recording(exchanges),
    });
    const sendAutomaticallyWhen = sdk.lastAssistantMessageIsCompleteWithApprovalResponses;
    super({ state: new State(), transport, sendAutomaticallyWhen, ...init });
    this.exchanges = exchanges;
  }

  get parts() { return this.lastMessage.parts; }

  get text() { return this.parts.filter((part) => part.type === "text").map((part) => part.text).join(""); }

  get tools() { return this.parts.filter((part) => part.type === "dynamic-tool"); }

  get held() { return this.tools.filter((part) => part.state === "approval-requested"); }

  /** Says it, and checks the stream and the message that is made of it. */
  async say(message) {
    await this.sendMessage(typeof message === "string" ? { text: message } : message);
    assert.equal(this.status, "ready", String(this.error));
    await this.checkLast();
  }

  /** Answers one held call; with the last of them the request is sent by itself. */
  async answer(part, answer) {
    const [before, sent] = [structuredClone(this.lastMessage), this.exchanges.length];
    const isLast = this.held.length === 1;
    await this.addToolApprovalResponse({ id: part.approval.id, ...answer });
    if (!isLast) return;
    await until("the turn goes on", () => this.exchanges.length > sent && ["ready", "error"].includes(this.status));
    before.parts = before.parts.map((one) => (one.state === "approval-requested" ? { ...one, state: "approval-responded" } : one));
    return before;
  }

  async checkLast(before) {
    const chunks = await chunksOf(sdk, this.exchanges.at(-1));
    const read = await messageOf(sdk, chunks, before);
    const comparable = (part) => ({ ...part, approval: undefined });
    assert.deepEqual(read.parts.map(comparable), this.parts.map(comparable));
    await sdk.validateUIMessages({ messages: this.messages });
    return chunks;
  }
}

const digest = (data) => createHash("sha256").update(Buffer.from(data, "base64")).digest("hex");
const failure = async (chat, message) => {
  await chat.sendMessage(message);
  assert.equal(chat.status, "error");
  return chat.error.message;
};

async function text() {
  const chat = new Chat();
  await chat.say("hello");
  assert.equal(chat.text, "You said\nhello.\n");
  assert.deepEqual(chat.parts.map((part) => part.state ?? part.type), ["step-start", "done"]);
  await chat.say("again");
  assert.equal(chat.text, "You said\nagain.\n");
  assert.equal(chat.messages.length, 4);
  assert.equal(new Set(chat.messages.map(({ id }) => id)).size, 4, "each message has an id of its own");
  fact("text is streamed, and the history that the SDK keeps is accepted");
  const given = chat.lastMessage.id;
  await chat.regenerate();
  assert.equal(chat.status, "ready", String(chat.error));
  await chat.checkLast();
  assert.equal(chat.messages.length, 4);
  assert.notEqual(chat.lastMessage.id, given);
  await chat.resumeStream();
  assert.equal(chat.exchanges.at(-1).status, 204);
  assert.equal(chat.status, "ready");
  fact("an answer is made anew, and there is no stream to resume (204)");
}

async function tools() {
  const chat = new Chat();
  await chat.say("log");
  const [logged] = chat.tools;
  assert.deepEqual([logged.toolName, logged.state], ["create_workout", "output-available"]);
  assert.equal(logged.input.exercises[0].exercise_id, "barbell-back-squat");
  assert.match(logged.output.content[0].text, /Barbell Back Squat: 5 @ 100 kg/);
  assert.ok(logged.output.structuredContent.workout.id);
  assert.equal(chat.parts.filter((part) => part.type === "step-start").length, 2);
  assert.equal(chat.text, "Done: log.\n");
  await chat.say("bad");
  const [bad] = chat.tools;
  assert.equal(bad.state, "output-error");
  assert.match(bad.errorText, /limit/);
  await chat.say("hello");
  fact("tools are dynamic parts with input and output, or their error");
}

async function thinking() {
  const chat = new Chat();
  await chat.say("think");
  const thoughts = chat.parts.filter((part) => part.type === "reasoning");
  assert.deepEqual(thoughts.map((part) => [part.text, part.state]), [["Which exercises\nare there?\n", "done"], ["They are listed.\n", "done"]]);
  assert.deepEqual(thoughts.map((part) => part.providerMetadata.anthropic.signature), ["signature one", "signature two"]);
  fact("thinking is a reasoning part with its signature");
}

async function refusals() {
  const words = [
    [new Chat({ bearer: "nobody's" }), { text: "hello" }, 401],
    [new Chat(), { text: "look", files: [{ type: "file", mediaType: "image/tiff", url: "data:image/tiff;base64,SUkqAA==" }] }, 422],
    [new Chat(), { text: " " }, 422],
  ];
  for (const [chat, message, status] of words) {
    const shown = await failure(chat, message);
    const { headers, ...exchange } = chat.exchanges.at(-1);
    assert.equal(exchange.status, status);
    assert.match(headers.get("content-type"), /^text\/plain/);
    assert.match(shown, /^[A-Za-z`[][^{}]{10,300}$/, "a sentence, not JSON");
  }
  fact(`errors before the stream are sentences (${words.map(([, , status]) => status).join(", ")})`);
}

async function failures() {
  for (const words of ["fail at once", "fail", "cut"]) {
    const chat = new Chat();
    await chat.say("hello");
    const shown = await failure(chat, { text: words });
    assert.match(shown, /^[A-Z][^{}]{10,200}$/);
    assert.doesNotMatch(shown, /words of the upstream/);
    const chunks = await chunksOf(sdk, chat.exchanges.at(-1));
    assert.deepEqual(chunks.at(-1), { type: "error", errorText: shown });
    if (words !== "fail at once") assert.equal(chat.text, "Half of it.\n");
    await chat.say("again");
    assert.equal(chat.text, "You said\nagain.\n");
  }
  fact("errors in the stream are shown after what was said, and the chat goes on");
}

async function stop() {
  const chat = new Chat();
  const hungUp = async () => (await fetch(claude)).json();
  const before = await hungUp();
  const said = chat.sendMessage({ text: "endless" });
  await until("text", () => chat.lastMessage?.role === "assistant" && chat.text.includes("And so on.\nAnd so on.\n"));
  await chat.stop();
  await said;
  assert.equal(chat.status, "ready");
  await until("Claude's stream is closed", async () => (await hungUp()) > before);
  await chat.say("again");
  assert.equal(chat.messages.length, 4);
  fact("text is shown while Claude writes; stop closes Claude's stream, and the chat goes on");
}

async function images() {
  const chat = new Chat();
  const kinds = [["image", "image/png", PNG], ["image", "image/jpeg", JPEG], ["document", "application/pdf", PDF]];
  const files = kinds.map(([, mediaType, data]) => ({ type: "file", mediaType, url: `data:${mediaType};base64,${data}` }));
  await chat.say({ text: "look", files });
  assert.deepEqual(JSON.parse(chat.text), kinds.map(([type, mediaType, data]) => [type, mediaType, digest(data)]));
  await chat.say("hello");
  fact("images and a PDF arrive as they were attached");
}

const workouts = async (chat) => {
  await chat.say("list");
  return chat.tools[0].output.structuredContent.workouts.length;
};

async function approval() {
  const chat = new Chat();
  const before = await workouts(chat);
  await chat.say("log");
  await chat.say("delete");
  const [held] = chat.held;
  assert.equal(held.toolName, "delete_workout");
  assert.ok(held.input.workout_id && held.approval.signature);
  assert.equal(await workouts(new Chat()), before + 1, "nothing runs before the answer");

  const [id, length] = [chat.lastMessage.id, chat.messages.length];
  const asked = await chat.answer(held, { approved: true });
  assert.equal(chat.status, "ready", String(chat.error));
  await chat.checkLast(asked);
  assert.deepEqual([chat.lastMessage.id, chat.messages.length], [id, length], "it goes on in the same message");
  assert.deepEqual(chat.tools.map((part) => part.state), ["output-available"]);
  assert.match(chat.tools[0].output.content[0].text, /[Dd]eleted/);
  assert.equal(chat.text, "Done: delete.\n");
  assert.equal(await workouts(chat), before);
  fact("an approved call runs, and its answer goes on in the same message");

  await chat.say("log");
  await chat.say("delete");
  const declined = await chat.answer(chat.held[0], { approved: false, reason: "keep it" });
  await chat.checkLast(declined);
  assert.deepEqual(chat.tools.map((part) => part.state), ["output-denied"]);
  assert.equal(await workouts(chat), before + 1);
  fact("a declined call is output-denied, and does not run");

  await chat.say("delete");
  await chat.say("never mind");
  assert.equal(await workouts(chat), before + 1);
  fact("whoever goes on without an answer runs nothing");

  await chat.say("delete");
  chat.lastMessage.parts.find((part) => part.toolCallId === chat.held[0].toolCallId).input = { workout_id: "another" };
  await chat.answer(chat.held[0], { approved: true });
  assert.deepEqual([chat.status, chat.exchanges.at(-1).status], ["error", 422]);
  assert.doesNotMatch(chat.error.message, /[{}]/);
  fact("an approval of other arguments is refused");
}

async function failureAfterApproval() {
  const chat = new Chat();
  const before = await workouts(chat);
  await chat.say("log");
  await chat.say("delete, then fail");
  await chat.answer(chat.held[0], { approved: true });
  assert.equal(chat.status, "error");
  assert.deepEqual(chat.tools.map((part) => part.state), ["output-available"]);
  assert.equal(chat.text, "Half of it.\n");
  assert.equal(await workouts(chat), before);
  fact("a turn that fails after an approved call keeps its result, and the chat goes on");
}

/** The conversation that is held over /chat too; leaves its requests with the fake Claude. */
async function comparison() {
  const chat = new Chat({ bearer });
  for (const words of turns) {
    await chat.say(words);
    const { held } = chat;
    let asked;
    for (const [at, part] of held.entries()) asked = await chat.answer(part, answers[at]);
    if (asked) await chat.checkLast(asked);
    if (held.length) assert.deepEqual(chat.tools.map((part) => part.state), ["output-available", "output-available", "output-denied"]);
  }
  fact("of several held calls one is approved and one declined, beside one that needs no word");
}

for (const check of [text, tools, thinking, refusals, failures, stop, images, approval, failureAfterApproval, comparison]) await check();
