// Approvals on the page, against the mock service: what is asked, how it is answered, and what is sent.

import { after, afterEach, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { WORKOUT, WAITS } from './mock/approvals.mjs';
import { startMock } from './mock/server.mjs';
import { DESKTOP, PHONE, answered, ask, checkAccessibility, launch, openPage, shot } from './support.mjs';

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
  mock = await startMock({ speed: 0.2, ...state });
  open = await openPage(browser, mock.url, { allow: REFUSED, ...options });
  return open.page;
}
const last = (page) => page.locator('.turn').last();
const field = (page) => page.getByLabel('Message', { exact: true });
const cards = (page) => page.locator('.approval');
const card = (page, name) => page.getByRole('group', { name, exact: true });
/** By keyboard: a pointer's click counts only once the card has been there for a moment. */
const press = (place, name) => place.getByRole('button', { name, exact: true }).press('Enter');
const body = (at) => mock.requests[at].body;
const focused = (locator) => locator.evaluate((node) => node === document.activeElement);
const until = async (check, what) => {
  for (let left = 200; left > 0; left -= 1) {
    if (await check()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`never: ${what}`);
};
const requests = (count) => until(() => mock.requests.length === count, `${count} requests`);
const pills = (page) => page.locator('.pill:not([hidden]) summary').allInnerTexts().then((all) => all.map((text) => text.replace(/\s+/g, ' ')));
/** What the page announces, from now on. */
async function listening(page) {
  await page.evaluate(() => {
    globalThis.said = [];
    new MutationObserver(() => {
      const { textContent } = document.getElementById('live');
      if (textContent) globalThis.said.push(textContent);
    }).observe(document.getElementById('live'), { childList: true });
  });
  return (words) => until(() => page.evaluate((words) => globalThis.said.some((text) => text.includes(words)), words), `"${words}" said`);
}

describe('a call that waits', () => {
  it('is shown where it is in the answer: what it does, to what, and how long it can be approved', async () => {
    const page = await start();
    await ask(page, 'delete my last workout');
    const asked = card(page, 'Delete a workout');
    assert.equal(await asked.locator('xpath=ancestor::article').count(), 1);
    const text = await asked.innerText();
    assert.match(text, /^Delete a workout\s+This changes or deletes what is stored\./);
    assert.match(text, /Workout\s+Upper A, 27 Nov 2026\nBarbell Bench Press, Seated Cable Row, Pull-up and 1 more\nid 0190c1d2…4f2a/);
    assert.match(text, /Expires in 10 min/);
    assert.deepEqual(await pills(page), ['Looked up workouts 0.1 s']);
    assert.match(await last(page).innerText(), /Waits for your answer\. You can also write something else\./);
    await asked.getByText('Exactly as it is sent').click();
    await asked.locator('pre', { hasText: `"workout_id": "${WORKOUT.id}"` }).waitFor();
    assert.equal(mock.requests.length, 1, 'nothing is sent before the user answers');
    assert.deepEqual(mock.state.ran, []);
  });
  it('runs when it is approved, and the answer goes on in the same bubble', async () => {
    const page = await start();
    await ask(page, 'delete my last workout');
    await press(card(page, 'Delete a workout'), 'Approve');
    await last(page).getByText('Done 1, declined 0, expired 0.').waitFor();
    await answered(page);
    const [first, second] = [body(0), body(1)];
    assert.deepEqual(first.approvals, []);
    assert.equal(second.approvals.length, 1);
    assert.deepEqual({ ...second.approvals[0], token: null }, { token: null, approved: true });
    assert.equal(second.messages.at(-1).content[0].content[0].text, WAITS, 'the same history');
    assert.equal(await page.locator('.turn').count(), 1);
    assert.equal(await cards(page).count(), 0);
    assert.deepEqual(await pills(page), ['Looked up workouts 0.1 s', 'Deleted the workout Upper A, 27 Nov 2026 0.1 s']);
    assert.equal(mock.state.ran.length, 1);
    await ask(page, 'thanks');
    assert.deepEqual(body(2).approvals, []);
    assert.deepEqual(body(2).messages.map(({ role }) => role), ['user', 'assistant', 'user', 'assistant', 'user', 'user', 'assistant', 'user']);
  });
  it('does not run when it is declined, and the reason is sent', async () => {
    const page = await start();
    await ask(page, 'delete my last workout');
    const asked = card(page, 'Delete a workout');
    await press(asked, 'Decline with a reason…');
    const reason = asked.getByLabel('Why not, or what instead?');
    assert.ok(await focused(reason));
    await reason.press('Escape');
    assert.ok(await focused(asked.getByRole('button', { name: 'Decline with a reason…' })), 'Escape closes the form alone');
    await page.keyboard.press('Enter');
    await page.keyboard.type('I want to keep it');
    await page.keyboard.press('Enter');
    await last(page).getByText('Done 0, declined 1, expired 0.').waitFor();
    assert.deepEqual({ ...body(1).approvals[0], token: null }, { token: null, approved: false, reason: 'I want to keep it' });
    assert.match((await pills(page))[1], /Deleting the workout: declined Upper A, 27 Nov 2026/);
    await page.locator('.pill:not([hidden]) summary').nth(1).click();
    await page.getByText('Your reason: I want to keep it').waitFor();
    assert.deepEqual(mock.state.ran, []);
  });
  it('is declined without a reason in one step', async () => {
    const page = await start();
    await ask(page, 'delete my last workout');
    await press(card(page, 'Delete a workout'), 'Decline');
    await requests(2);
    assert.deepEqual({ ...body(1).approvals[0], token: null }, { token: null, approved: false });
  });
  it('that is not destructive looks otherwise, in words too', async () => {
    const page = await start();
    await ask(page, 'change settings');
    const text = (await card(page, 'Change settings').innerText()).replace(/\s+/g, ' ');
    assert.match(text, /This needs your confirmation\. Details Unit kg Include notes no Week start none/);
  });
  it('shows a long or nested input in words, cut until it is asked for', async () => {
    const page = await start();
    await ask(page, 'correct my last workout');
    const asked = card(page, 'Correct a workout');
    const lines = (await asked.locator('table').innerText()).split('\n').map((text) => text.trim());
    for (const expected of ['Barbell Bench Press', '2 × 5 reps at 185 lb', '4 reps at 190 lb, rpe 9', 'Pull-up, notes strict', '8 reps at 0 lb']) assert.ok(lines.includes(expected), `${expected} in ${lines}`);
    const notes = asked.getByRole('row', { name: /^Notes/ });
    assert.ok((await notes.innerText()).length < 300);
    await press(asked, 'Show all of Notes');
    assert.equal((await notes.getByRole('cell').innerText()).length, 12 * 40 - 1);
    assert.ok(await focused(notes.getByRole('cell')));
  });
  it('is text, whatever its title and input hold', async () => {
    const page = await start();
    await ask(page, 'hold the odd one');
    const asked = cards(page);
    assert.match(await asked.innerText(), /^<img src=x onerror=alert\(1\)> \ufffdevil/);
    assert.match(await asked.innerText(), /<script>alert\(2\)<\/script>/);
    assert.match(await asked.innerText(), /a\ufffdb\ufffdc/);
    assert.equal(await asked.locator('img, script, [onerror]').count(), 0);
    await asked.getByText('Exactly as it is sent').click();
    await asked.locator('pre', { hasText: /a\\u202eb\\u0000c/ }).waitFor();
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 700 });
      const wide = await page.evaluate(() => document.getElementById('scroll').scrollWidth - document.getElementById('scroll').clientWidth);
      assert.equal(wide, 0, `${width}`);
    }
  });
  it('is not approved by a click that was meant for something else', async () => {
    const page = await start();
    await ask(page, 'delete several');
    // Clicks in the page itself come within the moment after the cards appear.
    await page.reload();
    const clicks = (nth) => page.evaluate((nth) => {
      document.querySelectorAll('.approval')[nth].querySelector('.main').dispatchEvent(new MouseEvent('click', { bubbles: true, detail: 1 }));
      return document.querySelectorAll('.approval[data-state="approved"]').length;
    }, nth);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 600)));
    assert.equal(await clicks(0), 1);
    assert.equal(await clicks(1), 1, 'the second click of a double click, on what has moved there');
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 600)));
    assert.equal(await clicks(1), 2);
  });
});

