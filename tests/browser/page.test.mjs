// The page in a browser, against the mock service.

import { after, afterEach, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { startMock } from './mock/server.mjs';
import { tokenOf } from './mock/data.mjs';
import { PHONE, accountQuestion, answered, ask, checkAccessibility, launch, openPage } from './support.mjs';

let browser;
let mock;
let open;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });
afterEach(async () => {
  const { faults } = open ?? { faults: [] };
  await open?.close();
  await mock?.close();
  open = mock = null;
  assert.deepEqual(faults, [], 'no console error, CSP violation, dialog or foreign request');
});

// Chromium reports every refused request in the console, handled or not.
const REFUSED = [/Failed to load resource: the server responded with a status of (4|5)\d\d/, /net::ERR/];

async function start(state = {}, options = {}) {
  mock = await startMock({ speed: 0.3, ...state });
  open = await openPage(browser, mock.url, { allow: REFUSED, ...options });
  return open.page;
}
const last = (page) => page.locator('.turn').last();
const field = (page) => page.getByLabel('Message', { exact: true });
const roles = (request) => request.body.messages.map((message) => message.role);
const until = async (check, what) => {
  for (let left = 200; left > 0; left -= 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`never: ${what}`);
};

describe('asking', () => {
  it('sends the question with the zone, the token and that it can ask for approvals, and keeps the tool context for the next', async () => {
    const page = await start();
    await ask(page, 'my progress?');
    await ask(page, 'and now?');
    const [first, second] = mock.requests;
    assert.deepEqual(first.body, { messages: [{ role: 'user', content: 'my progress?' }], stream: true, client_timezone: 'America/Denver', approvals: [] });
    assert.equal(first.authorization, 'Bearer token-1');
    assert.deepEqual(roles(second), ['user', 'assistant', 'user', 'assistant', 'user']);
    assert.equal(second.body.messages[1].content[1].type, 'tool_use');
    assert.equal(second.body.messages.at(-1).content, 'and now?');
  });
  it('by an example, with Enter; Shift+Enter starts a new line', async () => {
    const page = await start();
    await page.getByRole('button', { name: 'I’m feeling burned out' }).click();
    await answered(page);
    assert.equal(mock.requests[0].body.messages[0].content, 'I’m feeling burned out');
    await field(page).pressSequentially('one');
    const height = (await field(page).boundingBox()).height;
    await page.keyboard.press('Shift+Enter');
    await field(page).pressSequentially('two');
    assert.ok((await field(page).boundingBox()).height > height, 'the field grows');
    await page.keyboard.press('Enter');
    await until(() => mock.requests.length === 2, 'the second request');
    assert.equal(mock.requests[1].body.messages.at(-1).content, 'one\ntwo');
    assert.equal(await field(page).inputValue(), '');
    assert.ok(await field(page).evaluate((node) => node === document.activeElement));
  });
  it('sends nothing while an input method composes, nor a blank text', async () => {
    const page = await start();
    await field(page).fill('か');
    await field(page).dispatchEvent('keydown', { key: 'Enter', isComposing: true });
    await field(page).fill('   ');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(100);
    assert.equal(mock.requests.length, 0);
  });
  it('shows the answer as it grows', async () => {
    const page = await start({ speed: 1 });
    await ask(page, 'slow please', { ended: false });
    const length = () => last(page).locator('.markdown').innerText().then((text) => text.length);
    await last(page).locator('.markdown').waitFor();
    const first = await length();
    await until(async () => (await length()) > first + 20, 'a longer text');
    assert.equal(await page.getByRole('button', { name: 'Stop' }).count(), 1);
  });
  it('keeps a finished part of a growing answer, so that it can be selected', async () => {
    const page = await start({ speed: 1 });
    await ask(page, 'a long one', { ended: false });
    await last(page).locator('.markdown p').nth(2).waitFor();
    await last(page).locator('.markdown p').first().evaluate((node) => { node.dataset.mine = 'yes'; });
    await answered(page);
    assert.equal(await last(page).locator('.markdown p').first().getAttribute('data-mine'), 'yes');
  });
});

