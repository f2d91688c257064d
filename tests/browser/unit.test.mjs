// Unit tests of the page's pure modules, without a browser.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { sseParser } from '../../src/agent/http/page/sse.js';
import { errorWords, limitWords, retryAfter, stopWords, waitWords } from '../../src/agent/http/page/errors.js';
import { GO_ON, GO_ON_CAREFULLY, answerText, applyEvent, askQuestion, endTurn, goesOn, isRefused, newConversation, tryAgain } from '../../src/agent/http/page/history.js';
import { loadChat, saveChat } from '../../src/agent/http/page/store.js';
import { dateTicks, niceTicks, scale, trendLine } from '../../src/agent/http/page/scales.js';
import { day, exerciseHistory, progress, volumeWeek } from '../../src/agent/http/page/shapes.js';
import { accountOf, accountWords, validityWords } from '../../src/agent/http/page/account.js';
import { isToken } from '../../src/agent/http/page/access.js';
import { mediaType, megabytes } from '../../src/agent/http/page/photo.js';
import { seconds, toolSubject, toolWords } from '../../src/agent/http/page/words.js';
import { tokenOf } from './mock/data.mjs';
import * as data from './mock/data.mjs';

const DAY = 86_400_000;

describe('server-sent events', () => {
  const parse = (chunks) => {
    const events = [];
    const push = sseParser((name, text) => events.push([name, text]));
    chunks.forEach(push);
    return events;
  };
  const STREAM = 'event: a\ndata: {"x":"é – 🏋"}\n\n: keep-alive\n\nevent: b\r\ndata: 1\r\ndata:2\r\n\r\ndata: last\r\rdata\n\nid: 7\nretry: 1\n\n';
  const EVENTS = [['a', '{"x":"é – 🏋"}'], ['b', '1\n2'], ['message', 'last'], ['message', '']];

  it('are the same however the stream is cut', () => {
    assert.deepEqual(parse([STREAM]), EVENTS);
    assert.deepEqual(parse([...STREAM]), EVENTS);
    for (let first = 0; first <= STREAM.length; first += 1) {
      for (let second = first; second <= STREAM.length; second += 1) {
        assert.deepEqual(parse([STREAM.slice(0, first), STREAM.slice(first, second), STREAM.slice(second)]), EVENTS);
      }
    }
  });
  it('that are incomplete are ignored', () => assert.deepEqual(parse(['event: done\ndata: {}\n']), []));
  it('of a megabyte in small pieces take linear time', () => {
    const begun = performance.now();
    parse(['data: ', ...Array.from({ length: 4000 }, () => 'x'.repeat(256)), '\n\n']);
    assert.ok(performance.now() - begun < 2000);
  });
});

describe('errors', () => {
  const CODES = [
    'unauthorized', 'invalid_json', 'payload_too_large', 'unsupported_media_type', 'invalid_request', 'rate_limited', 'model_error',
    'model_overloaded', 'tools_unavailable', 'busy', 'shutting_down', 'timeout', 'internal', 'network', 'lost',
  ];
  it('all have an own text and a next step', () => {
    const titles = CODES.map((code) => `${errorWords(code).title} ${errorWords(code).text}`);
    assert.equal(new Set(titles).size, CODES.length);
    for (const code of CODES) assert.ok(errorWords(code).retry || errorWords(code).fresh, code);
  });
  it('that are unknown, or named like an object property, still have a text', () => {
    for (const code of ['new_one', 'constructor', '__proto__', undefined]) assert.equal(errorWords(code).title, 'Something went wrong');
  });
  it('say how long to wait', () => {
    assert.deepEqual([1, 40, 200, 7200].map(waitWords), ['in 1 second', 'in 40 seconds', 'in about 3 minutes', 'in about 2 hours']);
    assert.deepEqual([retryAfter('12'), retryAfter(null), retryAfter('soon')], [12, null, null]);
    assert.equal(retryAfter('Sat, 21 Nov 2026 10:00:30 GMT', Date.parse('2026-11-21T10:00:00Z')), 30);
  });
  it('name the limit that is used up', () => {
    const policy = '"chat";q=60;w=60';
    assert.equal(limitWords(policy, '"chat";r=0;t=1'), 'You can ask 60 questions in 60 seconds.');
    assert.deepEqual([limitWords(policy, '"chat";r=5;t=1'), limitWords(policy, null), limitWords(null, '"chat";r=0;t=1'), limitWords('x', 'y')],
      [null, null, null, null]);
  });
  it('are not the same as other ends of an answer', () => {
    assert.equal(stopWords('end_turn'), null);
    assert.equal(stopWords('max_tokens').goOn, true);
  });
});