describe('several calls that wait', () => {
  it('are answered in one request, once all are, and an answer can be changed until then', async () => {
    const page = await start();
    await ask(page, 'delete several');
    const state = () => last(page).locator('.waiting-ending').innerText();
    assert.match(await state(), /^3 of 3 still open\. The answer goes on when all are answered\./);
    await press(card(page, 'Delete a workout'), 'Approve');
    assert.match(await state(), /^2 of 3 still open/);
    assert.ok(await focused(card(page, 'Correct a workout')), 'the focus is on the next card');
    await press(card(page, 'Delete a workout'), 'Change');
    assert.match(await state(), /^3 of 3 still open/);
    assert.ok(await focused(card(page, 'Delete a workout')), 'and stays where an answer is taken back');
    await press(card(page, 'Delete a workout'), 'Decline');
    await press(card(page, 'Correct a workout'), 'Approve');
    assert.equal(mock.requests.length, 1);
    assert.match(await state(), /^1 of 3 still open/);
    assert.equal(await last(page).getByRole('button', { name: /all/ }).count(), 0, 'one is no more "all"');
    await press(card(page, 'Change settings'), 'Approve');
    await last(page).getByText('Done 2, declined 1, expired 0.').waitFor();
    assert.deepEqual(body(1).approvals.map(({ approved }) => approved), [false, true, true]);
    assert.deepEqual((await pills(page)).slice(1).map((text) => text.replace(/ [\d.]+ s$/, '')),
      ['Deleting the workout: declined Upper A, 27 Nov 2026', 'Changed the workout Upper A, 27 Nov 2026', 'Changed settings']);
    assert.ok(await focused(field(page)));
  });
  it('are approved or declined all at once', async () => {
    const page = await start();
    await ask(page, 'delete several');
    await press(last(page), 'Approve all 3');
    await last(page).getByText('Done 3, declined 0, expired 0.').waitFor();
    await ask(page, 'delete several');
    await press(card(page, 'Delete a workout'), 'Approve');
    await press(last(page), 'Decline all 2');
    await last(page).getByText('Done 1, declined 2, expired 0.').waitFor();
  });
  it('that are answered while the answer still runs are sent when it has ended', async () => {
    const page = await start({ beforeDone: 4000 });
    await ask(page, 'delete my last workout', { ended: false });
    await press(card(page, 'Delete a workout'), 'Approve');
    assert.equal(mock.requests.length, 1);
    await requests(2);
    await last(page).getByText('Done 1, declined 0, expired 0.').waitFor();
  });
});