describe('stopping', () => {
  it('closes the connection, keeps the shown text, and continues from there', async () => {
    const page = await start({ speed: 1 });
    await ask(page, 'slow please', { ended: false });
    await last(page).locator('.markdown').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    await until(() => mock.requests[0].closed, 'the connection closed');
    assert.match(await last(page).innerText(), /One word.*Stopped\./s);
    await last(page).getByRole('button', { name: 'Continue' }).click();
    await answered(page);
    const { messages } = mock.requests[1].body;
    assert.match(messages[1].content, /^One word/);
    assert.equal(messages[2].content, 'Please go on.');
    assert.match(await last(page).innerText(), /One word.*And so it went on/s);
  });
  it('with Escape, after tool calls, records their outcome', async () => {
    const page = await start();
    await ask(page, 'log it, then stop', { ended: false });
    await last(page).getByText('Thinking on').waitFor();
    await page.keyboard.press('Escape');
    await until(() => mock.requests[0].closed, 'the connection closed');
    await ask(page, 'what now?');
    const { messages } = mock.requests[1].body;
    assert.equal(messages[1].content,
      'Thinking on\n\n(The user stopped this answer here. Tool calls so far: create_workout: done; odd_new_tool: failed.)');
  });
  it('before the first event leaves only the question, which can be asked again', async () => {
    const page = await start({ speed: 30 });
    await ask(page, 'hello', { ended: false });
    await page.keyboard.press('Escape');
    await last(page).getByText('Stopped.').waitFor();
    mock.state.speed = 0.1;
    await last(page).getByRole('button', { name: 'Try again' }).click();
    await answered(page);
    assert.deepEqual(mock.requests[1].body.messages, [{ role: 'user', content: 'hello' }]);
  });
});

describe('tool calls', () => {
  it('have a pill each, with status, duration and input', async () => {
    const page = await start({ speed: 3 });
    await ask(page, 'log bench', { ended: false });
    await page.locator('.pill[data-state=running]').first().waitFor();
    assert.match(await page.locator('.pill').first().innerText(), /Logging the workout…/);
    await answered(page);
    assert.deepEqual(await page.locator('.pill summary').allInnerTexts().then((all) => all.map((text) => text.replace(/\s+/g, ' '))),
      ['Logged the workout 0.1 s', 'odd_new_tool: failed 1.5 s']);
    await page.locator('.pill summary').first().click();
    assert.match(await page.locator('.pill pre').first().innerText(), /"weight": 185/);
  });
});

describe('thinking', () => {
  it('is folded, and a note between tool calls stands in its place', async () => {
    const page = await start();
    await ask(page, 'consider my bench');
    const shown = await last(page).locator('.answer-body > *:not([hidden])').evaluateAll((nodes) => nodes.map((node) => node.className));
    assert.deepEqual(shown, ['thinking', 'tools', 'note', 'tools', 'thinking', 'markdown']);
    assert.equal(await last(page).locator('.note:visible').innerText(), 'Now the volume of this week.');
    const fold = last(page).locator('.thinking').first();
    assert.ok(await fold.locator('.thought').isHidden());
    await fold.locator('summary').focus();
    await page.keyboard.press('Enter');
    assert.match(await fold.locator('.thought').innerText(), /^The user asks about the bench press\. <b>I<\/b> look/);
    await checkAccessibility(page, 'thinking');
  });
  it('is neither copied, nor announced, nor sent back', async () => {
    const page = await start();
    await open.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await ask(page, 'consider my bench');
    await until(async () => /It goes well/.test(await page.locator('#live').innerText()), 'the announcement');
    assert.doesNotMatch(await page.locator('#live').innerText(), /volume of this week|user asks/);
    await last(page).getByRole('button', { name: 'Copy' }).click();
    await last(page).getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'It goes well.');
    await ask(page, 'and then?');
    assert.doesNotMatch(JSON.stringify(mock.requests[1].body), /user asks|volume of this week/);
  });
  it('is shown while it goes on, and survives a reload', async () => {
    const page = await start();
    await ask(page, 'consider it, then wait', { ended: false });
    await last(page).locator('.thinking').waitFor();
    assert.ok(await last(page).locator('.working').isVisible());
    await page.getByRole('button', { name: 'Stop' }).click();
    await answered(page);
    await page.reload();
    assert.equal(await last(page).locator('.thinking:visible').count(), 1);
    assert.doesNotMatch(await last(page).innerText(), /Continue/);
  });
});

