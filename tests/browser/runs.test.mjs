// The Runs view: against the mock of the runs service.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { startMock } from './mock/server.mjs';
import { tokenOf } from './mock/data.mjs';
import { startRuns } from './mock/runs.mjs';
import { DESKTOP, LOW, PHONE, accountQuestion, checkAccessibility, launch, openPage, shot } from './support.mjs';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/** A promise, and what resolves it. */
function gate() {
  let open;
  return { shut: new Promise((resolve) => { open = resolve; }), open: () => open() };
}

/** A page and both mocks; `begin` are prompts of runs that are there before. `check` at its end: no faults of the page. */
async function opened({ at = '#runs', begin = [], runs: state = {}, mock: more = {}, ...options } = {}, check) {
  const runs = await startRuns({ speed: 0.2, ...state });
  for (const prompt of begin) await runs.begin(prompt).done;
  const mock = await startMock({ runs: runs.url, ...more });
  const { page, faults, close } = await openPage(browser, `${mock.url}${at}`, { also: [runs.url], ...options });
  try {
    await check({ page, runs, mock });
    assert.deepEqual(faults, [], 'no console error, CSP violation, dialog or foreign request');
  } finally {
    await close();
    await mock.close();
    await runs.close();
  }
}

const rows = (page) => page.getByRole('list', { name: 'Runs' }).getByRole('link');
const status = (page) => page.locator('.run-state .status');
const trace = (page) => page.locator('.trace > li');
const start = async (page, prompt) => {
  await page.getByLabel('New run').fill(prompt);
  await page.getByRole('button', { name: 'Start run' }).click();
};
const ended = (page) => page.getByRole('button', { name: 'Run again' }).waitFor();
const posts = (runs, path) => runs.requests.filter((request) => request.method === 'POST' && request.path === path);
const live = (page) => page.locator('#live');

describe('the views', () => {
  it('are the chat alone without a runs service', async () => {
    const mock = await startMock();
    const { page, faults, close } = await openPage(browser, `${mock.url}#runs`);
    await page.getByText('What are we training today?').waitFor();
    assert.equal(await page.getByRole('navigation', { name: 'Views' }).count(), 0);
    assert.equal(await page.locator('#runs').isVisible(), false);
    assert.deepEqual(faults, []);
    await close();
    await mock.close();
  });

  it('change by their links, by the keyboard, and back', () => opened({ at: '', begin: ['one'] }, async ({ page, runs }) => {
    await page.getByRole('link', { name: 'Runs' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Chat' }).getAttribute('aria-current'), 'page');
    await page.getByRole('link', { name: 'Runs' }).focus();
    assert.equal(runs.requests.length, 0, 'nothing is asked for before it is shown');
    await page.keyboard.press('Enter');
    await rows(page).first().waitFor();
    assert.match(await page.title(), /^Runs/);
    assert.equal(await page.getByRole('link', { name: 'Runs' }).getAttribute('aria-current'), 'page');
    assert.equal(await page.getByLabel('Message', { exact: true }).isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Runs');
    await rows(page).first().focus();
    await page.keyboard.press('Enter');
    await ended(page);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'one');
    await page.goBack();
    await rows(page).first().waitFor();
    await page.goBack();
    await page.getByText('What are we training today?').waitFor();
    assert.equal(await page.title(), 'Prog Strength');
  }));

  it('leave a chat that is being answered alone', () => opened({ at: '', mock: { speed: 0.5 } }, async ({ page, mock }) => {
    await page.getByLabel('Message', { exact: true }).fill('slow');
    await page.keyboard.press('Enter');
    await page.locator('.turn').waitFor();
    await page.getByRole('link', { name: 'Runs' }).click();
    await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(mock.requests[0].closed, false, 'Escape stops what is seen alone');
    await page.getByRole('link', { name: 'Chat' }).click();
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped').waitFor();
  }));
});

describe('the list', () => {
  it('names runs with their status, newest first, and skills with their next times', () => opened({ begin: ['review my week', 'fail this'] }, async ({ page, runs }) => {
    runs.begin('slow one');
    await runs.runs[2].done;
    await page.locator('.status').getByText('Running').waitFor();
    const words = await rows(page).evaluateAll((links) => links.map((link) => [...link.querySelectorAll('.status, .run-name')].map((part) => part.textContent).join(': ')));
    assert.deepEqual(words, ['Running: slow one', 'Failed: fail this', 'Completed: review my week']);
    assert.match(await rows(page).last().innerText(), /2 files · by request/);
    const skill = page.getByRole('list', { name: 'Skills' }).getByRole('listitem');
    assert.match(await skill.innerText(), /weekly-review\s+Reads the training week and writes it down\.\s+Mondays at 07:00 \(Europe\/Zurich\) · calls back\s+Next: 29 Nov 2026, 23:00 · 6 Dec 2026, 23:00 · 13 Dec 2026, 23:00/);
    // What changes is seen without a reload.
    await runs.runs[2].done;
    await page.evaluate((url) => fetch(`${url}/runs/0199d0c2-0000-7000-8000-000000000003/cancel`, { method: 'POST', headers: { authorization: 'Bearer token-1' } }), runs.url);
    await page.locator('.status').getByText('Cancelled').waitFor();
    await live(page).getByText('slow one: cancelled').waitFor({ state: 'attached' });
  }));

  it('shows older runs on request, and moves the focus there', () => opened({ begin: Array.from({ length: 45 }, (_, at) => `fail ${at + 1}`), runs: { speed: 0 } }, async ({ page }) => {
    await rows(page).nth(19).waitFor();
    assert.equal(await rows(page).count(), 20);
    await page.getByRole('button', { name: 'Show older runs' }).click();
    await rows(page).nth(39).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.querySelector('.run-name').textContent), 'fail 25');
    await page.getByRole('button', { name: 'Show older runs' }).click();
    await rows(page).nth(44).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Show older runs' }).count(), 0);
    assert.deepEqual(await rows(page).evaluateAll((links) => links.map((link) => link.querySelector('.run-name').textContent)), Array.from({ length: 45 }, (_, at) => `fail ${45 - at}`));
  }));

  it('says that there are none', () => opened({ runs: { skills: [] } }, async ({ page }) => {
    await page.getByText('No runs yet.').waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Skills' }).count(), 0);
  }));

  it('asks for nothing while the chat is shown', () => opened({ begin: ['one'] }, async ({ page, runs }) => {
    await rows(page).first().waitFor();
    await page.getByRole('link', { name: 'Chat' }).click();
    const asked = runs.requests.length;
    await page.waitForTimeout(2500);
    assert.equal(runs.requests.length, asked);
  }));
});