describe('by keyboard and screen reader', () => {
  it('a card is announced, gets the focus without a button, and is answered with Tab, Space and Enter', async () => {
    const page = await start();
    const said = await listening(page);
    await ask(page, 'delete several');
    await said('3 confirmations are needed: Delete a workout; Correct a workout; Change settings.');
    assert.ok(await focused(card(page, 'Delete a workout')));
    await page.keyboard.press('Enter');
    await page.keyboard.press('Space');
    assert.equal(await page.locator('.approval[data-state=open]').count(), 3, 'a key that was meant for the message approves nothing');
    const tabTo = async (name) => {
      for (let left = 8; left > 0; left -= 1) {
        await page.keyboard.press('Tab');
        if (await page.evaluate(() => document.activeElement.textContent) === name) return;
      }
      assert.fail(`no ${name}`);
    };
    await tabTo('Approve');
    await page.keyboard.press('Space');
    await said('Approved. 2 still open.');
    assert.ok(await focused(card(page, 'Correct a workout')));
    await tabTo('Decline');
    await page.keyboard.press('Enter');
    await said('Declined. 1 still open.');
    await tabTo('Approve');
    await page.keyboard.press('Enter');
    await said('Done 2, declined 1, expired 0.');
    assert.equal(await page.evaluate(() => globalThis.said.filter((text) => text.includes('I look for it')).length), 1, 'what was heard is not repeated');
    assert.equal(await page.locator('[aria-live], [role=log], [role=status]').count(), 1);
  });
  it('every button says to which call it belongs', async () => {
    const page = await start();
    await ask(page, 'delete several');
    for (const title of ['Delete a workout', 'Correct a workout', 'Change settings']) {
      for (const name of ['Approve', 'Decline', 'Decline with a reason…']) {
        const button = card(page, title).getByRole('button', { name, exact: true });
        const describes = await button.evaluate((node) => document.getElementById(node.getAttribute('aria-describedby')).textContent);
        assert.equal(describes, title);
      }
      assert.equal(await card(page, title).getByRole('rowheader').count() > 0, true);
    }
    assert.deepEqual(await card(page, 'Delete a workout').evaluate((node) => document.getElementById(node.getAttribute('aria-describedby')).textContent), 'This changes or deletes what is stored.');
  });
  it('the focus stays with a user who writes', async () => {
    const page = await start({ beforeDone: 1500 });
    await ask(page, 'delete my last workout', { ended: false });
    await cards(page).waitFor();
    await field(page).fill('by the way');
    await answered(page);
    assert.ok(await focused(field(page)));
  });
});