describe('errors', () => {
  const CASES = [
    ['error model_overloaded', /overloaded/, 'Try again'], ['error busy', /busy/, 'Try again'], ['error model_error', /model could not answer/, 'Try again'],
    ['error tools_unavailable', /training data is unavailable/, 'Try again'], ['error shutting_down', /restarting/, 'Try again'], ['error timeout', /too long/, 'Try again'],
    ['error internal', /went wrong/, 'Try again'], ['error payload_too_large', /chat has become too long.*start a new one/is, 'New chat'],
    ['error invalid_request', /cannot take this message/, 'New chat'], ['event timeout', /too long/, 'Try again'], ['event shutting_down', /restarting/, 'Try again'],
    ['proxy', /not the service/, 'Try again'],
  ];
  it('are explained in words, with the request id and the next step', async () => {
    const page = await start();
    for (const [question, words, way] of CASES) {
      await ask(page, question);
      const card = last(page).locator('.card');
      assert.match(await card.innerText(), words, question);
      if (question !== 'proxy') assert.match(await card.innerText(), /Request req-4711/);
      assert.equal(await card.getByRole('button', { name: way }).count(), 1, question);
    }
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 1, 'only the last can be tried again');
  });
  it('of a limit count down, and can be tried again after it', async () => {
    const page = await start();
    await ask(page, 'error rate_limited');
    const retry = last(page).getByRole('button', { name: 'Try again' });
    assert.match(await last(page).locator('.card').innerText(), /Try again in \d seconds?\./);
    assert.ok(await retry.isDisabled());
    await until(() => retry.isEnabled(), 'the button enabled');
  });
  it('of a limit say which one it is', async () => {
    const page = await start();
    await ask(page, 'error rate_limited of requests');
    assert.match(await last(page).locator('.card').innerText(), /You have reached a limit\s+You can ask 60 questions in 60 seconds\./);
    await page.reload();
    await ask(page, 'error rate_limited');
    assert.match(await last(page).locator('.card').innerText(), /You have reached a limit\s+the rate_limited detail/);
  });
  it('of a limit lock the composer until the wait is over, and keep what is written', async () => {
    const page = await start();
    const send = page.getByRole('button', { name: 'Send', exact: true });
    await ask(page, 'error rate_limited');
    await field(page).fill('the next one');
    const wait = page.locator('#composer-wait');
    assert.match(await wait.innerText(), /You can send again in [123] seconds?\./);
    assert.equal(await send.getAttribute('aria-disabled'), 'true');
    await page.keyboard.press('Enter');
    await send.dispatchEvent('click');
    assert.equal(mock.requests.length, 1);
    assert.equal(await field(page).inputValue(), 'the next one');
    await checkAccessibility(page, 'while locked');
    await until(() => wait.isHidden(), 'the end of the wait');
    assert.equal(await send.getAttribute('aria-disabled'), 'false');
    await until(async () => /You can send again\./.test(await page.locator('#live').innerText()), 'the announcement');
    await send.click();
    await until(() => mock.requests.length === 2, 'the second request');
    assert.equal(mock.requests[1].body.messages.at(-1).content, 'the next one');
  });
  it('of the model after a tool call keep its result', async () => {
    const page = await start();
    await ask(page, 'mid error');
    await last(page).getByRole('button', { name: 'Try again' }).click();
    await until(() => mock.requests.length === 2, 'another request');
    assert.deepEqual(mock.requests[1].body.messages.map((message) => message.content[0]?.type ?? 'text'), ['text', 'text', 'tool_result'].with(1, 'tool_use'));
  });
  it('of the connection: a cut with tool calls is continued with a request to check first', async () => {
    const page = await start();
    await ask(page, 'cut with tools');
    assert.match(await last(page).innerText(), /The connection was lost/);
    await last(page).getByRole('button', { name: 'Try again' }).click();
    await answered(page);
    const { messages } = mock.requests[1].body;
    assert.match(messages[1].content, /I log it\.\n\n\(The connection was lost here\. Tool calls so far: create_workout: done\.\)/);
    assert.equal(messages[2].content, 'Please go on; check first what has already been done.');
  });
  it('of the connection: a stream without a final event is an error', async () => {
    const page = await start();
    await ask(page, 'ends early');
    assert.match(await last(page).innerText(), /Half an answer.*The connection was lost/s);
  });
  it('of the network can be retried when it works again', async () => {
    const page = await start();
    await page.route('**/chat', (route) => route.abort());
    await ask(page, 'hello');
    assert.match(await last(page).innerText(), /cannot be reached/);
    await page.unroute('**/chat');
    await last(page).getByRole('button', { name: 'Try again' }).click();
    await answered(page);
    assert.match(await last(page).innerText(), /You asked: hello/);
    assert.ok(await field(page).evaluate((node) => node === document.activeElement), 'the focus is not lost with the button');
  });
  it('are not shown when an answer ends at a limit: it can be continued', async () => {
    const page = await start();
    await ask(page, 'max tokens');
    assert.match(await last(page).innerText(), /length limit/);
    await last(page).getByRole('button', { name: 'Continue' }).click();
    await answered(page);
    assert.equal(mock.requests[1].body.messages.at(-1).content, 'Please go on.');
  });
});

