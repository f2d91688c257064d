// The workout server's charts in the chat of an MCP host (MCP Apps): a view in a sandbox, and the messages between both.

import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Ajv from 'ajv/dist/2020.js';
import { DESKTOP, PHONE, checkAccessibility, launch, openPage, shot } from './support.mjs';
import { startHost, startWorkouts } from './mcphost.mjs';

const SCHEMA = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('@modelcontextprotocol/ext-apps/schema.json'), 'utf8'));
const ajv = new Ajv({ strict: false, schemas: [SCHEMA] });
/** Fails unless a message is as the protocol's own package has it. */
function conforms(name, message) {
  const validate = ajv.getSchema(`${SCHEMA.$id}#/$defs/${name}`);
  assert.ok(validate(message), `${name}: ${JSON.stringify(message)} ${JSON.stringify(validate.errors)}`);
}
const KINDS = {
  'ui/initialize': 'McpUiInitializeRequest',
  'ui/notifications/initialized': 'McpUiInitializedNotification',
  'ui/notifications/size-changed': 'McpUiSizeChangedNotification',
};
const DAY = 86_400_000;
const BENCH = { exercise: 'barbell-bench-press' };
const CALLS = { analyze_progress: { ...BENCH, time_period_days: 90 }, get_exercise_history: BENCH, check_volume_landmarks: {} };

let browser, server, site, views;
before(async () => {
  [browser, server, site] = await Promise.all([launch(), startWorkouts(), startHost()]);
  for (let week = 5; week >= 0; week -= 1) {
    const sets = [100, 102.5, 105].map((weight) => ({ reps: 5, weight: weight - week, unit: 'kg' }));
    const performed_at = new Date(Date.now() - week * 7 * DAY).toISOString();
    const { isError, content } = await server.call('create_workout', { exercises: [{ exercise_id: 'barbell-bench-press', sets }], performed_at });
    assert.ok(!isError, JSON.stringify(content));
  }
  const { tools } = await server.request('tools/list');
  views = {};
  for (const { name, _meta } of tools.filter(({ _meta }) => _meta?.ui)) {
    conforms('McpUiToolMeta', _meta.ui);
    const { contents: [content] } = await server.request('resources/read', { uri: _meta.ui.resourceUri });
    assert.equal(content.mimeType, 'text/html;profile=mcp-app');
    conforms('McpUiResourceMeta', content._meta.ui);
    views[name] = content.text;
  }
});
after(() => Promise.all([browser?.close(), server?.stop(), site?.stop()]));

/** A page of the host with the view of a tool: its frame, and what it has said. */
async function shown(tool, { context = { theme: 'light' }, ...options } = {}) {
  const opened = await openPage(browser, site.url, { also: ['about:'], ...options });
  const { page } = opened;
  await page.evaluate(([html, context]) => globalThis.host.show(html, context), [views[tool], context]);
  const heard = () => page.evaluate(() => globalThis.host.heard);
  await page.waitForFunction(() => globalThis.host.heard.some(({ method }) => method === 'ui/notifications/initialized'));
  return { ...opened, view: page.frameLocator('iframe[title="View"]'), heard, send: (message) => page.evaluate((message) => globalThis.host.send(message), message) };
}

const resultOf = (params) => ({ method: 'ui/notifications/tool-result', params });

