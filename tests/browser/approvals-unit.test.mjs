// Unit tests of approvals on the page: the state of calls that wait, and inputs in words.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { isAnswered, lateCalls, leftWords, nextChange, openCalls, waitingWords } from '../../src/agent/http/page/approvals.js';
import { answerCalls, applyEvent, askQuestion, endTurn, newConversation, tryAgain } from '../../src/agent/http/page/history.js';
import { aboutOf, exactly, nameIn, rowsOf, shortLines } from '../../src/agent/http/page/inputwords.js';
import { dayLong } from '../../src/agent/http/page/words.js';
import { loadChat, saveChat } from '../../src/agent/http/page/store.js';
import { WORKOUT } from './mock/approvals.mjs';

const MINUTE = 60_000;
const request = (id, more = {}) => ({ type: 'approval_request', token: `token-${id}`, tool_use_id: id, name: 'delete_workout', title: 'Delete a workout', input: { workout_id: 'w' }, destructive: true, until: Date.now() + 10 * MINUTE, ...more });
const call = (id) => ({ type: 'tool_use', id, name: 'delete_workout', input: {} });
const result = (id, text = 'not run', more = {}) => ({ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text }], ...more });
const held = (...ids) => [{ role: 'assistant', content: ids.map(call) }, { role: 'user', content: ids.map((id) => result(id)) }];

/** A chat whose only answer waits for these calls. */
function waiting(...requests) {
  const chat = newConversation();
  const turn = askQuestion(chat, 'delete it');
  requests.forEach((one) => applyEvent(turn, one));
  endTurn(chat, turn, { kind: 'done', stopReason: 'approval_required', messages: held(...requests.map((one) => one.tool_use_id)), approvals: requests });
  return { chat, turn };
}
const answer = (turn, ...answers) => turn.parts.forEach((part, at) => { part.approval.answer = answers[at] ?? null; });
const states = (turn) => turn.parts.map(({ state }) => state);
const approved = { approved: true };
const declined = { approved: false };