describe('access', () => {
  it('a new token is fetched from a restarted demo automatically', async () => {
    const page = await start();
    Object.assign(mock.state, { token: 'token-2', accepted: 'token-2' });
    await ask(page, 'hello');
    assert.deepEqual(mock.requests.map((request) => request.authorization), ['Bearer token-1', 'Bearer token-2']);
    assert.match(await last(page).innerText(), /You asked: hello/);
  });
  it('in production a token is asked for, kept in the tab, and asked for again when refused', async () => {
    const page = await start({ demo: false, kind: 'anthropic', accepted: 'good' });
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Access token').fill('Bearer old');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await ask(page, 'hello', { ended: false });
    await page.getByText(/did not accept the last token/).waitFor();
    await dialog.getByLabel('Access token').fill('good');
    await dialog.getByRole('button', { name: 'Use this token' }).click();
    await answered(page);
    assert.match(await last(page).innerText(), /You asked: hello/);
    await page.reload();
    await ask(page, 'again');
    assert.equal(mock.requests.at(-1).authorization, 'Bearer good');
    assert.equal(await page.evaluate(() => JSON.stringify(localStorage)), '{}');
    assert.ok(await page.locator('#stand-in').isHidden());
  });
  it('a form that is closed leaves a way back to it', async () => {
    const page = await start({ demo: false, accepted: 'good' });
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await ask(page, 'hello', { ended: false });
    await page.getByRole('dialog').waitFor();
    await page.getByRole('button', { name: 'Not now' }).click();
    await last(page).getByText('You are not signed in').waitFor();
    await last(page).getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('textbox', { name: 'Access token' }).fill('good');
    await page.keyboard.press('Enter');
    await last(page).getByText('You asked: hello').waitFor();
  });
  it('a token in the address is removed at once, and used only once its account is confirmed', async () => {
    const given = tokenOf({ sub: 'sam', name: 'Sam Smith', iat: 1_790_000_000, exp: 4_102_444_800 });
    const page = await start({ demo: false, accepted: given });
    await page.goto('about:blank');
    await page.goto(`${mock.url}#token=${given}`);
    const question = accountQuestion(page);
    await question.waitFor();
    assert.equal(page.url(), mock.url);
    const facts = await question.locator('dl').innerText();
    assert.match(facts, /Account\s+Sam Smith \(sam\)\s+Valid\s+from 21 Sept? 2026, .+ until 31 Dec 2099, .+\s+Signed in now\s+none/);
    assert.equal(await page.evaluate(() => sessionStorage.getItem('prog-strength.token')), null);
    assert.equal(await page.locator('#account').innerText(), 'Not signed in');
    assert.equal(mock.requests.length, 0);
    await checkAccessibility(page, 'account');
    await question.getByRole('button', { name: 'Use this account' }).click();
    assert.match(await page.locator('#account').innerText(), /Sam Smith \(sam\)$/);
    await ask(page, 'hello');
    assert.equal(mock.requests[0].authorization, `Bearer ${given}`);
  });
  it('a token in the address that is declined is dropped, and the form asks for one', async () => {
    const page = await start({ demo: false, accepted: 'own' });
    await page.goto('about:blank');
    await page.goto(`${mock.url}#token=${tokenOf({ sub: 'eve' })}`);
    await accountQuestion(page).waitFor();
    // The first button, which has the focus, declines.
    await page.keyboard.press('Enter');
    await page.getByLabel('Access token').fill('own');
    await page.keyboard.press('Enter');
    await ask(page, 'hello');
    assert.deepEqual(mock.requests.map(({ authorization }) => authorization), ['Bearer own']);
    await page.reload();
    assert.equal(await accountQuestion(page).isVisible(), false);
  });
  it('the demo has its own account, and asks about no other', async () => {
    const page = await start({ token: tokenOf({ sub: 'demo' }), accepted: tokenOf({ sub: 'demo' }) });
    await page.goto('about:blank');
    await page.goto(`${mock.url}#token=${tokenOf({ sub: 'eve' })}`);
    await ask(page, 'hello');
    assert.equal(page.url(), mock.url);
    assert.match(await page.locator('#account').innerText(), /demo$/);
  });
});