describe('views of tool results', () => {
  it('are offered by three tools', () => assert.deepEqual(Object.keys(views).sort(), Object.keys(CALLS).sort()));

  for (const [tool, args] of Object.entries(CALLS)) {
    it(`${tool}: draw the result as the page does, without a fault`, async () => {
      for (const [viewport, theme] of [[DESKTOP, 'light'], [PHONE, 'dark']]) {
        const { page, view, heard, send, faults, close } = await shown(tool, { viewport, context: { theme } });
        await view.getByText('Waiting for the result.').waitFor();
        await send({ method: 'ui/notifications/tool-input', params: { arguments: args } });
        const result = await server.call(tool, args);
        await send(resultOf(result));
        await view.locator('figure.chart svg').waitFor();
        const marks = tool === 'check_volume_landmarks' ? view.locator('.muscle[data-muscle="chest"]') : view.locator('circle.point');
        assert.equal(await marks.count(), tool === 'check_volume_landmarks' ? 1 : 6);
        if (tool === 'analyze_progress') {
          const drawn = await marks.evaluateAll((points) => points.map(({ dataset }) => [dataset.date, Number(dataset.value)]));
          assert.deepEqual(drawn, result.structuredContent.points.map(({ date, e1rm }) => [date, e1rm]));
          assert.equal(await view.locator('line.trend').count(), 1);
        }
        // The host's theme, and a tooltip: the figure's own style and script are there.
        const ground = await view.locator('body').evaluate((body) => getComputedStyle(body).backgroundColor);
        assert.equal(ground, theme === 'dark' ? 'rgb(28, 31, 34)' : 'rgb(255, 255, 255)');
        await marks.last().hover();
        await view.locator('.tip').waitFor({ state: 'visible' });
        await view.getByText('Show as table').click();
        await view.locator('table tbody tr').first().waitFor();
        // The host gives the view the height that it asks for.
        await page.waitForFunction(() => {
          const last = globalThis.host.heard.findLast(({ method }) => method === 'ui/notifications/size-changed');
          return last?.params.height > 200;
        });
        await page.waitForFunction(() => document.querySelector('iframe').clientHeight > 250);
        for (const { jsonrpc, id, ...message } of await heard()) {
          assert.equal(jsonrpc, '2.0');
          assert.ok(Object.hasOwn(KINDS, message.method), message.method);
          conforms(KINDS[message.method], message);
        }
        await shot(page, `app-${tool}-${theme}`);
        await checkAccessibility(page, tool);
        assert.deepEqual(faults, []);
        await close();
      }
    });
  }

  it('show the text of an error, of a result without a chart, and of a cancelled call', async () => {
    const { view, send, faults, close } = await shown('analyze_progress');
    const unknown = await server.call('analyze_progress', { exercise: 'nothing like it' });
    assert.ok(unknown.isError);
    await send(resultOf(unknown));
    await view.getByText(unknown.content[0].text).waitFor();
    await send(resultOf({ content: [{ type: 'text', text: 'Nothing logged' }], structuredContent: { name: 'Squat', unit: 'kg', points: [] } }));
    await view.getByText('Nothing logged').waitFor();
    await send(resultOf({ content: [] }));
    await view.getByText('There is nothing to show.').waitFor();
    await send({ method: 'ui/notifications/tool-cancelled', params: { reason: 'user' } });
    await view.getByText('The call was cancelled.').waitFor();
    assert.deepEqual(faults, []);
    await close();
  });

  it('show hostile text as text', async () => {
    const { page, view, send, faults, close } = await shown('analyze_progress');
    const name = '</script><img src=x onerror="parent.postMessage(1, \'*\')">';
    const points = [1, 2].map((day) => ({ date: `2026-01-0${day}`, volume: 100, e1rm: 50 }));
    await send(resultOf({ content: [], structuredContent: { name, unit: 'kg', points, e1rm: { slope_per_week: 0 }, plateau: '<b>' } }));
    await view.locator('figure.chart svg').waitFor();
    assert.match(await view.locator('figcaption').textContent(), /<\/script><img src=x/);
    assert.equal(await view.locator('img, b').count(), 0);
    assert.equal(await page.evaluate(() => globalThis.host.heard.includes(1)), false);
    assert.deepEqual(faults, []);
    await close();
  });

  it('follow the theme, answer the host, and listen to no other window', async () => {
    const { page, view, heard, send, faults, close } = await shown('get_exercise_history', { context: {} });
    await send({ method: 'ui/notifications/host-context-changed', params: { theme: 'dark' } });
    await view.locator('html[data-theme="dark"]').waitFor();
    await send({ id: 'a', method: 'ping' });
    await send({ id: 7, method: 'ui/resource-teardown', params: {} });
    await send({ id: 8, method: 'tools/call', params: {} });
    await page.waitForFunction(() => globalThis.host.heard.some(({ id }) => id === 8));
    const answers = (await heard()).filter(({ method }) => method === undefined);
    assert.deepEqual(answers, [
      { jsonrpc: '2.0', id: 'a', result: {} },
      { jsonrpc: '2.0', id: 7, result: {} },
      { jsonrpc: '2.0', id: 8, error: { code: -32601, message: 'Method not found' } },
    ]);
    await send(resultOf({ content: [{ type: 'text', text: 'Host' }] }));
    await view.getByText('Host').waitFor();
    await page.evaluate((message) => globalThis.host.intrude(message), resultOf({ content: [{ type: 'text', text: 'Intruder' }] }));
    // Answered after the intruder's message has been seen.
    await send({ id: 9, method: 'ping' });
    await page.waitForFunction(() => globalThis.host.heard.some(({ id }) => id === 9));
    assert.equal(await view.locator('main').textContent(), 'Host');
    assert.deepEqual(faults, []);
    await close();
  });

  it('can reach nothing: no request, no frame, no text as code', async () => {
    const { page, close } = await shown('analyze_progress', { allow: [/./] });
    const frame = page.frames().find((frame) => frame !== page.mainFrame());
    const tried = await frame.evaluate(async (url) => {
      const refused = async (attempt) => {
        try {
          await attempt();
          return false;
        } catch {
          return true;
        }
      };
      return [
        await refused(() => fetch(url)),
        await refused(() => { document.body.innerHTML = '<b>x</b>'; }),
        await refused(() => { document.createElement('script').text = 'globalThis.ran = true'; }),
      ];
    }, site.url);
    assert.deepEqual(tried, [true, true, true]);
    await close();
  });
});