describe('the history', () => {
  const asked = (...events) => {
    const chat = newConversation();
    const turn = askQuestion(chat, 'log it');
    events.forEach((event) => applyEvent(turn, event));
    return { chat, turn };
  };
  const text = (words) => ({ type: 'text_delta', text: words });
  const start = (id, name) => ({ type: 'tool_use_start', id, name });
  const result = (id, name, more = {}) => ({ type: 'tool_result', id, name, is_error: false, duration_ms: 5, ...more });
  const CALLED = [
    { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'create_workout', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: 'ok' }] },
  ];

  it('takes over the messages of `done`, so that tool context survives', () => {
    const { chat, turn } = asked(text('Done.'));
    const messages = [...CALLED, { role: 'assistant', content: [{ type: 'text', text: 'Done.' }] }];
    endTurn(chat, turn, { kind: 'done', messages, stopReason: 'end_turn' });
    assert.deepEqual(chat.history, [{ role: 'user', content: 'log it' }, ...messages]);
    assert.deepEqual(turn.outcome, { kind: 'done', stopReason: 'end_turn' });
  });
  it('takes over those of an error too, and is sent again as it is', () => {
    const { chat, turn } = asked(start('t1', 'create_workout'), result('t1', 'create_workout'), text('Th'));
    endTurn(chat, turn, { kind: 'error', code: 'timeout', messages: CALLED });
    tryAgain(chat, turn);
    assert.deepEqual(chat.history, [{ role: 'user', content: 'log it' }, ...CALLED]);
    assert.equal(turn.parts.length, 2, 'what is in the history stays on the page');
  });
  it('keeps only the question before the first event', () => {
    for (const outcome of [{ kind: 'stopped' }, { kind: 'lost', code: 'lost' }, { kind: 'error', code: 'busy' }]) {
      const { chat, turn } = asked();
      endTurn(chat, turn, outcome);
      tryAgain(chat, turn);
      assert.deepEqual(chat.history, [{ role: 'user', content: 'log it' }]);
    }
  });
  it('keeps the shown part of a stopped answer, with the outcome of its tool calls', () => {
    const { chat, turn } = asked(text('I log '), text('it.'), start('t1', 'create_workout'), result('t1', 'create_workout'),
      start('t2', 'delete_workout'), result('t2', 'delete_workout', { is_error: true }), start('t3', 'list_workouts'));
    endTurn(chat, turn, { kind: 'stopped' });
    assert.deepEqual(chat.history[1], {
      role: 'assistant',
      content: 'I log it.\n\n(The user stopped this answer here. Tool calls so far: create_workout: done; delete_workout: failed; list_workouts: unknown.)',
    });
    assert.deepEqual(turn.parts.map((part) => part.state), [undefined, 'done', 'failed', 'unknown']);
    tryAgain(chat, turn);
    assert.deepEqual(chat.history.at(-1), { role: 'user', content: GO_ON_CAREFULLY });
    assert.ok(goesOn(turn));
  });
  it('continues without a warning after text alone', () => {
    const { chat, turn } = asked(text('Half'));
    endTurn(chat, turn, { kind: 'lost', code: 'lost' });
    tryAgain(chat, turn);
    assert.deepEqual(chat.history.slice(1), [{ role: 'assistant', content: 'Half' }, { role: 'user', content: GO_ON }]);
    applyEvent(turn, text(' and more'));
    assert.deepEqual(turn.parts.map((part) => part.text), ['Half', ' and more']);
    endTurn(chat, turn, { kind: 'stopped' });
    assert.deepEqual(chat.history.at(-1), { role: 'assistant', content: 'and more' }, 'what is known is not said twice');
  });
  it('drops a question that was refused as it stands, once another is asked', () => {
    const { chat, turn } = asked();
    endTurn(chat, turn, { kind: 'error', code: 'invalid_request' });
    askQuestion(chat, 'another');
    assert.deepEqual(chat.history, [{ role: 'user', content: 'another' }]);
  });
  it('drops one that Claude refuses for good, photo and all', () => {
    const chat = newConversation();
    const turn = askQuestion(chat, 'look', { mediaType: 'image/png', data: 'QUJD', thumb: '' });
    endTurn(chat, turn, { kind: 'error', code: 'model_error', retryable: false, messages: [] });
    assert.ok(isRefused(turn));
    askQuestion(chat, 'another');
    assert.deepEqual(chat.history, [{ role: 'user', content: 'another' }]);
  });
  it('never drops what a tool has done', () => {
    const { chat, turn } = asked(start('t1', 'create_workout'), result('t1', 'create_workout'));
    endTurn(chat, turn, { kind: 'error', code: 'model_error', retryable: false, messages: CALLED });
    assert.ok(!isRefused(turn));
    askQuestion(chat, 'another');
    assert.deepEqual(chat.history.map(({ role }) => role), ['user', 'assistant', 'user', 'user']);
  });
  it('closes a question that was not answered before the next one', () => {
    const note = (outcome, ...events) => {
      const { chat, turn } = asked(...events);
      endTurn(chat, turn, outcome);
      askQuestion(chat, 'another');
      assert.deepEqual(chat.history.map(({ role }) => role), ['user', 'assistant', 'user']);
      return chat.history[1].content;
    };
    assert.equal(note({ kind: 'stopped' }), '(The user stopped this before it was answered; nothing was done.)');
    assert.equal(note({ kind: 'error', code: 'busy' }), '(This was not answered.)');
    assert.equal(note({ kind: 'lost', code: 'lost' }), '(This was not answered.)');
    assert.equal(note({ kind: 'done', messages: [], content: [] }), '(This was not answered.)');
    assert.equal(note({ kind: 'error', code: 'internal', retryable: false }, start('t1', 'create_workout')),
      '(This was not answered. Tool calls so far: create_workout: unknown.)');
    assert.equal(note({ kind: 'stopped' }, start('t1', 'create_workout')),
      '(The user stopped this answer here. Tool calls so far: create_workout: unknown.)');
  });
  it('puts a photo before the text, and sends it without one', () => {
    const chat = newConversation();
    askQuestion(chat, ' ', { mediaType: 'image/png', data: 'QUJD', thumb: 'data:image/jpeg;base64,x' });
    assert.deepEqual(chat.history[0].content, [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'QUJD' } }]);
    askQuestion(chat, 'what is this', { mediaType: 'image/png', data: 'QUJD', thumb: '' });
    assert.deepEqual(chat.history.at(-1).content.map((block) => block.type), ['image', 'text']);
  });
  it('keeps thinking apart from the text, where it came', () => {
    const { turn } = asked({ type: 'thinking_delta', text: 'a' }, { type: 'thinking_delta', text: 'b' }, { type: 'thinking_delta' },
      { type: 'text_delta', text: 'c' }, { type: 'thinking_delta', text: 'd' });
    assert.deepEqual(turn.parts, [{ kind: 'thinking', text: 'ab' }, { kind: 'text', text: 'c' }, { kind: 'thinking', text: 'd' }]);
    assert.equal(answerText(turn), 'c');
  });
  it('tolerates malformed events', () => {
    const { turn } = asked({ type: 'text_delta', text: 7 }, { type: 'tool_result', id: null, name: {} }, { type: 'new_one' }, { type: 'tool_use' });
    assert.deepEqual(turn.parts.map((part) => part.kind), ['tool', 'tool']);
  });
});

