// Edge cases of the page: invalid tokens, double clicks, touch, low windows, large text, extreme figures.

import { after, afterEach, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { startMock } from './mock/server.mjs';
import { progress, tokenOf, volume } from './mock/data.mjs';
import { PHONE, accountQuestion, answered, ask, launch, openPage, shot } from './support.mjs';

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

const REFUSED = [/Failed to load resource: the server responded with a status of (4|5)\d\d/, /net::ERR/];
async function start(state = {}, options = {}) {
  mock = await startMock({ speed: 0.3, ...state });
  open = await openPage(browser, mock.url, { allow: REFUSED, ...options });
  return open.page;
}
const last = (page) => page.locator('.turn').last();
const field = (page) => page.getByLabel('Message', { exact: true });
const until = async (check, what) => {
  for (let left = 200; left > 0; left -= 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`never: ${what}`);
};
const messages = (at) => mock.requests[at].body.messages;
/** A mock's answer: the tool's structured result, then a word. */
const result = (name, ...structured) => async ({ write, model }) => {
  write({ type: 'model_chosen', model });
  structured.forEach((one, at) => {
    write({ type: 'tool_use_start', id: `t${at}`, name });
    write({ type: 'tool_use', id: `t${at}`, name, input: {} });
    write({ type: 'tool_result', id: `t${at}`, name, is_error: false, duration_ms: 1, structured: one });
  });
  write({ type: 'text_delta', text: 'There.' });
  write({ type: 'done', stop_reason: 'end_turn', model, content: [], messages: [], usage: {}, request_id: 'r' });
};

describe('a photo', () => {
  /** A picture of that many pixels as a file, made in the page so that no test data is needed. */
  const choose = (page, width, height, type, name, noise = false) => page.evaluate(async ([width, height, type, name, noise]) => {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    context.fillStyle = 'teal';
    context.fillRect(0, 0, width, height);
    if (noise) {
      const pixels = context.getImageData(0, 0, width, height);
      pixels.data.forEach((_, at) => { if (at % 4 < 3) pixels.data[at] = Math.random() * 256; });
      context.putImageData(pixels, 0, 0);
    }
    const given = new DataTransfer();
    const file = new File([await canvas.convertToBlob({ type, quality: 0.95 })], name, { type });
    given.items.add(file);
    const input = document.getElementById('file');
    input.files = given.files;
    input.dispatchEvent(new Event('change'));
    return file.size;
  }, [width, height, type, name, noise]);
  /** From now on decoding takes until `release()`. */
  const slowly = (page) => page.evaluate(() => {
    const real = globalThis.createImageBitmap;
    globalThis.releases = [];
    globalThis.createImageBitmap = async (...given) => {
      await new Promise((resolve) => globalThis.releases.push(resolve));
      return real(...given);
    };
  });
  const release = (page, at) => page.evaluate((at) => globalThis.releases[at](), at);
  const waiting = (page, count) => until(() => page.evaluate((count) => globalThis.releases.length === count, count), 'a photo being read');

  it('that is still being read is waited for, and goes with its message', async () => {
    const page = await start();
    await slowly(page);
    await choose(page, 40, 30, 'image/png', 'lift.png');
    await page.getByText('Reading the photo…').waitFor();
    await waiting(page, 1);
    await field(page).fill('what is it?');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(100);
    assert.equal(mock.requests.length, 0);
    await release(page, 0);
    await until(() => mock.requests.length === 1, 'the request');
    assert.deepEqual(messages(0)[0].content.map((block) => block.type), ['image', 'text']);
    assert.equal(await page.locator('#attached > *').count(), 0);
  });
  it('that comes too late, after another or its removal, is dropped', async () => {
    const page = await start();
    await slowly(page);
    await choose(page, 40, 30, 'image/png', 'one.png');
    await waiting(page, 1);
    await choose(page, 40, 30, 'image/png', 'two.png');
    await waiting(page, 2);
    await release(page, 1);
    await page.getByRole('img', { name: 'Photo to be sent: two.png' }).waitFor();
    await release(page, 0);
    await page.waitForTimeout(100);
    assert.equal(await page.getByRole('img', { name: 'Photo to be sent: two.png' }).count(), 1);
    await choose(page, 40, 30, 'image/png', 'three.png');
    await waiting(page, 3);
    await page.getByRole('button', { name: 'Remove the photo' }).click();
    await release(page, 2);
    await page.waitForTimeout(100);
    assert.equal(await page.locator('#attached > *').count(), 0);
  });
  it('that is large is sent as a smaller JPEG; a small PNG as it is', async () => {
    const page = await start();
    for (const [width, height, type, media, edge] of [[3000, 1200, 'image/jpeg', 'image/jpeg', 1568], [2000, 100, 'image/png', 'image/jpeg', 1568], [800, 600, 'image/png', 'image/png', 800]]) {
      await choose(page, width, height, type, 'a');
      await page.locator('#attached img').waitFor();
      await ask(page, 'look');
      const { source } = mock.requests.at(-1).body.messages.at(-1).content[0];
      assert.equal(source.media_type, media);
      const size = await page.evaluate(async (url) => {
        const image = new Image();
        image.src = url;
        await image.decode();
        return [image.naturalWidth, image.naturalHeight];
      }, `data:${source.media_type};base64,${source.data}`);
      assert.deepEqual(size, [edge, Math.round((height * edge) / width)]);
    }
    const before = await choose(page, 900, 900, 'image/png', 'noise', true);
    await page.locator('#attached img').waitFor();
    await ask(page, 'look');
    const { source } = mock.requests.at(-1).body.messages.at(-1).content[0];
    assert.ok(before < 5 * 2 ** 20 && source.media_type === 'image/jpeg' && source.data.length * 0.75 < before);
  });
  it('and its text come back when the service or the model refuses them, and spoil nothing', async () => {
    const page = await start();
    for (const [question, words] of [['error invalid_request', /cannot take this message/], ['event model_error for good', /model could not answer/]]) {
      await choose(page, 40, 30, 'image/png', 'lift.png');
      await page.locator('#attached img').waitFor();
      await ask(page, question);
      assert.match(await last(page).innerText(), words);
      assert.equal(await last(page).getByRole('button', { name: 'Try again' }).count(), 0);
      assert.equal(await last(page).getByRole('button', { name: 'New chat' }).count(), 1);
      assert.equal(await field(page).inputValue(), question);
      await page.getByRole('img', { name: 'Photo to be sent: lift.png' }).waitFor();
      await page.getByRole('button', { name: 'Remove the photo' }).click();
    }
    await ask(page, 'hello');
    assert.deepEqual(mock.requests.at(-1).body.messages, [{ role: 'user', content: 'hello' }]);
  });
  it('that comes beside a text, as cells of a spreadsheet do, is left out', async () => {
    const page = await start();
    const paste = (text) => page.evaluate((text) => {
      const given = new DataTransfer();
      given.items.add(new File([new Uint8Array([0x89, 0x50])], 'cells.png', { type: 'image/png' }));
      if (text) given.setData('text/plain', text);
      return document.getElementById('message').dispatchEvent(new ClipboardEvent('paste', { clipboardData: given, bubbles: true, cancelable: true }));
    }, text);
    assert.equal(await paste('bench\t185'), true, 'the browser pastes the text');
    assert.equal(await page.locator('#attached > *').count(), 0);
    assert.equal(await paste(''), false);
  });
});

describe('the button', () => {
  it('that stops does not send what is written when it is clicked twice; Enter does', async () => {
    const page = await start({ speed: 1 });
    await ask(page, 'slow please', { ended: false });
    await last(page).locator('.markdown').waitFor();
    await field(page).fill('a draft');
    await page.getByRole('button', { name: 'Stop' }).dblclick();
    await last(page).getByText('Stopped.').waitFor();
    assert.equal(await field(page).inputValue(), 'a draft');
    await field(page).press('Enter');
    await until(() => mock.requests.length === 2, 'the draft, sent with Enter');
  });
  it('that sends does not stop the answer when it is clicked twice', async () => {
    const page = await start();
    await field(page).fill('hello');
    await page.getByRole('button', { name: 'Send' }).dblclick();
    await answered(page);
    assert.match(await last(page).innerText(), /You asked: hello/);
  });
  it('stops while the configuration does not come', async () => {
    const page = await start({ silent: true });
    await ask(page, 'hello', { ended: false });
    await page.waitForTimeout(300);
    await page.getByRole('button', { name: 'Stop' }).click();
    await last(page).getByText('Stopped.').waitFor({ timeout: 2000 });
  });
});

describe('a question that was stopped', () => {
  it('is closed before the next one, so that it is not done along with it', async () => {
    const page = await start({ speed: 30 });
    await ask(page, 'log bench 3x5', { ended: false });
    await page.keyboard.press('Escape');
    await last(page).getByText('Stopped.').waitFor();
    mock.state.speed = 0.1;
    await ask(page, 'what exercises do I have?');
    assert.deepEqual(mock.requests.at(-1).body.messages, [
      { role: 'user', content: 'log bench 3x5' },
      { role: 'assistant', content: '(The user stopped this before it was answered; nothing was done.)' },
      { role: 'user', content: 'what exercises do I have?' },
    ]);
  });
});

describe('a token', () => {
  const production = { demo: false, kind: 'anthropic', accepted: 'good' };
  it('that no header can carry is refused in words, from the form, the address and the storage', async () => {
    const page = await start(production);
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Access token').fill('tokén…');
    await page.keyboard.press('Enter');
    assert.match(await dialog.getByRole('alert').innerText(), /no access token/);
    await page.evaluate(() => sessionStorage.setItem('prog-strength.token', 'a\nb'));
    await page.goto('about:blank');
    await page.goto(`${mock.url}#token=a%0Ab`);
    await page.getByText('What the address holds is no access token').waitFor();
    assert.equal(page.url(), mock.url);
    await dialog.getByLabel('Access token').fill('good');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'hidden' });
    await ask(page, 'hello');
    assert.match(await last(page).innerText(), /You asked: hello/);
  });
  it('that the service refuses is not kept', async () => {
    const page = await start({ ...production, accepted: 'another' });
    await page.getByLabel('Access token').fill('old');
    await page.keyboard.press('Enter');
    await ask(page, 'hello', { ended: false });
    await page.getByText(/did not accept the last token/).waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('prog-strength.token')), null);
  });
  it('in an address takes over from another only when wanted, and with a new chat', async () => {
    const [sam, eve, joe] = ['sam', 'eve', 'joe'].map((sub) => tokenOf({ sub }));
    const page = await start({ ...production, accepted: sam });
    await page.goto('about:blank');
    await page.goto(`${mock.url}#token=${sam}`);
    const question = accountQuestion(page);
    const use = question.getByRole('button', { name: 'Use this account' });
    await use.click();
    await ask(page, 'hello');
    const follow = (token) => page.evaluate((token) => { location.hash = `token=${token}`; }, token);
    await follow(sam);
    await follow(eve);
    await question.waitFor();
    assert.match(await question.locator('dl').innerText(), /Account\s+eve\s.*Signed in now\s+sam/s);
    await question.getByRole('button', { name: 'Keep the current one' }).click();
    await ask(page, 'again');
    assert.deepEqual([mock.requests.at(-1).authorization, await page.locator('.turn').count()], [`Bearer ${sam}`, 2]);
    await follow(eve);
    await use.click();
    mock.state.accepted = eve;
    await page.getByRole('heading', { name: 'What are we training today?' }).waitFor();
    assert.ok(await page.getByRole('button', { name: 'Bring back the last chat' }).isHidden());
    await ask(page, 'who am I?');
    assert.deepEqual([mock.requests.at(-1).authorization, messages(mock.requests.length - 1).length], [`Bearer ${eve}`, 1]);
    await page.goto('about:blank');
    await page.goto(`${mock.url}#token=${joe}`);
    await question.waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.turn').count(), 1);
    assert.match(await page.locator('#account').innerText(), /eve$/);
  });
  it('that renews the account keeps the conversation', async () => {
    const [old, fresh] = [1, 2].map((iat) => tokenOf({ sub: 'sam', iat }));
    const page = await start({ ...production, accepted: fresh });
    await page.goto('about:blank');
    await page.goto(`${mock.url}#token=${old}`);
    await accountQuestion(page).getByRole('button', { name: 'Use this account' }).click();
    await ask(page, 'hello', { ended: false });
    await page.getByText(/did not accept the last token/).waitFor();
    assert.equal(await page.locator('#account').innerText(), 'Not signed in');
    await page.evaluate((token) => { location.hash = `token=${token}`; }, fresh);
    await accountQuestion(page).getByRole('button', { name: 'Use this account' }).click();
    await last(page).getByText('You asked: hello').waitFor();
    assert.equal(await page.locator('.turn').count(), 1);
  });
  it('cannot put markup, a reordered or an endless name into the page', async () => {
    const page = await start(production);
    await page.goto('about:blank');
    const token = tokenOf({ sub: `<img src=x onerror=alert(1)>\u202egnp.exe\n${'W'.repeat(5000)}` });
    await page.setViewportSize({ width: 320, height: 480 });
    await page.goto(`${mock.url}#token=${token}`);
    const question = accountQuestion(page);
    await question.waitFor();
    assert.match(await page.locator('#account-new').innerText(), /^<img src=x onerror=alert\(1\)>…W{11}$/);
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    assert.ok(await fits());
    await question.getByRole('button', { name: 'Use this account' }).click();
    assert.ok(await fits());
    assert.equal(await page.locator('img[src="x"]').count(), 0);
  });
  it('shows its account at every size of the window', async () => {
    const page = await start({ ...production, token: null });
    await page.goto('about:blank');
    await page.goto(`${mock.url}#token=${tokenOf({ sub: 'sam' })}`);
    await accountQuestion(page).getByRole('button', { name: 'Use this account' }).click();
    for (const [width, height] of [[1280, 800], [390, 844], [320, 480], [844, 390], [240, 320]]) {
      await page.setViewportSize({ width, height });
      const box = await page.locator('#account bdi').boundingBox();
      assert.ok(box && box.width > 15 && box.x + box.width <= width, `${width}x${height}: ${JSON.stringify(box)}`);
      await shot(page, `account-${width}x${height}`);
    }
  });
});