describe('the tab', () => {
  it('keeps the conversation, its pills and charts, and the draft across a reload', async () => {
    const page = await start();
    await ask(page, 'my progress?');
    await field(page).fill('a draft');
    await page.reload();
    assert.equal(await field(page).inputValue(), 'a draft');
    assert.match(await last(page).innerText(), /my progress\?.*Analyzed progress.*Your bench press is moving/s);
    await last(page).locator('circle.point').nth(15).waitFor();
    await ask(page, 'and now?');
    assert.equal(mock.requests[1].body.messages.length, 5);
  });
  it('treats an answer cut off by a reload as lost, with its tool calls', async () => {
    const page = await start();
    await ask(page, 'log it, then stop', { ended: false });
    await last(page).getByText('Thinking on').waitFor();
    await page.reload();
    assert.match(await last(page).innerText(), /The page was closed while answering/);
    await last(page).getByRole('button', { name: 'Try again' }).click();
    await answered(page);
    assert.equal(mock.requests[1].body.messages.at(-1).content, 'Please go on; check first what has already been done.');
  });
  it('begins a new chat, stopping what runs, and can bring the last one back', async () => {
    const page = await start({ speed: 1 });
    await ask(page, 'hello');
    await ask(page, 'slow please', { ended: false });
    await last(page).locator('.markdown').waitFor();
    await page.getByRole('button', { name: 'New chat' }).click();
    await until(() => mock.requests[1].closed, 'the connection closed');
    await page.getByRole('heading', { name: 'What are we training today?' }).waitFor();
    assert.ok(await field(page).evaluate((node) => node === document.activeElement));
    await page.getByRole('button', { name: 'Bring back the last chat' }).click();
    assert.ok(await field(page).evaluate((node) => node === document.activeElement));
    assert.equal(await page.locator('.turn').count(), 2);
    await page.getByRole('button', { name: 'New chat' }).click();
    await ask(page, 'fresh');
    assert.deepEqual(mock.requests[2].body.messages, [{ role: 'user', content: 'fresh' }]);
  });
});