describe('the tab', () => {
  const storage = (most) => {
    const kept = new Map();
    return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => { if (value.length > most) throw new Error('quota'); kept.set(key, value); } };
  };
  const chatWithPhoto = (size) => {
    const chat = newConversation();
    const turn = askQuestion(chat, 'look', { mediaType: 'image/png', data: 'x'.repeat(size), thumb: 'data:image/jpeg;base64,y' });
    applyEvent(turn, { type: 'tool_result', id: 't', name: 'analyze_progress', is_error: false, duration_ms: 1, structured: data.progress });
    endTurn(chat, turn, { kind: 'done', messages: [{ role: 'assistant', content: 'Nice.' }] });
    return chat;
  };
  it('keeps everything that fits', () => {
    globalThis.sessionStorage = storage(1e6);
    const chat = chatWithPhoto(1000);
    saveChat(chat);
    assert.deepEqual(loadChat(), JSON.parse(JSON.stringify(chat)));
  });
  it('gives up the photo first, then its thumbnail and the charts, and never throws', () => {
    globalThis.sessionStorage = storage(6000);
    saveChat(chatWithPhoto(100_000));
    const kept = loadChat();
    assert.deepEqual(kept.history[0].content, [{ type: 'text', text: '(There was a photo here. It is no longer kept.)' }, { type: 'text', text: 'look' }]);
    assert.ok(kept.turns[0].parts[0].structured);
    assert.ok(kept.turns[0].photo);
    globalThis.sessionStorage = storage(900);
    saveChat(chatWithPhoto(100_000));
    assert.equal(loadChat().turns[0].parts[0].structured, undefined);
    globalThis.sessionStorage = storage(10);
    saveChat(chatWithPhoto(100_000));
    assert.deepEqual(loadChat(), newConversation());
  });
  it('treats an answer cut off by a reload as lost', () => {
    globalThis.sessionStorage = storage(1e6);
    const chat = newConversation();
    const turn = askQuestion(chat, 'log it');
    applyEvent(turn, { type: 'tool_use_start', id: 't', name: 'create_workout' });
    saveChat(chat);
    const kept = loadChat();
    assert.deepEqual(kept.turns[0].outcome, { kind: 'lost', code: 'reloaded' });
    assert.match(kept.history[1].content, /create_workout: unknown/);
  });
  it('starts empty when the stored state is invalid', () => {
    for (const text of ['{', 'null', '[]', '{"history":[],"turns":[1]}', '{"history":[7],"turns":[]}']) {
      globalThis.sessionStorage = { getItem: () => text };
      assert.deepEqual(loadChat(), newConversation());
    }
  });
});