describe('calls that wait', () => {
  it('are those of the events, once each, and of `done` alone', () => {
    const { turn } = waiting(request('a'), request('b'));
    assert.deepEqual(states(turn), ['waiting', 'waiting']);
    const late = askQuestion(newConversation(), 'x');
    endTurn(newConversation(), late, { kind: 'done', stopReason: 'approval_required', messages: held('c'), approvals: [request('c')] });
    assert.deepEqual([states(late), late.parts[0].approval.title], [['waiting'], 'Delete a workout']);
  });
  it('are ended by a turn that ends otherwise, or that is not about them', () => {
    for (const [outcome, note] of [[{ kind: 'stopped' }, /delete_workout: not run/], [{ kind: 'lost' }, /not run/], [{ kind: 'error', code: 'busy' }, null], [{ kind: 'done', stopReason: 'end_turn' }, null]]) {
      const chat = newConversation();
      const turn = askQuestion(chat, 'delete it');
      applyEvent(turn, request('a'));
      endTurn(chat, turn, outcome);
      assert.deepEqual(states(turn), ['unanswered']);
      assert.equal(turn.parts[0].approval.token, undefined);
      if (note) assert.match(chat.history.at(-1).content, note);
    }
  });
  it('ignore malformed requests', () => {
    const turn = askQuestion(newConversation(), 'x');
    for (const odd of [{}, { tool_use_id: 7 }, { tool_use_id: 'a', token: null }, { tool_use_id: 'b', token: 'x', until: 'soon', title: 5, input: 'no' }]) applyEvent(turn, { type: 'approval_request', ...odd });
    assert.deepEqual(openCalls(turn).map(({ id }) => id), ['b']);
    endTurn(newConversation(), turn, { kind: 'done', stopReason: 'approval_required', messages: [], approvals: [null, 5, {}] });
    assert.deepEqual(rowsOf(turn.parts[1].input), []);
  });
  it('are all answered in one request; what expired is declined', () => {
    const { turn } = waiting(request('a'), request('b'), request('c', { until: Date.now() - 1 }));
    assert.deepEqual([openCalls(turn).length, lateCalls(turn).length, isAnswered(turn)], [2, 1, false]);
    answer(turn, approved, { approved: false, reason: 'no' });
    const sent = answerCalls(turn);
    assert.deepEqual(sent.slice(0, 2), [{ token: 'token-a', approved: true }, { token: 'token-b', approved: false, reason: 'no' }]);
    assert.deepEqual([sent[2].token, sent[2].approved], ['token-c', false]);
    assert.deepEqual(states(turn), ['running', 'declined', 'expired']);
  });
  it('have the result of their event, or of the messages without one', () => {
    const { chat, turn } = waiting(request('a'), request('b'), request('c'), request('d'));
    answer(turn, approved, approved, declined, approved);
    answerCalls(turn);
    applyEvent(turn, { type: 'tool_result', id: 'a', name: 'delete_workout', is_error: false, duration_ms: 4 });
    applyEvent(turn, { type: 'tool_result', id: 'd', name: 'delete_workout', is_error: true, duration_ms: 4 });
    const results = { role: 'user', content: [result('a', 'done'), result('b', 'the confirmation has expired', { is_error: true }), result('c', 'declined', { is_error: true }), result('d', 'no such workout', { is_error: true })] };
    endTurn(chat, turn, { kind: 'done', stopReason: 'end_turn', messages: [results] });
    assert.deepEqual(states(turn), ['done', 'expired', 'declined', 'failed']);
    assert.deepEqual(chat.history.at(-1), results);
    assert.ok(turn.parts.every(({ approval }) => approval.token === undefined), 'no token is kept');
  });
  it('wait again, with their answers, only if nothing says that they ran', () => {
    const outcomes = [
      [{ kind: 'error', code: 'busy' }, 'waiting'],
      [{ kind: 'error', code: 'network' }, 'waiting'],
      [{ kind: 'error', code: 'timeout', messages: [{ role: 'user', content: [result('a', 'done')] }] }, 'done'],
      [{ kind: 'error', code: 'approvals_refused' }, 'unanswered'],
      [{ kind: 'stopped' }, 'unknown'],
      [{ kind: 'lost', code: 'lost' }, 'unknown'],
    ];
    for (const [outcome, state] of outcomes) {
      const { chat, turn } = waiting(request('a'));
      answer(turn, approved);
      answerCalls(turn);
      endTurn(chat, turn, outcome);
      assert.deepEqual(states(turn), [state], JSON.stringify(outcome));
      assert.equal(isAnswered(turn), state === 'waiting');
    }
  });
  it('that ran before an error never wait again', () => {
    const { chat, turn } = waiting(request('a'));
    answer(turn, approved);
    answerCalls(turn);
    applyEvent(turn, { type: 'tool_result', id: 'a', name: 'delete_workout', is_error: false, duration_ms: 4 });
    endTurn(chat, turn, { kind: 'error', code: 'internal' });
    assert.deepEqual(states(turn), ['done']);
  });
  it('that were refused are explained to the model before it goes on', () => {
    const { chat, turn } = waiting(request('a'));
    answer(turn, approved);
    answerCalls(turn);
    endTurn(chat, turn, { kind: 'error', code: 'approvals_refused' });
    tryAgain(chat, turn);
    assert.match(chat.history.at(-1).content, /nothing was done/);
  });
  it('are dropped by the next question', () => {
    const { chat, turn } = waiting(request('a'));
    askQuestion(chat, 'something else');
    assert.deepEqual(states(turn), ['unanswered']);
    assert.deepEqual(chat.history.map(({ role }) => role), ['user', 'assistant', 'user', 'user']);
  });
  it('tell their time in whole minutes, and change only then', () => {
    assert.deepEqual([599_900, 61_000, 60_000, 1].map((ms) => leftWords(ms, 0)), ['Expires in 10 min', 'Expires in 2 min', 'Expires in less than a minute', 'Expires in less than a minute']);
    const turn = { parts: [{ state: 'waiting', approval: { until: 599_900, answer: null } }] };
    assert.deepEqual([0, 59_950, 545_000, 700_000].map((now) => nextChange(turn, now)), [59_900, 59_950, 54_900, null]);
  });
  it('are announced with their titles', () => {
    assert.equal(waitingWords(waiting(request('a')).turn), 'Your confirmation is needed: Delete a workout.');
    assert.equal(waitingWords(waiting(request('a'), request('b', { title: 'Change settings' })).turn), '2 confirmations are needed: Delete a workout; Change settings.');
  });
});

describe('the tab', () => {
  const stored = (limit = Infinity) => {
    const kept = new Map();
    globalThis.sessionStorage = {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => {
        if (value.length > limit) throw new Error('full');
        kept.set(key, value);
      },
    };
  };
  it('keeps the calls that wait, with their input, and the answers so far', () => {
    stored();
    const { chat, turn } = waiting(request('a'), request('b'));
    answer(turn, declined);
    saveChat(chat);
    assert.deepEqual(loadChat(), JSON.parse(JSON.stringify(chat)));
  });
  it('never keeps a question without what it asks about', () => {
    const { chat, turn } = waiting(request('a', { input: { notes: 'x'.repeat(3000) } }));
    turn.parts.push({ kind: 'tool', id: 'z', name: 'create_workout', input: { notes: 'x'.repeat(50_000) }, state: 'done', ms: 1 });
    for (const limit of [200_000, 20_000, 5000, 2000, 500]) {
      stored(limit);
      saveChat(chat);
      for (const part of loadChat().turns.flatMap((one) => one.parts)) {
        if (part.state === 'waiting') assert.ok(part.input && part.approval.token, `${limit}`);
      }
    }
    assert.deepEqual(states(turn), ['waiting', 'done'], 'the open page is not changed');
  });
});