describe('a run', () => {
  it('is begun with a prompt, and shown as it happens', async () => {
    const { shut, open } = gate();
    await opened({ runs: { hold: shut } }, async ({ page, runs }) => {
      await start(page, 'Review my week');
      await page.locator('.pill[data-state="running"]').waitFor();
      assert.equal(await status(page).innerText(), 'Running');
      assert.match(await trace(page).first().innerText(), /Let me read your week first\./);
      assert.equal(await page.getByText('Working…').isVisible(), true);
      assert.deepEqual(posts(runs, '/webhook').map(({ body }) => ({ ...body, requestId: typeof body.requestId })), [
        { prompt: 'Review my week', requestId: 'string', async: true, metadata: { prompt: 'Review my week' } }]);
      open();
      await ended(page);
      assert.equal(await status(page).innerText(), 'Completed');
      assert.match(await page.getByRole('region', { name: 'Answer' }).innerText(), /chest: 26 direct/);
      const told = (await trace(page).allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());
      assert.deepEqual(told, [
        'Let me read your week first.', 'Looked up workouts 0.1 s', 'Taken up again, attempt 2: interrupted.', 'Wrote a file review.md 0.1 s',
        'Wrote a file week.csv 0.1 s', 'Wrote the answer, above.', 'Kept review.md, 41 bytes', 'Kept week.csv, 28 bytes']);
      assert.equal(await page.getByText('Working…').isVisible(), false);
      await page.locator('.trace summary').first().click();
      assert.match(await trace(page).nth(1).innerText(), /prog_strength__list_workouts[^]*"limit": 30[^]*Bench Press: 3x5 @ 185 lb/);
    });
  });

  it('goes on after each break of the connection, without a gap or a repetition', () => opened({ allow: [/ERR_/], runs: { cut: 2 } }, async ({ page, runs }) => {
    await start(page, 'review');
    await trace(page).nth(7).waitFor();
    await ended(page);
    assert.equal(await trace(page).count(), 8);
    const after = runs.requests.filter(({ path }) => path.endsWith('/events')).map(({ lastEventId }) => lastEventId);
    assert.equal(after[0], null);
    assert.deepEqual(after.slice(1).map(Number), after.slice(1).map((_, at) => 2 * (at + 1)));
    await page.getByText('The connection broke off').waitFor({ state: 'hidden' });
  }));

  it('is shown whole after a reload in the middle', async () => {
    const { shut, open } = gate();
    await opened({ runs: { hold: shut } }, async ({ page }) => {
      await start(page, 'review');
      await page.locator('.pill[data-state="running"]').waitFor();
      await page.reload();
      await page.locator('.pill[data-state="running"]').waitFor();
      assert.equal(await trace(page).count(), 2);
      open();
      await ended(page);
      assert.equal(await trace(page).count(), 8);
    });
  });

  it('is cancelled, and keeps what it had written', () => opened({}, async ({ page, runs }) => {
    await start(page, 'slow');
    await page.locator('.pill[data-state="running"]').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await ended(page);
    assert.equal(await status(page).innerText(), 'Cancelled');
    assert.match(await trace(page).last().innerText(), /unfinished/);
    assert.equal(posts(runs, `/runs/${runs.runs[0].shape.executionId}/cancel`).length, 1);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'slow', 'the focus is not lost with the button');
  }));

  it('is run again as another one', () => opened({ begin: ['review'] }, async ({ page, runs }) => {
    await rows(page).first().click();
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForFunction(() => location.hash.endsWith('2'));
    await ended(page);
    assert.equal(runs.runs.length, 2);
    assert.equal(posts(runs, '/webhook')[0].body.prompt, 'review');
  }));

  it('of a skill begins at once, and again', () => opened({}, async ({ page, runs }) => {
    await page.getByRole('button', { name: 'Run now: weekly-review' }).click();
    await ended(page);
    assert.equal(await page.getByRole('heading', { level: 2 }).innerText(), 'weekly-review');
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForFunction(() => location.hash.endsWith('2'));
    await ended(page);
    const path = '/skills/0199d0c2-0000-7000-8000-00000000aaaa/run';
    const [first, second] = posts(runs, path).map(({ body }) => body);
    assert.equal(first.async, true);
    assert.notEqual(first.requestId, second.requestId);
  }));

  it('has its files as downloads', () => opened({ begin: ['review'] }, async ({ page }) => {
    await rows(page).first().click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'week.csv' }).click()]);
    assert.equal(download.suggestedFilename(), 'week.csv');
    assert.equal(await readFile(await download.path(), 'utf8'), 'date,workout,exercise,sets\r\n');
    assert.match(await page.locator('.file').first().innerText(), /review\.md\s+41 bytes · text\/markdown/);
  }));

  it('that failed says why', () => opened({ begin: ['fail'] }, async ({ page }) => {
    await rows(page).first().click();
    await ended(page);
    assert.match(await page.locator('.card.bad').innerText(), /The run was too large[^]*the run used 1,000,000 tokens/);
    await page.getByRole('heading', { name: 'Trace' }).waitFor({ state: 'hidden' });
  }));

  it('that is not there is said not to be', () => opened({ at: '#runs/0199d0c2-0000-7000-8000-0000000000ff', allow: [/404/] }, async ({ page }) => {
    await page.getByText('There is no such run').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: /Cancel|Run again/ }).count(), 0);
  }));

  it('shows markup as text, wherever it stands', () => opened({}, async ({ page, runs }) => {
    const hostile = '<img src=x onerror="alert(1)">';
    const run = runs.begin(hostile);
    await run.done;
    Object.assign(run.shape, {
      response: `${hostile} [a](javascript:alert(2)) ![p](http://127.0.0.1:1/x.png)`,
      files: [{ name: `${hostile}.md`, url: 'javascript:alert(3)', size: 1, contentType: hostile }, { name: 'lost.md', error: hostile }],
    });
    run.entries.splice(1, 1, { ...run.entries[1], text: hostile });
    await page.reload();
    await rows(page).first().click();
    await ended(page);
    assert.equal(await page.locator('#runs').locator('img, script, [onerror]').count(), 0);
    assert.deepEqual(await page.locator('#runs a').evaluateAll((links) => links.map(({ href }) => href).filter((href) => !/^https?:/.test(href))), []);
    assert.ok((await page.locator('#runs').innerText()).split(hostile).length >= 5);
  }));
});

