// A person at the page of `examples/use-chat`, in Chromium: `use_chat_client.mjs MODULES PICTURES URL TOKEN CLAUDE`, with the folder of the
// packages, one for pictures, the page's URL, a user's token and the URL of the fake Claude. Writes a line for each fact.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { until } from "./faces.mjs";
import { moduleOf } from "./packages.mjs";
import { PNG } from "./samples.mjs";

const [modules, pictures, url, token, claude] = process.argv.slice(2);
const { chromium } = await moduleOf(path.join(modules, "playwright-core"));
const AXE = readFileSync(path.join(modules, "axe-core/axe.min.js"), "utf8");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const fact = (words) => console.log(words);
const faults = [];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

async function open({ bearer = token, width = 1280, colorScheme = "light", provoked } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, locale: "en-GB" });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !provoked?.test(message.text())) faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(url);
  await page.getByLabel("Token").fill(bearer);
  await page.getByRole("button", { name: "Start" }).click();
  return page;
}

const messages = (page) => page.getByRole("list", { name: "Conversation" }).getByRole("listitem");
const last = (page) => messages(page).last();

async function write(page, words) {
  await page.getByLabel("Message").fill(words);
  await page.keyboard.press("Enter");
}

/** Asks, and waits for words in the answer. */
async function ask(page, words, answer) {
  await write(page, words);
  await last(page).getByText(answer).waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
}

async function checkAccessibility(page, where) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(violations.map(({ id, impact, nodes }) => [id, impact, nodes[0].html]), [], where);
}

async function conversation(page) {
  await ask(page, "hello", "You said hello.");
  await ask(page, "log", "Done: log.");
  const call = last(page).locator("details");
  assert.match(await call.locator("summary").innerText(), /^(create|log) (a )?workout: done$/i);
  await call.locator("summary").click();
  await call.getByText("Barbell Back Squat: 5 @ 100 kg").waitFor();
  await ask(page, "think", "Thought about.");
  assert.equal(await last(page).getByText("Thinking", { exact: true }).count(), 2);
  await page.getByLabel("Photos or PDFs").setInputFiles({ name: "photo.png", mimeType: "image/png", buffer: Buffer.from(PNG, "base64") });
  await ask(page, "look", /image\/png/);
  await page.getByRole("img", { name: "photo.png" }).waitFor();
  fact("the page shows text, tools, thinking and photos");
}

async function approvals(page) {
  await ask(page, "log", "Done: log.");
  await write(page, "delete");
  const question = page.getByRole("region", { name: /^Confirm: delete (a )?workout\?$/i });
  await question.getByText("workout id").waitFor();
  await page.getByText("Your confirmation is needed.").waitFor();
  const before = await messages(page).count();
  await question.getByRole("button", { name: "Approve" }).focus();
  await page.keyboard.press("Enter");
  await last(page).getByText("Done: delete.").waitFor();
  assert.match(await last(page).locator("summary").innerText(), /: done$/);
  assert.equal(await messages(page).count(), before, "the answer goes on in the same message");
  assert.equal(await page.evaluate(() => document.activeElement.id), "text", "the focus is in the composer");

  await write(page, "delete");
  await question.getByRole("button", { name: "Decline" }).click();
  await last(page).getByText("Done: delete.").waitFor();
  assert.match(await last(page).locator("summary").innerText(), /: declined$/);
  fact("a call is approved by keyboard and one declined, each in the message that asked");
}

async function stop(page) {
  const hungUp = async () => (await fetch(claude)).json();
  const before = await hungUp();
  await write(page, "endless");
  await last(page).getByText("And so on. And so on.").waitFor();
  const button = page.getByRole("button", { name: "Stop" });
  const place = await button.boundingBox();
  await last(page).getByText("And so on. ".repeat(40)).waitFor();
  assert.deepEqual(await button.boundingBox(), place, "the button keeps its place while text streams in");
  await button.click();
  await until("Claude's stream is closed", async () => (await hungUp()) > before);
  await ask(page, "again", "You said again.");
  fact("Stop closes Claude's stream, and the chat goes on");
}

async function errors(page) {
  await write(page, "fail");
  await page.getByRole("alert").waitFor();
  await last(page).getByText("Half of it.").waitFor();
  const texts = [await page.getByRole("alert").innerText()];
  const stranger = await open({ bearer: "nobodys", provoked: /status of 401/ });
  await write(stranger, "hello");
  texts.push(await stranger.getByRole("alert").innerText());
  for (const text of texts) assert.match(text, /^[A-Za-z][^{}]{10,300}$/);
  await ask(page, "again", "You said again.");
  assert.equal(await page.getByRole("alert").count(), 0);
  fact("errors before and in the stream are shown as sentences");
}

/** With an open question, on both themes, on a phone and on a desktop. */
async function looks() {
  for (const [name, width, colorScheme] of [["phone", 390, "dark"], ["desktop", 1280, "light"]]) {
    const page = await open({ width, colorScheme });
    await ask(page, "log", "Done: log.");
    await write(page, "delete");
    await page.getByRole("button", { name: "Approve" }).waitFor();
    await page.getByRole("button", { name: "Send" }).waitFor();
    await checkAccessibility(page, name);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is wider than the window");
    await page.screenshot({ path: path.join(pictures, `${name}.png`) });
  }
  fact("axe finds nothing, in both themes, on a phone and on a desktop");
}

try {
  const page = await open();
  for (const check of [conversation, approvals, stop, errors]) await check(page);
  await looks();
  assert.deepEqual(faults, [], "the console is clean");
} finally {
  await browser.close();
}