describe('scales', () => {
  it('have round ticks that enclose the values', () => {
    assert.deepEqual(niceTicks(214.2, 236.3, 5), [210, 215, 220, 225, 230, 235, 240]);
    assert.deepEqual(niceTicks(0, 0.35, 5), [0, 0.1, 0.2, 0.3, 0.4]);
    for (const [min, max] of [[5, 5], [0, 0], [-3, -3], [1e9, 1e9 + 1], [0, 40], [99.9, 100.1]]) {
      const ticks = niceTicks(min, max, 5);
      assert.ok(ticks.length >= 2 && ticks.length <= 9, `${min} ${max}: ${ticks}`);
      assert.ok(ticks[0] <= min && ticks.at(-1) >= max);
    }
  });
  it('put few dates on the axis, at Mondays and firsts of a month', () => {
    const at = (date) => Date.parse(date);
    const dates = (from, to, most) => dateTicks(at(from), at(to), most).map((tick) => new Date(tick).toISOString().slice(0, 10));
    assert.deepEqual(dates('2026-09-23', '2026-11-14', 8), ['2026-09-28', '2026-10-05', '2026-10-12', '2026-10-19', '2026-10-26', '2026-11-02', '2026-11-09']);
    assert.deepEqual(dates('2026-09-23', '2026-11-14', 3), ['2026-10-01', '2026-11-01']);
    assert.deepEqual(dates('2026-11-14', '2026-11-14', 3), ['2026-11-14']);
    assert.ok(dates('1970-01-01', '2026-11-14', 4).length <= 14);
  });
  it('map no extent to the middle', () => assert.equal(scale(3, 3, 0, 10)(3), 5));
  it('draw the trend through the centre of the points, as least squares do', () => {
    const points = [0, 7, 14].map((days, at) => ({ at: days * DAY, value: 100 + at * 2 }));
    assert.deepEqual(trendLine(points, 2), [{ at: 0, value: 100 }, { at: 14 * DAY, value: 104 }]);
    assert.equal(trendLine(points, null), null);
    assert.equal(trendLine(points.slice(0, 1), 2), null);
  });
});

