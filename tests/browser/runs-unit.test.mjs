// The pure parts of the Runs view.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { applyEntry, contentText, isFinal, newTrace } from '../../src/agent/http/page/journal.js';
import { failureWords, promptOf, runFacts, runName, scheduleWords, sizeWords, statusOf } from '../../src/agent/http/page/runwords.js';
import { bareName } from '../../src/agent/http/page/words.js';
import { viewOf } from '../../src/agent/http/page/views.js';

describe('a journal', () => {
  const traceOf = (...entries) => {
    const trace = newTrace();
    entries.forEach((entry) => applyEntry(trace, entry));
    return trace.parts;
  };

  it('joins a call and its result', () => {
    assert.deepEqual(traceOf(
      { type: 'started' }, { type: 'tool_call', id: 't1', name: 'write_file', input: { path: 'a' } },
      { type: 'tool_result', id: 't1', name: 'write_file', isError: false, durationMs: 3, content: [{ type: 'text', text: 'wrote a' }] }, { type: 'usage' }), [
      { kind: 'tool', id: 't1', name: 'write_file', input: { path: 'a' }, state: 'done', ms: 3, result: 'wrote a' }]);
  });
  it('leaves the outcome of a call open that had none at the end', () => {
    assert.equal(traceOf({ type: 'tool_call', id: 't1', name: 'x' }, { type: 'cancelled' })[0].state, 'unknown');
    assert.equal(traceOf({ type: 'tool_call', id: 't1', name: 'x' }, { type: 'retried', attempt: 2 })[0].state, 'running');
  });
  it('takes entries of any shape', () => {
    const odd = [null, 1, 'x', [], {}];
    for (const type of ['text', 'tool_call', 'tool_result', 'file', 'retried', 'failed', 'new']) {
      for (const value of odd) traceOf({ type, id: value, name: value, text: value, content: value, input: value, reason: value, size: value });
    }
  });
  it('ends with four types', () => {
    assert.deepEqual(['started', 'completed', 'failed', 'cancelled', 'expired', 'retried'].filter(isFinal), ['completed', 'failed', 'cancelled', 'expired']);
  });
  it('has the text of every kind of content', () => {
    assert.equal(contentText('as it is'), 'as it is');
    assert.equal(contentText([{ type: 'text', text: 'a' }, { type: 'image' }]), 'a\n[image]');
    assert.equal(contentText(undefined), '');
    assert.equal(contentText({ a: 1 }), '{\n  "a": 1\n}');
  });
});

describe('words about runs', () => {
  it('name a run by its skill, its prompt, its answer or its id', () => {
    const skills = [{ id: 's', name: 'weekly-review' }];
    assert.equal(runName({ skillId: 's', metadata: { prompt: 'p' } }, skills), 'weekly-review');
    assert.equal(runName({ skillId: 'gone' }, skills), 'A skill');
    assert.equal(runName({ metadata: { prompt: 'first\nsecond' } }), 'first');
    assert.equal(runName({ metadata: { prompt: 'asked', title: 'no' } }), 'asked');
    assert.equal(runName({ response: '# **Week**\n\ntext' }), 'Week');
    assert.equal(runName({ executionId: '0199d0c2-5b1e-7c43-9a55-0d6c1f1f3a77', response: null, metadata: null }), 'Run 1f1f3a77');
    assert.equal(runName({ metadata: { prompt: 'x'.repeat(200) } }).length, 90);
  });
  it('know a prompt only where there is one', () => {
    assert.equal(promptOf({ metadata: { prompt: 'p' } }), 'p');
    assert.equal(promptOf({ metadata: { prompt: 7 } }), null);
    assert.equal(promptOf({}), null);
  });
  it('tell facts, and leave out what is not known', () => {
    assert.equal(runFacts({ trigger: 'schedule', createdAt: 'never', startedAt: '2026-11-29T00:00:00Z', durationMs: 12_000 }), 'on schedule · 12 s');
    assert.equal(runFacts({}), '');
  });
  it('tell schedules', () => {
    const schedule = (cron, timezone = 'America/New_York') => scheduleWords({ type: 'schedule', cron, timezone });
    assert.equal(schedule('0 7 * * 1'), 'Mondays at 07:00 (America/New York)');
    assert.equal(schedule('30 18 * * sun'), 'Sundays at 18:30 (America/New York)');
    assert.equal(schedule('5 6 * * *', null), 'Every day at 06:05');
    assert.equal(schedule('0 9 * * 1-5', null), 'Monday to Friday at 09:00');
    assert.equal(schedule('0 9 1 * *', null), 'Day 1 of each month at 09:00');
    for (const cron of ['*/5 * * * *', '0 7 1 * 1', '0 7 * 2 1', '0 7 * * 1,3', '0 7 * * 1#2']) assert.equal(schedule(cron, null), `Cron ${cron}`);
    assert.equal(scheduleWords({ type: 'webhook' }), 'Started by a webhook');
    assert.equal(scheduleWords({}), 'Started by hand');
  });
  it('tell sizes', () => {
    assert.deepEqual([0, 1, 999, 1000, 3400, 999_949, 999_950, 52_428_800, undefined].map(sizeWords),
      ['0 bytes', '1 byte', '999 bytes', '1 kB', '3.4 kB', '999.9 kB', '1 MB', '52.4 MB', '']);
  });
  it('have a name for every status and failure', () => {
    for (const status of ['queued', 'running', 'completed', 'failed', 'cancelled', 'expired', 'constructor', undefined]) assert.ok(statusOf(status).words);
    for (const code of ['attempts_exhausted', 'timeout', 'model_error', 'busy', 'no_such_code', 'constructor']) assert.ok(failureWords(code).title, code);
  });
  it('know a tool behind the name of its server', () => {
    assert.equal(bareName('prog_strength__list_workouts'), 'list_workouts');
    assert.equal(bareName('github__list_issues'), 'github: list_issues');
    assert.equal(bareName('write_file'), 'write_file');
  });
});

describe('a view', () => {
  it('is what the fragment names', () => {
    assert.deepEqual(['', '#', '#chat', '#runs', '#runs/', '#runs/abc', '#token=runs', '#other'].map(viewOf),
      ['chat', 'chat', 'chat', 'runs', 'runs', { name: 'run', id: 'abc' }, 'chat', 'chat'].map((view) => (typeof view === 'string' ? { name: view } : view)));
  });
});
