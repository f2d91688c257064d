// Shared parts of the browser tests: the browser, pages with collected faults, and axe.

import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SHOTS = fileURLToPath(new URL('../../target/browser/', import.meta.url));
const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
export const LOW = { width: 844, height: 390 };

// A phone's scroll bars lie over the content, and take no width.
const touch = (viewport) => (viewport === PHONE ? { isMobile: true, hasTouch: true, deviceScaleFactor: 2 } : {});

/** `letters`: the size of letters, in pixels, that its user has set. */
export const launch = ({ letters = 16 } = {}) => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Only on request: the flag replaces Playwright's own, which reports a mouse.
  args: letters === 16 ? FLAGS : [...FLAGS, `--blink-settings=defaultFontSize=${letters}`],
});

/**
 * A page in a context of its own. `faults` collects console errors and warnings, uncaught errors, CSP violations, dialogs,
 * and requests to any other origin than the page's and those of `also`; `allow` holds patterns of console errors that a test
 * provokes itself. `before(page)` is called before the page is loaded.
 */
export async function openPage(browser, url, { viewport = DESKTOP, theme = 'light', allow = [], also = [], before = null, ...more } = {}) {
  const context = await browser.newContext({ viewport, colorScheme: theme, locale: 'en-GB', timezoneId: 'America/Denver', ...touch(viewport), ...more });
  const page = await context.newPage();
  const faults = [];
  const note = (fault) => { if (!allow.some((pattern) => pattern.test(fault))) faults.push(fault); };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) note(`console ${message.type()}: ${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => note(`uncaught: ${error.stack ?? error}`));
  page.on('dialog', (dialog) => {
    note(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    if (![new URL(url).origin, 'data:', ...also].some((known) => request.url().startsWith(known))) note(`foreign request: ${request.url()}`);
  });
  await page.exposeFunction('noteViolation', (words) => note(`CSP: ${words}`));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => {
    globalThis.noteViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
  }));
  await before?.(page);
  await page.goto(url);
  return { page, context, faults, close: () => context.close() };
}

/** The question whether a token of the address is to be used. */
export const accountQuestion = (page) => page.getByRole('dialog', { name: 'Use this account?' });

/** Asks, and waits for the answer's end. */
export async function ask(page, text, { ended = true } = {}) {
  const before = await page.locator('.turn').count();
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.keyboard.press('Enter');
  await page.locator('.turn').nth(before).waitFor();
  if (ended) await answered(page);
}

export const answered = (page, timeout = 20_000) =>
  page.locator('.turn:last-child .ending-place > *').first().waitFor({ timeout });

/** Fails on any serious or critical finding, with what it found. */
export async function checkAccessibility(page, where) {
  // Through the debugger, which the page's Content-Security-Policy does not affect.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const found = grave.map(({ id, help, nodes }) =>
    `${id}: ${help}\n${nodes.slice(0, 4).map((node) => `   ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`).join('\n')}`);
  assert.deepEqual(found, [], where);
  return violations.map(({ id, impact }) => `${impact} ${id}`);
}

export async function shot(page, name) {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}${name}.png` });
}