describe('the tab', () => {
  it('begins anew when it cannot show what it has kept', async () => {
    const page = await start();
    await ask(page, 'hello');
    await page.evaluate(() => addEventListener('pagehide', () => {
      const key = Object.keys(sessionStorage).find((name) => name.startsWith('prog-strength.chat'));
      sessionStorage.setItem(key, '{"history":[],"turns":[{"question":"x","parts":[{"kind":"text","text":7},null],"outcome":{}}]}');
    }));
    await page.reload();
    await page.getByRole('heading', { name: 'What are we training today?' }).waitFor();
    await ask(page, 'still there?');
    assert.equal(await page.locator('.turn').count(), 1);
  });
  it('announces an answer, and then takes it away from the page’s end', async () => {
    const page = await start();
    await ask(page, 'hello');
    const live = () => page.locator('#live').textContent();
    await until(async () => /You asked: hello/.test(await live()), 'the announcement');
    await page.waitForTimeout(5200);
    assert.equal(await live(), '');
  });
  it('prints the whole conversation', async () => {
    const page = await start();
    await ask(page, 'a long one');
    await ask(page, 'my progress?');
    await page.emulateMedia({ media: 'print' });
    assert.ok(await page.evaluate(() => document.body.scrollHeight > 1500 && getComputedStyle(document.getElementById('scroll')).overflowY === 'visible'));
    assert.ok(await page.locator('#composer').isHidden());
    assert.ok((await page.pdf()).toString('latin1').match(/\/Type\s*\/Page\b/g).length >= 3);
  });
});