describe('photos', () => {
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  const file = (name, buffer, mimeType = 'image/png') => ({ name, buffer, mimeType });

  it('are shown, can be removed, and go before the text', async () => {
    const page = await start();
    await page.locator('#file').setInputFiles(file('lift.png', png));
    await page.getByRole('img', { name: 'Photo to be sent: lift.png' }).waitFor();
    await page.getByRole('button', { name: 'Remove the photo' }).click();
    assert.equal(await page.locator('#attached img').count(), 0);
    await page.locator('#file').setInputFiles(file('lift.jpg', png, 'image/jpeg'));
    await page.locator('#attached img').waitFor();
    await ask(page, 'what is it?');
    assert.deepEqual(mock.requests[0].body.messages[0].content, [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png.toString('base64') } },
      { type: 'text', text: 'what is it?' },
    ]);
    await last(page).getByRole('img', { name: 'Your photo' }).waitFor();
    await page.reload();
    await last(page).getByRole('img', { name: 'Your photo' }).waitFor();
  });
  it('too big, of another type or broken are refused in words', async () => {
    const page = await start();
    const problem = page.locator('#composer-problem');
    for (const [given, words] of [
      [file('big.png', Buffer.concat([png, Buffer.alloc(5.5 * 1024 * 1024)])), /has 5\.6 MB; at most 5 MB/],
      [file('plan.pdf', Buffer.from('%PDF-1.7 and more'), 'application/pdf'), /Only PNG, JPEG, GIF and WebP/],
      [file('fake.png', Buffer.from('<svg onload=alert(1)>')), /Only PNG/],
      [file('broken.png', png.subarray(0, 30)), /cannot be read/],
    ]) {
      await page.locator('#file').setInputFiles(given);
      await until(async () => words.test(await problem.innerText()), String(words));
      assert.equal(await page.locator('#attached img').count(), 0);
    }
  });
  it('can be pasted and dropped', async () => {
    const page = await start();
    for (const type of ['paste', 'drop']) {
      await page.evaluate(({ type, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const given = new DataTransfer();
        given.items.add(new File([bytes], 'given.png', { type: 'image/png' }));
        const event = type === 'paste'
          ? new ClipboardEvent('paste', { clipboardData: given, bubbles: true })
          : new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true });
        document.getElementById('message').dispatchEvent(event);
      }, { type, base64: png.toString('base64') });
      await page.getByRole('img', { name: 'Photo to be sent: given.png' }).waitFor();
      await page.getByRole('button', { name: 'Remove the photo' }).click();
    }
  });
});

describe('a hostile answer', () => {
  it('is shown as text: no script runs, nothing is loaded, and links are http(s) only', async () => {
    const page = await start();
    await ask(page, 'be hostile');
    const body = last(page).locator('.answer-body');
    for (const tag of ['img', 'script', 'iframe', 'style', 'svg', 'math', 'b', 'mi']) assert.equal(await body.locator(tag).count(), 0, tag);
    assert.match(await body.innerText(), /<script>alert\(1\)<\/script>.*<iframe/s);
    const links = await body.locator('a').evaluateAll((all) => all.map((link) => [link.protocol, link.target, link.rel]));
    assert.ok(links.length >= 2);
    for (const link of links) assert.match(link.join(' '), /^https?: _blank noopener noreferrer$/);
    assert.equal(await page.title(), 'Prog Strength');
  });
  it('of any size is rendered in linear time', async () => {
    const page = await start({ answer: async ({ write, model }) => {
      const columns = '|a'.repeat(500);
      const bombs = [`${columns}|\n${'|-'.repeat(500)}|\n${'|x|\n'.repeat(400)}`, '*a _b '.repeat(4000), '['.repeat(20_000), '`'.repeat(30_000), `${'- '.repeat(3000)}x`, 'x'.repeat(120_000)];
      write({ type: 'model_chosen', model });
      for (const bomb of bombs) {
        write({ type: 'tool_use_start', id: `t${bomb.length}`, name: 'a' });
        write({ type: 'text_delta', text: bomb });
      }
      write({ type: 'done', stop_reason: 'end_turn', model, content: [], messages: [], usage: {}, request_id: 'r' });
    } });
    const begun = Date.now();
    await ask(page, 'bombs');
    await ask(page, 'still there?');
    assert.ok(Date.now() - begun < 15_000, `${Date.now() - begun} ms`);
  });
});

