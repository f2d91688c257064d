// Scripted answers of the mock, chosen by the last question.

import { HELD, goOn, hold } from './approvals.mjs';
import { HOSTILE, RICH, bodyweight, history, odd, progress, volume } from './data.mjs';

const USAGE = { input_tokens: 10, output_tokens: 20, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };

const lastText = ({ messages }) => {
  const { content } = messages.at(-1);
  if (typeof content === 'string') return content;
  return content.filter((block) => block.type === 'text').map((block) => block.text).join(' ');
};

/** A turn in the making: its text and tool calls go out as events, and into the messages that `done` brings. */
function turnOf(io) {
  const messages = [];
  let count = 0;
  let said = '';
  const emit = io.write;
  const text = async (words, gap = 4) => {
    for (const piece of words.match(/[\s\S]{1,12}/g) ?? []) {
      if (io.gone()) return;
      emit({ type: 'text_delta', text: piece });
      said += piece;
      await io.wait(gap);
    }
  };
  const think = async (words) => {
    for (const piece of words.match(/[\s\S]{1,40}/g) ?? []) emit({ type: 'thinking_delta', text: piece });
    await io.wait(4);
  };
  const tool = async (name, input, structured, { ms = 120, error = false } = {}) => {
    const id = `toolu_${io.body.messages.length}_${count += 1}`;
    emit({ type: 'tool_use_start', id, name });
    await io.wait(20);
    emit({ type: 'tool_use', id, name, input });
    await io.wait(ms);
    emit({ type: 'tool_result', id, name, is_error: error, duration_ms: ms, ...(structured === undefined ? {} : { structured }) });
    messages.push(
      { role: 'assistant', content: [...(said ? [{ type: 'text', text: said }] : []), { type: 'tool_use', id, name, input }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: 'the figures' }], ...(error ? { is_error: true } : {}) }] });
    said = '';
  };
  const done = (stop_reason = 'end_turn', more = {}) => {
    const content = said ? [{ type: 'text', text: said }] : [];
    if (said) messages.push({ role: 'assistant', content });
    emit({ type: 'done', stop_reason, model: io.model, content, messages, usage: USAGE, request_id: 'req-0815', ...more });
  };
  const error = (code, retryable = true) =>
    emit({ type: 'error', code, message: `the ${code} message`, retryable, messages, usage: USAGE, request_id: 'req-4711' });
  return { text, think, tool, done, error, messages };
}