describe('the time to approve', () => {
  it('counts down, and after it nothing can be approved: the answer goes on without it', async () => {
    const page = await start({}, { before: (page) => page.clock.install() });
    const said = await listening(page);
    await ask(page, 'delete several');
    await press(card(page, 'Delete a workout'), 'Approve');
    await page.clock.runFor(61_000);
    assert.match(await card(page, 'Change settings').innerText(), /Expires in 9 min/);
    await page.clock.runFor(8 * 60_000);
    assert.match(await card(page, 'Change settings').innerText(), /Expires in less than a minute/);
    await page.clock.runFor(60_000);
    assert.match(await card(page, 'Change settings').innerText(), /Expired: nothing was done\./);
    assert.equal(await page.getByRole('button', { name: 'Approve' }).count(), 0);
    await page.clock.runFor(100);
    await said('The time to confirm is over.');
    assert.match(await last(page).innerText(), /The rest has expired and was not done\./);
    await press(last(page), 'Continue');
    await requests(2);
    const { approvals } = body(1);
    assert.deepEqual(approvals.map(({ approved }) => approved), [true, false, false]);
    assert.match(approvals[1].reason, /expired/);
  });
  it('is that of the service, whatever the clock of this machine says', async () => {
    const page = await start({}, { before: (page) => page.clock.install({ time: Date.now() + 3 * 3_600_000 }) });
    await ask(page, 'delete my last workout');
    assert.match(await cards(page).innerText(), /Expires in 10 min/);
  });
  it('that ran out while the machine slept is noticed at the next press', async () => {
    const page = await start({}, { before: (page) => page.clock.install({ time: Date.now() }) });
    await ask(page, 'delete my last workout');
    // Its timers wait, too, until the press.
    await page.clock.pauseAt(Date.now() + 5_000);
    await page.clock.setSystemTime(Date.now() + 11 * 60_000);
    await press(cards(page), 'Approve');
    assert.match(await cards(page).innerText(), /Expired: nothing was done\./);
    assert.match(await last(page).innerText(), /The time to confirm is over\.\s+Continue/);
    assert.equal(mock.requests.length, 1);
  });
  it('is over for an answer that comes too late: the service says so, and the call is marked', async () => {
    const page = await start({ valid: -1 }, { before: (page) => page.clock.install({ time: Date.now() }) });
    // The page sees its own ten minutes; the service's are over.
    mock.state.answer = shiftExpiry(mock.state.answer);
    await ask(page, 'delete my last workout');
    await press(cards(page), 'Approve');
    await last(page).getByText('Done 0, declined 0, expired 1.').waitFor();
    assert.deepEqual(mock.state.ran, []);
    assert.match((await pills(page))[1], /^Deleting the workout: expired/);
  });
});