describe('Markdown', () => {
  it('has tables with heading cells, nested lists, code and demoted headings', async () => {
    const page = await start();
    await ask(page, 'my progress?');
    const body = last(page).locator('.answer-body');
    assert.deepEqual(await body.locator('.markdown th').evaluateAll((all) => all.map((cell) => cell.scope)), Array(5).fill('col'));
    assert.equal(await body.locator('ol > li > ul > li').count(), 2);
    assert.equal(await body.locator('ol > li > pre').count(), 1);
    assert.equal(await body.locator('h4').innerText(), 'Your bench press is moving');
    assert.equal(await body.locator('s').innerText(), 'deload');
    assert.equal(await body.locator('blockquote').count(), 1);
    assert.equal(await body.locator('.markdown a').getAttribute('href'), 'https://example.org/brzycki');
  });
});

describe('charts', () => {
  it('draw the maxima over time with the trend, hover values and arrow keys', async () => {
    const page = await start();
    await ask(page, 'my progress?');
    const chart = last(page).locator('figure.chart');
    assert.equal(await chart.locator('circle.point').count(), 16);
    assert.equal(await chart.locator('line.trend').count(), 1);
    assert.match(await chart.locator('figcaption').innerText(), /Bench Press: estimated 1RM, lb/);
    assert.match(await chart.locator('.legend').innerText(), /\+2\.71 lb a week/);
    const points = chart.locator('circle.point');
    assert.deepEqual(await points.evaluateAll((all) => [all[0], all.at(-1)].map((point) => [point.dataset.date, point.dataset.value])),
      [['2026-09-21', '214.2'], ['2026-11-14', '236.3']]);
    await points.nth(3).hover();
    assert.match(await chart.locator('.tip').innerText(), /219\.4 lb e1RM\s+2 Oct 2026\s+Volume 2,674\.5 lb/);
    await points.first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /^232\.4 lb e1RM, /);
    assert.equal(await chart.locator('circle.point[tabindex="0"]').count(), 1);
    await chart.getByText('Show as table').click();
    assert.equal(await chart.locator('tbody tr').count(), 16);
  });
  it('draw two figures for two results', async () => {
    const page = await start();
    await ask(page, 'both please');
    assert.equal(await last(page).locator('figure.chart').count(), 2);
    assert.equal(await last(page).locator('circle.point').count(), 32);
  });
  it('draw the volume where there is no maximum, and say so', async () => {
    const page = await start();
    await ask(page, 'pull-up please');
    assert.match(await last(page).locator('figcaption').innerText(), /Pull-up: volume per session, lb.*this is the volume/s);
    assert.equal(await last(page).locator('circle.point').count(), 6);
  });
  it('draw a history without a trend', async () => {
    const page = await start();
    await ask(page, 'history please');
    assert.equal(await last(page).locator('circle.point').count(), 5);
    assert.equal(await last(page).locator('line.trend').count(), 0);
  });
  it('draw the week’s sets against the landmarks', async () => {
    const page = await start();
    await ask(page, 'volume please');
    const chart = last(page).locator('figure.chart');
    assert.equal(await chart.locator('g.muscle').count(), 15);
    assert.equal(await chart.locator('rect.band.mav').count(), 14);
    assert.match(await chart.locator('figcaption').innerText(), /16.*22 Nov 2026 \(so far\)/);
    await chart.locator('g.muscle').first().hover();
    assert.match(await chart.locator('.tip').innerText(), /Chest: 14 sets direct\s+In the most productive range\s+MV 4, MEV 6, MAV 12–20, MRV 20–35/);
    await chart.getByText('Show as table').click();
    assert.equal(await chart.locator('tbody tr').count(), 15);
  });
  it('draw nothing for unexpected shapes', async () => {
    const page = await start();
    await ask(page, 'odd please');
    assert.equal(await last(page).locator('figure, .chart-note').count(), 0);
    assert.match(await last(page).innerText(), /Nothing to draw/);
  });
});