const SCRIPT = [
  [/hostile/i, async (turn) => { await turn.text(HOSTILE, 0); turn.done(); }],
  [/odd/i, async (turn) => {
    for (const structured of odd) await turn.tool('analyze_progress', { exercise: 'x' }, structured, { ms: 1 });
    for (const structured of odd) await turn.tool('check_volume_landmarks', {}, structured, { ms: 1 });
    await turn.text('Nothing to draw.');
    turn.done();
  }],
  [/^consider/i, async (turn, io) => {
    await turn.think('The user asks about the bench press. <b>I</b> look at sixty days. '.repeat(3));
    if (/then wait/.test(lastText(io.body))) while (!io.gone()) await io.wait(50);
    await turn.tool('analyze_progress', { exercise: 'bench-press' }, undefined);
    await turn.think('Now the volume of this week.');
    await turn.tool('check_volume_landmarks', {}, undefined);
    await turn.think('All of it fits together. '.repeat(20));
    await turn.text('It goes well.');
    turn.done();
  }],
  [/pull-up/i, async (turn) => {
    await turn.tool('analyze_progress', { exercise: 'pull-up' }, bodyweight);
    await turn.text('Volume is up.');
    turn.done();
  }],
  [/both/i, async (turn) => {
    await turn.tool('analyze_progress', { exercise: 'bench-press' }, progress);
    await turn.tool('analyze_progress', { exercise: 'squat' }, { ...progress, name: 'Back Squat', plateau: 'yes' });
    await turn.text('Two figures.');
    turn.done();
  }],
  [/progress/i, async (turn) => {
    await turn.text('Let me look at your sessions.');
    await turn.tool('analyze_progress', { exercise: 'bench-press', time_period_days: 60 }, progress, { ms: 320 });
    await turn.text(RICH);
    turn.done();
  }],
  [/volume/i, async (turn) => {
    await turn.tool('check_volume_landmarks', {}, volume);
    await turn.text('Chest is at **14 sets**: in the most productive range. Hamstrings are over what one recovers from.');
    turn.done();
  }],
  [/history|squats/i, async (turn) => {
    await turn.tool('get_exercise_history', { exercise: 'squat', days: 90 }, history);
    await turn.text('Five sessions of squats.');
    turn.done();
  }],
  [/log |^tools/i, async (turn, io) => {
    await turn.tool('create_workout', { exercises: [{ exercise: 'bench-press', sets: [{ reps: 5, weight: 185, unit: 'lb' }] }] }, undefined, { ms: 60 });
    await turn.tool('odd_new_tool', { a: 1 }, undefined, { ms: 1530, error: true });
    if (/then stop/.test(lastText(io.body))) return waitForever(io, turn);
    await turn.text('Logged.');
    turn.done();
  }],
  [/slow/i, async (turn) => { await turn.text('One word after another. '.repeat(400), 30); turn.done(); }],
  [/long/i, async (turn) => { await turn.text(Array.from({ length: 60 }, (_, at) => `Paragraph ${at + 1} of a long answer.\n\n`).join(''), 3); turn.done(); }],
  [/cut with tools/i, async (turn, io) => {
    await turn.text('I log it. ');
    await turn.tool('create_workout', { name: 'Push' }, undefined, { ms: 30 });
    // A browser drops received but undelivered data with the connection.
    await io.wait(1000);
    await io.cut();
  }],
  [/cut text/i, async (turn, io) => { await turn.text('Half an ans'); await io.wait(50); await io.cut(); }],
  [/cut off|ends early/i, async (turn) => { await turn.text('Half an answer'); }],
  [/mid error/i, async (turn) => {
    await turn.tool('create_workout', { name: 'Push' }, undefined, { ms: 30 });
    await turn.text('Then it ');
    turn.error('model_overloaded');
  }],
  [/max tokens/i, async (turn) => { await turn.text('A long plan'); turn.done('max_tokens'); }],
  [/refuse/i, async (turn) => turn.done('refusal')],
  [/go on/i, async (turn) => { await turn.text('And so it went on.'); turn.done(); }],
];

async function waitForever(io, turn) {
  await turn.text('Thinking on');
  while (!io.gone()) await io.wait(50);
}

const STATUS = {
  unauthorized: 401, invalid_json: 400, payload_too_large: 413, unsupported_media_type: 415, invalid_request: 422, rate_limited: 429,
  model_error: 502, model_overloaded: 503, tools_unavailable: 503, busy: 503, shutting_down: 503, timeout: 504, internal: 500,
};

export async function answer(io) {
  if (io.body.approvals?.length > 0) return goOn(turnOf(io), io);
  const question = lastText(io.body);
  const code = /error (\w+)/.exec(question)?.[1];
  if (code in STATUS) {
    const wait = { rate_limited: 3, busy: 1, model_overloaded: 120 }[code];
    const limit = /of requests/.test(question) ? { 'RateLimit-Policy': '"chat";q=60;w=60', RateLimit: '"chat";r=0;t=3' } : {};
    return io.problem(STATUS[code], code, wait ? { 'Retry-After': String(wait), ...limit } : {});
  }
  if (/proxy/.test(question)) return io.problem(200, 'x');
  io.write({ type: 'model_chosen', model: io.model });
  io.write(': keep-alive\n\n');
  const turn = turnOf(io);
  const event = /event (\w+)/.exec(question)?.[1];
  if (event in STATUS) return turn.error(event, !/for good/.test(question));
  await io.wait(60);
  const held = HELD.find(([words]) => words.test(question))?.[1];
  if (held) return hold(turn, io, held);
  const act = SCRIPT.find(([words]) => words.test(question))?.[1];
  if (act) return act(turn, io);
  const photo = JSON.stringify(io.body.messages.at(-1)).includes('"image"');
  await turn.text(photo ? 'I see the photo.' : `You asked: ${question}`);
  turn.done();
}