describe('a tooltip', () => {
  it('by touch stays until a tap elsewhere or until the page scrolls', async () => {
    const page = await start({}, { viewport: PHONE });
    await ask(page, 'my progress?');
    const chart = last(page).locator('figure.chart');
    const tip = chart.locator('.tip');
    await chart.scrollIntoViewIfNeeded();
    const tap = () => chart.locator('circle.point').nth(6).tap();
    await tap();
    await page.waitForTimeout(200);
    assert.ok(await tip.isVisible());
    await chart.locator('figcaption').tap();
    assert.ok(await tip.isHidden());
    await tap();
    assert.ok(await tip.isVisible());
    await page.locator('#scroll').evaluate((node) => { node.scrollTop -= 40; });
    await until(() => tip.isHidden(), 'hidden by scrolling');
  });
  it('by mouse goes with it, and with Escape, which then stops nothing', async () => {
    const page = await start({ speed: 1 });
    await ask(page, 'my progress?');
    const chart = page.locator('figure.chart');
    await ask(page, 'slow please', { ended: false });
    await page.locator('#scroll').evaluate((node) => { node.scrollTop = 0; });
    await chart.locator('circle.point').nth(3).hover();
    assert.ok(await chart.locator('.tip').isVisible());
    await page.keyboard.press('Escape');
    assert.ok(await chart.locator('.tip').isHidden());
    assert.equal(await page.getByRole('button', { name: 'Stop' }).count(), 1);
    await page.keyboard.press('Escape');
    await last(page).getByText('Stopped.').waitFor();
    await chart.locator('circle.point').nth(3).hover();
    await page.mouse.move(2, 2);
    assert.ok(await chart.locator('.tip').isHidden());
  });
});