/** The page is told of ten more minutes than the token has. */
const shiftExpiry = (answer) => (io) => answer({ ...io, write: (event) => {
  const later = (one) => ({ ...one, expires_at: new Date(Date.parse(one.expires_at) + 600_000).toISOString() });
  if (event.type === 'approval_request') return io.write(later(event));
  return io.write(event.approvals ? { ...event, approvals: event.approvals.map(later) } : event);
} });

describe('instead of an answer', () => {
  it('the user writes something else: nothing runs, and the cards say so', async () => {
    const page = await start();
    await ask(page, 'delete my last workout');
    await ask(page, 'how is my volume?');
    assert.deepEqual(body(1).approvals, []);
    assert.deepEqual(body(1).messages.map(({ role }) => role), ['user', 'assistant', 'user', 'assistant', 'user', 'user']);
    assert.deepEqual(mock.state.ran, []);
    assert.equal(await cards(page).count(), 0);
    const first = page.locator('.turn').first();
    assert.match(await first.innerText(), /Deleting the workout: not confirmed/);
    assert.match(await first.innerText(), /This was not confirmed, and nothing of it was done\./);
  });
  it('a reload keeps the cards, their answers and their time', async () => {
    const page = await start();
    await ask(page, 'delete several');
    await press(card(page, 'Delete a workout'), 'Approve');
    await page.reload();
    assert.match(await card(page, 'Delete a workout').innerText(), /Approved/);
    assert.match(await card(page, 'Correct a workout').innerText(), /Upper A, 27 Nov 2026.*Expires in 10 min/s);
    await press(card(page, 'Correct a workout'), 'Decline');
    await press(card(page, 'Change settings'), 'Approve');
    await last(page).getByText('Done 2, declined 1, expired 0.').waitFor();
  });
  it('a reload after their time shows that it is over', async () => {
    const page = await start({ valid: 1500 });
    await ask(page, 'delete my last workout');
    await page.getByText('Expired: nothing was done.').waitFor();
    await page.reload();
    assert.match(await cards(page).innerText(), /Expired: nothing was done\./);
  });
  it('a new chat puts them aside; brought back, they can still be answered', async () => {
    const page = await start();
    await ask(page, 'delete my last workout');
    await page.getByRole('button', { name: 'New chat' }).click();
    assert.equal(await cards(page).count(), 0);
    await page.getByRole('button', { name: 'Bring back the last chat' }).click();
    await press(cards(page), 'Approve');
    await last(page).getByText('Done 1, declined 0, expired 0.').waitFor();
  });
});