describe('what is drawn', () => {
  it('is the data of the tool results', () => {
    const bench = progress(data.progress);
    assert.deepEqual([bench.measure, bench.points.length, bench.slope, bench.unit], ['e1rm', 16, 2.71, 'lb']);
    const pullUp = progress(data.bodyweight);
    assert.deepEqual([pullUp.measure, pullUp.points.length, pullUp.slope], ['volume', 6, 80.69]);
    const squat = exerciseHistory(data.history);
    assert.deepEqual([squat.slope, squat.points[0].date < squat.points[4].date], [null, true]);
    const week = volumeWeek(data.volume);
    assert.deepEqual([week.rows.length, week.rows[0].name, week.untrained], [15, 'chest', ['adductors']]);
    assert.ok(week.rows.findIndex((row) => row.name === 'lower back') < week.rows.findIndex((row) => row.name === 'calves'), 'trained ones first');
  });
  it('is nothing for unexpected shapes', () => {
    for (const structured of data.odd.filter((odd) => odd !== null && typeof odd === 'object')) {
      const drawn = progress(structured);
      assert.ok(drawn === null || drawn.points.length === 0, JSON.stringify(structured));
      assert.equal(volumeWeek(structured), null);
    }
  });
  it('is the latest of too many sessions', () => {
    const at = (n) => new Date(n * DAY).toISOString().slice(0, 10);
    const points = Array.from({ length: 500 }, (_, n) => ({ date: at(n), volume: n, e1rm: n }));
    const long = progress({ ...data.progress, points });
    assert.deepEqual([long.points.length, long.points.at(-1).value], [400, 499]);
    const back = exerciseHistory({ ...data.history, sessions: points.toReversed() });
    assert.deepEqual([back.points.length, back.points[0].value], [400, 100]);
  });
  it('has no impossible figures', () => {
    const [first, ...rest] = data.progress.points;
    for (const odd of [{ volume: 1e308 }, { volume: -1 }, { volume: NaN }, { volume: '7' }]) {
      assert.equal(progress({ ...data.progress, points: [{ ...first, ...odd }, ...rest] }).points.length, 15);
    }
    for (const e1rm of [1e308, -5]) assert.equal(progress({ ...data.progress, points: [{ ...first, e1rm }, ...rest] }).points.length, 15);
    assert.equal(progress({ ...data.progress, e1rm: { slope_per_week: -1e308 } }).slope, null);
    const week = (muscle) => volumeWeek({ ...data.volume, muscles: [{ muscle: 'chest', direct: 3, fractional: 3, ...muscle }] });
    for (const odd of [{ direct: 1e308 }, { direct: -1 }]) assert.equal(week(odd), null);
    assert.equal(week({ fractional: 1e308 }).rows[0].fractional, 3);
    assert.equal(week({ landmarks: { mv: { min: 0, max: 1e300 } } }).rows[0].marks, null);
  });
  it('says when an estimate is a rough one', () => {
    assert.equal(progress(data.progress).rough, false);
    assert.equal(progress({ ...data.progress, e1rm: { ...data.progress.e1rm, low_confidence: true } }).rough, true);
  });
  it('has days independent of the time zone', () => {
    assert.equal(day('2026-11-14'), Date.UTC(2026, 10, 14));
    for (const odd of ['2026-02-30', '2026-1-1', '', null, 20261114]) assert.equal(day(odd), null);
  });
});