describe('what goes wrong', () => {
  it('a start that was refused is repeated as the same request', () => opened({ allow: [/503/] }, async ({ page, runs }) => {
    await page.getByText('No runs yet.').waitFor();
    runs.state.refuse = [503, 'busy', { 'Retry-After': '3' }];
    await start(page, 'review');
    const card = page.locator('.run-form .card');
    await card.waitFor();
    assert.match(await card.innerText(), /Too many runs are waiting/);
    assert.equal(await page.getByLabel('New run').inputValue(), 'review', 'the prompt is kept');
    runs.state.refuse = null;
    await card.getByRole('button', { name: 'Try again' }).click();
    await ended(page);
    const ids = posts(runs, '/webhook').map(({ body }) => body.requestId);
    assert.equal(ids.length, 2);
    assert.equal(ids[0], ids[1]);
  }));

  it('an unreachable service is said to be one, and looked for again', () => opened({ allow: [/ERR_/] }, async ({ page, runs, mock }) => {
    await page.getByText('No runs yet.').waitFor();
    await page.route(`${runs.url}/**`, (route) => route.abort());
    await page.reload();
    await page.getByText('The runs service cannot be reached').first().waitFor();
    await page.unroute(`${runs.url}/**`);
    await page.getByRole('button', { name: 'Try again' }).last().click();
    await page.getByText('No runs yet.').waitFor();
    assert.ok(mock.url);
  }));

  it('a demo that was restarted has another token', () => opened({ allow: [/401/] }, async ({ page, runs, mock }) => {
    await page.getByText('No runs yet.').waitFor();
    mock.state.token = runs.state.accepted = 'token-2';
    await start(page, 'review');
    await ended(page);
  }));

  it('without a token asks for one once, and not again', () => opened({ begin: ['one'], mock: { demo: false } }, async ({ page, runs }) => {
    const dialog = page.getByRole('dialog', { name: 'Sign in' });
    await dialog.getByRole('button', { name: 'Not now' }).click();
    await page.getByText('You are not signed in').first().waitFor();
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(runs.requests.length, 0);
    await page.getByRole('button', { name: 'Try again' }).last().click();
    await dialog.getByLabel('Access token').fill('token-1');
    await dialog.getByRole('button', { name: 'Use this token' }).click();
    await rows(page).first().waitFor();
    await page.reload();
    await rows(page).first().waitFor();
    assert.equal(await page.getByText('You are not signed in').count(), 0);
  }));

  it('another account sees nothing of the one before', async () => {
    const tokens = { sam: tokenOf({ sub: 'sam' }), kim: tokenOf({ sub: 'kim' }) };
    await opened({ at: `#token=${tokens.sam}`, begin: ['of sam'], mock: { demo: false }, runs: { accepted: tokens.sam } }, async ({ page, runs }) => {
      await accountQuestion(page).getByRole('button', { name: 'Use this account' }).click();
      await page.getByRole('link', { name: 'Runs' }).click();
      await rows(page).first().waitFor();
      runs.state.accepted = tokens.kim;
      runs.runs.length = 0;
      await page.evaluate((token) => { location.hash = `token=${token}`; }, tokens.kim);
      await accountQuestion(page).getByRole('button', { name: 'Use this account' }).click();
      await page.getByText('What are we training today?').waitFor();
      await page.getByRole('link', { name: 'Runs' }).click();
      await page.getByText('No runs yet.').waitFor();
      assert.equal(await rows(page).count(), 0);
    });
  });
});

describe('accessibility and looks', () => {
  for (const [width, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE, low: LOW })) {
    for (const theme of ['light', 'dark']) {
      it(`${width}, ${theme}`, () => opened({ viewport, theme, begin: ['How is my bench press going?', 'fail', 'review'] }, async ({ page, runs }) => {
        runs.begin('slow');
        await page.getByText('Running').waitFor();
        await checkAccessibility(page, 'list');
        await shot(page, `runs-${width}-${theme}-list`);
        await rows(page).nth(1).click();
        await ended(page);
        await page.locator('.trace summary').first().click();
        await page.getByText('Details').click();
        await checkAccessibility(page, 'run');
        await page.locator('#runs').evaluate((view) => { view.scrollTop = 0; });
        await shot(page, `runs-${width}-${theme}-run`);
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'nothing is wider than the window');
      }));
    }
  }
});