describe('answers that fail', () => {
  const approve = async (fail, state = {}) => {
    const page = await start(state);
    await ask(page, 'delete my last workout');
    mock.state.fail = fail;
    await press(cards(page), 'Approve');
    await answered(page);
    return page;
  };
  it('and are refused show why, are not sent again, and leave the conversation usable', async () => {
    const page = await approve('changed');
    const text = await last(page).innerText();
    assert.match(text, /Your confirmation was not accepted/);
    assert.match(text, /approvals\[0\]: the tool has changed since/);
    assert.match(text, /Deleting the workout: not confirmed/);
    assert.equal(await cards(page).count(), 0);
    await press(last(page), 'Try again');
    await requests(3);
    assert.deepEqual(body(2).approvals, []);
    assert.match(body(2).messages.at(-1).content, /^My confirmation did not reach you, and nothing was done/);
    await answered(page);
    await ask(page, 'thanks');
    assert.deepEqual(mock.state.ran, []);
  });
  it('before anything ran are kept, and sent again when wanted', async () => {
    const page = await approve('busy');
    assert.match(await last(page).innerText(), /The service is busy.*Nothing was done yet\. “Try again” sends your answers again\./s);
    assert.match(await cards(page).innerText(), /Approved/);
    await page.reload();
    await press(last(page), 'Try again');
    await last(page).getByText('Done 1, declined 0, expired 0.').waitFor();
    assert.deepEqual(body(2).approvals, body(1).approvals);
  });
  it('before anything ran can be changed', async () => {
    const page = await approve('busy');
    await press(cards(page), 'Change');
    await press(last(page), 'Try again');
    assert.ok(await focused(cards(page)), 'an open card has to be answered first');
    await press(cards(page), 'Decline');
    await last(page).getByText('Done 0, declined 1, expired 0.').waitFor();
    assert.deepEqual(mock.state.ran, []);
  });
  it('without a connection say that they may have arrived', async () => {
    const page = await start();
    await ask(page, 'delete my last workout');
    // Chromium itself repeats a request on a connection that the server closed.
    await page.route('**/chat', (route) => route.abort());
    await press(cards(page), 'Approve');
    await answered(page);
    await page.unroute('**/chat');
    assert.match(await last(page).innerText(), /cannot be reached.*It is not known whether your answers arrived/s);
    await press(last(page), 'Try again');
    await last(page).getByText('Done 1, declined 0, expired 0.').waitFor();
    assert.equal(mock.state.ran.length, 1);
  });
  it('by a lost connection after the call began are not sent again: it is checked first', async () => {
    const page = await approve('cut before the result');
    assert.match(await last(page).innerText(), /connection was lost.*It is not known whether what you approved was done/s);
    assert.match((await pills(page))[1], /Deleting the workout: unfinished/);
    await press(last(page), 'Try again');
    await requests(3);
    const { messages, approvals } = body(2);
    assert.deepEqual(approvals, []);
    assert.deepEqual(messages.slice(-2).map(({ content }) => content), [
      '(The connection was lost here. Tool calls so far: delete_workout: unknown.)', 'Please go on; check first what has already been done.']);
    assert.equal(mock.state.ran.length, 1);
  });
  it('of the model, after the call ran, are not sent again either', async () => {
    const page = await approve('model fails');
    assert.match((await pills(page))[1], /^Deleted the workout/);
    await press(last(page), 'Try again');
    await requests(3);
    assert.deepEqual(body(2).approvals, []);
    assert.equal(body(2).messages.at(-1).content[0].content[0].text, 'done');
  });
  it('by Stop record what is known', async () => {
    const page = await start({ slow: true });
    await ask(page, 'delete my last workout');
    await press(cards(page), 'Approve');
    await last(page).getByText('Done 1').waitFor();
    await page.keyboard.press('Escape');
    await last(page).getByText('Stopped.').waitFor();
    mock.state.slow = false;
    await press(last(page), 'Continue');
    await requests(3);
    assert.deepEqual(body(2).approvals, []);
    assert.match(body(2).messages.at(-2).content, /^Done 1.*\(The user stopped this answer here\. Tool calls so far: delete_workout: done\.\)$/s);
  });
});

for (const [width, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const theme of ['light', 'dark']) {
    it(`cards are accessible, ${width}, ${theme}`, async () => {
      const page = await start({}, { viewport, theme });
      const look = async (name) => {
        // The focus ring and the end of the conversation settle in a frame.
        await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
        await shot(page, `approval-${width}-${theme}-${name}`);
        await checkAccessibility(page, `${width} ${theme} ${name}`);
      };
      await ask(page, 'delete my last workout');
      await look('one');
      await press(cards(page), 'Decline with a reason…');
      await page.keyboard.type('I want to keep it');
      await look('reason');
      await page.keyboard.press('Enter');
      await last(page).getByText('declined 1').waitFor();
      await look('declined');
      await ask(page, 'delete several');
      await press(card(page, 'Delete a workout'), 'Approve');
      await look('several');
      await press(card(page, 'Correct a workout'), 'Decline');
      await last(page).locator('.waiting-ending').scrollIntoViewIfNeeded();
      await look('several-end');
      mock.state.fail = 'busy';
      await press(card(page, 'Change settings'), 'Approve');
      await last(page).locator('.card.bad').waitFor();
      await look('busy');
      mock.state.valid = 0;
      await ask(page, 'hold the odd one');
      await look('expired');
    });
  }
}