describe('words', () => {
  it('of tools say what runs and how it ended', () => {
    assert.deepEqual(['running', 'done', 'failed', 'unknown'].map((state) => toolWords('analyze_progress', state)),
      ['Analyzing progress…', 'Analyzed progress', 'Analyzing progress: failed', 'Analyzing progress: unfinished']);
    assert.equal(toolWords('constructor', 'done'), 'constructor: done');
    assert.equal(toolSubject({ exercise: 'bench-press' }), 'bench press');
    assert.equal(toolSubject(null), '');
  });
  it('of durations are short', () => assert.deepEqual([12, 320, 1530, 90_000].map(seconds), ['0.1 s', '0.3 s', '1.5 s', '1.5 min']));
});

describe('an access token', () => {
  it('has only characters that a header allows', () => {
    for (const token of ['good', 'eyJ.a-b_c.d~+/=']) assert.ok(isToken(token));
    for (const odd of ['', 'a b', 'a\nb', 'tokén', '…', 'a\u007f', null]) assert.ok(!isToken(odd), String(odd));
  });
});

describe('an account', () => {
  const account = (claims) => accountOf(tokenOf(claims));
  it('is what its token says, as far as it says anything', () => {
    assert.deepEqual(account({ sub: 'sam', name: ' Sam  Smith', iat: 1, exp: 2 }), { sub: 'sam', name: 'Sam Smith', issued: 1000, expires: 2000 });
    assert.deepEqual(account({ sub: 'ä', email: 'ä@example.com' }), { sub: 'ä', name: 'ä@example.com', issued: null, expires: null });
    const nothing = { sub: null, name: '', issued: null, expires: null };
    for (const odd of [{}, { sub: 1, name: {}, iat: 'x', exp: 1e300 }, null, [], 'text']) assert.deepEqual(account(odd), nothing);
    for (const odd of ['', 'opaque', 'a.b.c', 'a.%.c', 'a..']) assert.deepEqual(accountOf(odd), nothing);
  });
  it('is told with its id, in one short line without hidden letters', () => {
    const words = (claims) => accountWords(account(claims));
    assert.equal(words({ sub: 'sam' }), 'sam');
    assert.equal(words({ sub: 'sam', name: 'sam' }), 'sam');
    assert.equal(words({ sub: 'eve', name: 'sam' }), 'sam (eve)');
    assert.equal(words({ sub: '\u202eevas\u200b\n\u2066x' }), 'evasx');
    assert.equal(words({ sub: '\u200b', name: 'sam' }), 'sam (no id)');
    assert.match(words({}), /does not name/);
    const id = '3f2b1c9e-0d4a-4e57-9d0c-2f9a8f1f7c11';
    assert.equal(words({ sub: id }), id);
    const long = words({ sub: `${'a'.repeat(300)}end of the id` });
    assert.equal(long, `${'a'.repeat(28)}…d of the id`);
  });
  it('tells how long its token holds', () => {
    assert.match(validityWords({ issued: 0, expires: 86_400_000 }, 0), /^from .*1970.* until .*1970, [^()]*$/);
    assert.match(validityWords({ issued: null, expires: 1 }, 2), /^until .*\(expired\)$/);
    assert.match(validityWords({ issued: null, expires: null }), /does not tell/);
  });
});

describe('a photo', () => {
  it('that is a little too big has more than what is allowed', () => {
    assert.deepEqual([5 * 2 ** 20, 5 * 2 ** 20 + 1].map(megabytes), ['5 MB', '5.1 MB']);
  });
  const bytes = (...start) => new Uint8Array([...start, ...Array(12).fill(0)]).slice(0, 12);
  const ascii = (text) => [...text].map((letter) => letter.charCodeAt(0));
  it('has the type of its first bytes', () => {
    assert.equal(mediaType(bytes(0x89, ...ascii('PNG'))), 'image/png');
    assert.equal(mediaType(bytes(0xff, 0xd8, 0xff, 0xe0)), 'image/jpeg');
    assert.equal(mediaType(bytes(...ascii('GIF89a'))), 'image/gif');
    assert.equal(mediaType(bytes(...ascii('RIFF1234WEBP'))), 'image/webp');
    for (const other of ['<svg', '%PDF-1.7', 'RIFF1234WAVE', '']) assert.equal(mediaType(bytes(...ascii(other))), null);
  });
});
