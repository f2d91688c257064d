// End-to-end tests of the Runs view: `dev` of the binary, its page in Chromium, and the stand-in or a scripted Claude.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { startClaude } from './claude.mjs';
import { startDev, until } from './service.mjs';
import { DESKTOP, PHONE, checkAccessibility, launch, openPage, shot } from './support.mjs';

let browser;
before(async () => { browser = await launch(); });
after(async () => { await browser?.close(); });

/** `dev`, and its page at the Runs view; `check` at its end: no faults of the page, exit code 0. */
async function opened({ env, ...options }, check) {
  const dev = await startDev(env);
  const { page, faults, close } = await openPage(browser, `${dev.url}/#runs`, { also: [dev.runs], ...options });
  try {
    await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
    await check({ dev, page });
    assert.deepEqual(faults, []);
  } finally {
    await close();
    assert.equal(await dev.stop(), 0);
  }
}

const rows = (page) => page.getByRole('list', { name: 'Runs' }).getByRole('link');
const status = (page) => page.locator('.run-state .status').innerText();
const start = async (page, prompt) => {
  await page.getByLabel('New run').fill(prompt);
  await page.getByRole('button', { name: 'Start run' }).click();
};
const ended = (page) => page.getByRole('button', { name: 'Run again' }).waitFor();
const idOf = (page) => page.evaluate(() => location.hash.split('/')[1]);

async function download(page, name) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
  assert.equal(file.suggestedFilename(), name);
  return readFile(await file.path(), 'utf8');
}

for (const [width, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const theme of ['light', 'dark']) {
    describe(`runs of dev with the stand-in, ${width}, ${theme}`, () => {
      it('writes the week into files, from the skill and from a prompt', () => opened({ viewport, theme }, async ({ page }) => {
        const skill = page.getByRole('list', { name: 'Skills' }).getByRole('listitem');
        assert.match(await skill.innerText(), /weekly-review[^]*Mondays at 07:00[^]*Next: .+ · .+ · /);
        await page.getByRole('button', { name: 'Run now: weekly-review' }).click();
        await ended(page);
        assert.equal(await status(page), 'Completed');
        assert.equal(await page.getByRole('heading', { level: 2 }).innerText(), 'weekly-review');
        const pills = await page.locator('.trace .pill-words').allInnerTexts();
        assert.deepEqual(pills, ['Looked up workouts', 'Checked weekly volume', 'Checked weekly volume', 'Wrote a file', 'Wrote a file']);
        assert.match(await download(page, 'review.md'), /^# The week from [^]*## Workouts\n\n### \d{4}-\d\d-\d\d [^]*## Volume\n/);
        const table = (await download(page, 'week.csv')).split('\r\n');
        assert.equal(table[0], 'date,workout,exercise,sets');
        assert.ok(table.length > 5, table.join('\n'));
        await checkAccessibility(page, 'run');
        await shot(page, `runs-whole-${width}-${theme}-run`);

        await page.getByRole('link', { name: 'All runs' }).click();
        await start(page, 'What weight should I use for squats today?');
        await ended(page);
        assert.match(await page.locator('#runs').innerText(), /Barbell Back Squat: next/);
        const first = await idOf(page);
        await page.getByRole('button', { name: 'Run again' }).click();
        await page.waitForFunction((first) => !location.hash.endsWith(first), first);
        await ended(page);
        assert.notEqual(await idOf(page), first);
        await page.getByRole('link', { name: 'All runs' }).click();
        await rows(page).nth(2).waitFor();
        assert.deepEqual(await page.locator('.run-name').allInnerTexts(), ['What weight should I use for squats today?', 'What weight should I use for squats today?', 'weekly-review']);
        await checkAccessibility(page, 'list');
        await shot(page, `runs-whole-${width}-${theme}-list`);
      }));
    });
  }
}

describe('runs of dev with a scripted Claude', () => {
  const slow = () => startClaude({ paceMs: 20, answer: (asked) => (asked.includes('short') ? ['All ', 'good.'] : Array(100).fill('word ')) });

  it('go on while the page is reloaded', async () => {
    const claude = await slow();
    await opened({ env: { ANTHROPIC_BASE_URL: claude.url } }, async ({ page }) => {
      await start(page, 'talk');
      await until('Claude is asked', () => claude.state.asked === 1);
      await page.locator('.status').getByText('Running').waitFor();
      await page.reload();
      await page.locator('.status').getByText('Running').waitFor();
      await ended(page);
      assert.equal(await status(page), 'Completed');
      assert.match(await page.getByRole('region', { name: 'Answer' }).innerText(), /word word/);
      assert.deepEqual([claude.state.asked, claude.state.hungUp], [1, 0]);
    });
    claude.close();
  });

  it('are cancelled, at Claude too', async () => {
    const claude = await slow();
    await opened({ env: { ANTHROPIC_BASE_URL: claude.url } }, async ({ page }) => {
      await start(page, 'talk');
      await until('Claude is asked', () => claude.state.asked === 1);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await ended(page);
      assert.equal(await status(page), 'Cancelled');
      await until('Claude is hung up on', () => claude.state.hungUp === 1);
      await page.getByRole('link', { name: 'All runs' }).click();
      await page.locator('.status').getByText('Cancelled').waitFor();
    });
    claude.close();
  });

  it('are seen by their owner alone', async () => {
    const claude = await slow();
    await opened({ env: { ANTHROPIC_BASE_URL: claude.url } }, async ({ dev, page }) => {
      await start(page, 'short');
      await ended(page);
      const url = `${dev.runs}/runs/${await idOf(page)}`;
      const asked = (headers) => fetch(url, { headers }).then(({ status }) => status);
      assert.equal(await asked({ authorization: `Bearer ${dev.token}` }), 200);
      assert.equal(await asked({}), 401);
    });
    claude.close();
  });
});

describe('a page of another origin', () => {
  it('does not reach the runs server', async () => {
    const dev = await startDev();
    const other = await startDev();
    const page = await (await browser.newContext()).newPage();
    await page.goto(other.url);
    const asked = await page.evaluate(([url, token]) => fetch(`${url}/runs`, { headers: { authorization: `Bearer ${token}` } })
      .then(({ status }) => status, (error) => error.name), [dev.runs, dev.token]);
    assert.equal(asked, 'TypeError');
    await page.context().close();
    await dev.stop();
    await other.stop();
  });
});