describe('an input', () => {
  const shown = (input, nameOf) => rowsOf(input, nameOf).map(({ label, lines }) => [label, ...lines.map(({ text, depth }) => `${'  '.repeat(depth)}${text}`)]);
  const set = (reps, weight, more) => ({ reps, weight, unit: 'lb', ...more });
  it('has words for keys and values', () => {
    assert.deepEqual(shown({ performed_at: '2026-11-26', weekStart: 'monday', include_notes: false, done: true, notes: '', name: null, counts: [1, 2], none: [], x: {} }), [
      ['Performed at', '2026-11-26'], ['Week start', 'monday'], ['Include notes', 'no'], ['Done', 'yes'], ['Notes', 'empty'], ['Name', 'none'], ['Counts', '1, 2'], ['None', 'none'], ['X', 'nothing'],
    ]);
  });
  it('has short ids, with the name of what they stand for', () => {
    const turns = [{ parts: [{ structured: { workouts: [{ ...WORKOUT, exercises: WORKOUT.exercises.slice(0, 2) }] } }] }];
    const nameOf = (key, id) => nameIn(turns, key, id);
    const day = dayLong(Date.parse('2026-11-27'));
    assert.deepEqual(shown({ workout_id: WORKOUT.id, exercise_id: 'barbell-bench-press', plan_id: 'upper-lower-4-days' }, nameOf), [
      ['Workout', `Upper A, ${day}`, 'Barbell Bench Press, Seated Cable Row', 'id 0190c1d2…4f2a'],
      ['Exercise', 'Barbell Bench Press', 'id barbell-bench-press'],
      ['Plan', 'upper-lower-4-days'],
    ]);
    assert.equal(aboutOf({ limit: 3, workout_id: WORKOUT.id }, nameOf), `Upper A, ${day}`);
    assert.deepEqual([aboutOf(null, nameOf), aboutOf({ workout_id: 'other' }, nameOf)], ['', '']);
  });
  it('has sets as they are said, equal ones counted', () => {
    const exercises = [{ exercise_id: 'squat', sets: [set(5, 225), set(5, 225), set(3, 235, { rpe: 9, is_warmup: false })] }, { exercise_id: 'row', notes: 'easy', sets: [set(10, 60)] }];
    assert.deepEqual(shown({ exercises }), [['Exercises', 'squat', '  2 × 5 reps at 225 lb', '  3 reps at 235 lb, rpe 9', 'row, notes easy', '  10 reps at 60 lb']]);
    const plan = { sessions: [{ name: 'Upper A', day: 1, exercises: [{ exercise_id: 'row', sets: 3, reps_min: 5 }] }] };
    assert.deepEqual(shown(plan), [['Sessions', 'Upper A, day 1', '  Exercises:', '    row, sets 3, reps min 5']]);
  });
  it('of any shape is shown: nothing is left out or breaks', () => {
    for (const odd of [null, undefined, 5, 'text', []]) assert.deepEqual(rowsOf(odd), []);
    const deep = JSON.parse(`${'{"a":'.repeat(122)}1${'}'.repeat(122)}`);
    assert.match(rowsOf(deep)[0].lines.at(-1).text, /\{"a":1\}/);
    assert.deepEqual(shown({ __proto__x: 'a', constructor: 'b' }), [['Proto x', 'a'], ['Constructor', 'b']]);
    assert.equal(exactly(undefined), '{}');
  });
  it('hides no letters', () => {
    assert.deepEqual(shown({ 'k\u202ey': 'a\u0000b\nc' }), [['K\ufffdy', 'a\ufffdb', 'c']]);
    assert.match(exactly({ x: 'a\u202eb' }), /a\\u202eb/);
    assert.deepEqual(shown({ emoji: '👨‍👩‍👧' }), [['Emoji', '👨‍👩‍👧']]);
  });
  it('is cut when it is long', () => {
    const line = (text) => ({ text, depth: 0 });
    assert.equal(shortLines([line('short')]), null);
    assert.equal(shortLines(Array.from({ length: 6 }, () => line('x'))), null);
    assert.equal(shortLines(Array.from({ length: 7 }, () => line('x'))).length, 6);
    assert.ok(shortLines([line('x'.repeat(500))])[0].text.length <= 241);
  });
});