describe('a growing table', () => {
  it('stays scrolled sideways to where it was, with its focus', async () => {
    const cells = (count, word) => `|${` ${word} |`.repeat(count)}\n`;
    let go;
    const more = new Promise((resolve) => { go = resolve; });
    const page = await start({ answer: async ({ write, model }) => {
      write({ type: 'model_chosen', model });
      write({ type: 'text_delta', text: cells(30, 'heading') + cells(30, '-') + cells(30, 'value') });
      await more;
      write({ type: 'text_delta', text: cells(30, 'another') });
      write({ type: 'done', stop_reason: 'end_turn', model, content: [], messages: [], usage: {}, request_id: 'r' });
    } });
    await ask(page, 'table', { ended: false });
    const table = last(page).locator('.wide');
    await table.evaluate((node) => {
      node.focus();
      node.scrollLeft = 150;
    });
    go();
    await answered(page);
    assert.equal(await table.locator('tbody tr').count(), 2);
    assert.deepEqual(await table.evaluate((node) => [node.scrollLeft, node === document.activeElement]), [150, true]);
  });
});

describe('room', () => {
  for (const [width, height] of [[320, 200], [640, 400], [844, 390]]) it(`to read is left at ${width} × ${height}`, async () => {
    const page = await start({}, { viewport: { width, height } });
    await page.getByText('Offline stand-in, not Claude:').waitFor();
    await shot(page, `low-${width}-empty`);
    await ask(page, 'hello');
    await field(page).fill('one\n'.repeat(20));
    await shot(page, `low-${width}-answer`);
    const [main, whole] = await page.evaluate(() => [document.getElementById('scroll').clientHeight, innerHeight]);
    assert.ok(main >= whole * 0.35, `${main} of ${whole}`);
    assert.ok(await page.locator('#keys').isHidden());
  });
  const sideways = (page) => page.evaluate(() => [document.documentElement, document.getElementById('scroll')].map((node) => node.scrollWidth - node.clientWidth));
  /** What of the letters of the drawings lies outside of them, or on each other. */
  const crowded = (page) => page.evaluate(() => [...document.querySelectorAll('.plot svg')].flatMap((drawing) => {
    const frame = drawing.getBoundingClientRect();
    const all = [...drawing.querySelectorAll('text')].map((node) => ({ words: node.textContent, box: node.getBoundingClientRect() }));
    const outside = all.filter(({ box }) => box.left < frame.left - 1 || box.right > frame.right + 1).map(({ words }) => `outside: ${words}`);
    const over = (a, b) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
    return [...outside, ...all.flatMap((one, at) => all.slice(at + 1).filter((other) => over(one.box, other.box)).map((other) => `${one.words} over ${other.words}`))];
  }));
  let large;
  after(async () => { await large?.close(); });
  const withLetters = async (size, width) => {
    await large?.close();
    large = await launch({ letters: size });
    mock = await startMock({ speed: 0.3 });
    open = await openPage(large, mock.url, { viewport: { width, height: 800 } });
    assert.equal(await open.page.evaluate(() => getComputedStyle(document.documentElement).fontSize), `${size}px`);
    return open.page;
  };
  for (const [width, size] of [[1280, 16], [390, 16], [320, 16], [1280, 32], [700, 24], [390, 32], [320, 32]]) {
    it(`for the letters of the charts is there at ${width} pixels and letters of ${size}`, async () => {
      const page = await withLetters(size, width);
      await ask(page, 'my progress?');
      await ask(page, 'volume please');
      await page.locator('g.muscle').first().waitFor();
      await last(page).locator('.answer').evaluate((node) => node.scrollIntoView());
      await shot(page, `letters-${size}-${width}-volume`);
      assert.deepEqual(await sideways(page), [0, 0]);
      assert.deepEqual(await crowded(page), []);
    });
    it(`for extreme figures is there at ${width} pixels and letters of ${size}`, async () => {
      const page = await withLetters(size, width);
      const points = (...all) => ({ ...progress, points: all.map(([date, e1rm]) => ({ date, volume: 1e7, e1rm })) });
      mock.state.answer = result('analyze_progress', points(['2026-01-01', 1e7], ['2026-11-14', 1e6]), points(['1970-01-01', 1], ['2026-11-14', 1e308], ['2026-11-15', 9_999_999]));
      await ask(page, 'points');
      const long = { ...volume.muscles[0], muscle: 'a_very_long_name_of_a_muscle_that_is_none', direct: 1e7, fractional: 1e7 };
      mock.state.answer = result('check_volume_landmarks', { ...volume, muscles: [long, ...volume.muscles.slice(1, 3), { muscle: 'neck', direct: 1e308, fractional: 2 }] });
      await ask(page, 'sets');
      await page.locator('g.muscle').nth(2).waitFor();
      assert.equal(await page.locator('g.muscle').count(), 3);
      await last(page).locator('.answer').evaluate((node) => node.scrollIntoView());
      await shot(page, `extreme-${size}-${width}`);
      assert.match(await page.locator('g.muscle').first().getAttribute('aria-label'), /A very long name of a muscle that is none/);
      assert.match(await page.locator('g.muscle .name').first().textContent(), /^A very.*…$/);
      assert.deepEqual(await sideways(page), [0, 0]);
      assert.deepEqual(await crowded(page), []);
    });
  }
});
