// Accessibility: axe reports no serious violation, in both themes, at desktop and phone widths, and in a low window. Saves a
// screenshot of each.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { startMock } from './mock/server.mjs';
import { tokenOf } from './mock/data.mjs';
import { DESKTOP, LOW, PHONE, accountQuestion, ask, checkAccessibility, launch, openPage, shot } from './support.mjs';

describe('accessibility', () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(async () => { await browser?.close(); });

  for (const [width, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE, low: LOW })) {
    for (const theme of ['light', 'dark']) {
      it(`${width}, ${theme}`, async () => {
        const mock = await startMock({ speed: 0.2 });
        const { page, faults, close } = await openPage(browser, mock.url, { viewport, theme, allow: [/status of 503/] });
        const look = async (name) => {
          await shot(page, `${width}-${theme}-${name}`);
          await checkAccessibility(page, `${width} ${theme} ${name}`);
        };
        await page.getByText('Offline stand-in, not Claude:').waitFor();
        await look('empty');
        await ask(page, 'How’s my bench press progress over the last 2 months?');
        await look('answer');
        await page.locator('.turn').last().evaluate((node) => node.scrollIntoView());
        await page.locator('circle.point').nth(9).focus();
        await look('chart');
        await ask(page, 'Am I doing too much volume?');
        await page.getByText('Show as table').last().click();
        await look('volume-table');
        await page.locator('.turn:last-child .answer').evaluate((node) => node.scrollIntoView());
        await page.locator('g.muscle').nth(3).focus();
        await look('volume');
        await ask(page, 'log bench, please');
        await page.locator('.pill summary').nth(2).click();
        await ask(page, 'error model_overloaded');
        await look('error');
        Object.assign(mock.state, { demo: false, accepted: 'another' });
        await page.reload();
        await page.getByRole('dialog').waitFor();
        await look('dialog');
        await page.goto('about:blank');
        await page.goto(`${mock.url}#token=${tokenOf({ sub: '3f2b1c9e-0d4a-4e57-9d0c-2f9a8f1f7c11', name: 'Sam Smith', iat: 1_790_000_000, exp: 4_102_444_800 })}`);
        await accountQuestion(page).waitFor();
        await look('account');
        assert.deepEqual(faults, []);
        await close();
        await mock.close();
      });
    }
  }
});