describe('reading', () => {
  it('follows the answer at its end; elsewhere a button leads there', async () => {
    const page = await start({ speed: 3 });
    await ask(page, 'a long one', { ended: false });
    const gap = () => page.locator('#scroll').evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
    await until(async () => (await page.locator('#scroll').evaluate((node) => node.scrollTop)) > 100, 'following');
    assert.ok(await gap() < 60);
    await page.locator('#scroll').evaluate((node) => { node.scrollTop = 0; });
    await page.getByRole('button', { name: 'Jump to latest' }).waitFor();
    await page.waitForTimeout(200);
    assert.equal(await page.locator('#scroll').evaluate((node) => node.scrollTop), 0);
    await page.getByRole('button', { name: 'Jump to latest' }).click();
    await until(async () => (await gap()) < 60, 'at the end');
    await answered(page);
    await page.waitForTimeout(100);
    assert.ok(await gap() < 60, 'still there when the answer has ended');
    await page.getByRole('button', { name: 'New chat' }).click();
    await page.waitForTimeout(100);
    assert.ok(await page.getByRole('button', { name: 'Jump to latest' }).isHidden());
  });
  it('is announced: the beginning, the tools, and the whole answer once', async () => {
    const page = await start({ speed: 1 });
    await page.evaluate(() => {
      globalThis.said = [];
      new MutationObserver(() => {
        const { textContent } = document.getElementById('live');
        if (textContent) globalThis.said.push(textContent);
      }).observe(document.getElementById('live'), { childList: true });
    });
    await ask(page, 'volume please');
    await page.waitForTimeout(100);
    const said = await page.evaluate(() => globalThis.said);
    // A screen reader cannot read out a text that is replaced within milliseconds.
    const steps = ['Answering…', 'Checking weekly volume…', 'Checked weekly volume'];
    const answer = said.at(-1);
    assert.match(answer, /^Chest is at 14 sets: in the most/);
    assert.deepEqual(said.slice(0, -1), steps.filter((step) => said.includes(step)));
    assert.ok(said.includes(steps[1]));
    assert.equal(await page.locator('[aria-live], [role=log], [role=status]').count(), 1);
  });
  it('names the model, or the stand-in as such', async () => {
    const page = await start();
    await page.getByText('Offline stand-in, not Claude:').waitFor();
    assert.equal(await page.locator('#model').innerText(), 'offline-stand-in');
  });
  it('is in the theme of the system until another is chosen, which is kept', async () => {
    const page = await start({}, { theme: 'dark' });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.getByRole('button', { name: 'Switch to the light theme' }).click();
    const light = await ground();
    assert.notEqual(light, dark);
    await page.reload();
    assert.equal(await ground(), light);
    await page.getByRole('button', { name: 'Switch to the dark theme' }).click();
    assert.equal(await ground(), dark);
  });
  for (const viewport of [PHONE, { width: 320, height: 568 }]) it(`needs no scrolling sideways at ${viewport.width} pixels`, async () => {
    const page = await start({}, { viewport });
    for (const question of ['my progress?', 'volume please', 'be hostile', `a${'b'.repeat(300)}`]) {
      await ask(page, question);
      const wide = await page.evaluate(() => [document.documentElement, document.getElementById('scroll')].map((node) => node.scrollWidth - node.clientWidth));
      assert.deepEqual(wide, [0, 0], question);
    }
  });
});
