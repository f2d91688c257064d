// Approvals of the mock: tools that wait for the user's word, with the checks that the service makes. Tokens are readable.

export const WAITS = "not run: waits for the user's confirmation";
const VALID_MS = 600_000;

const ID = '0190c1d2-7a3b-7c44-9e55-6f7788994f2a';
export const WORKOUT = {
  id: ID, name: 'Upper A', performed_at: '2026-11-27T18:30:00-07:00[America/Denver]',
  exercises: ['Barbell Bench Press', 'Seated Cable Row', 'Pull-up', 'Cable Fly'].map((name) => ({ name, exercise_id: name.toLowerCase().replaceAll(' ', '-'), sets: [{ reps: 5, weight: 185, unit: 'lb' }] })),
};
const DELETE = { name: 'delete_workout', title: 'Delete a workout', destructive: true, input: { workout_id: ID } };
const set = (reps, weight) => ({ reps, weight, unit: 'lb' });
const UPDATE = {
  name: 'update_workout', title: 'Correct a workout', destructive: true,
  input: {
    workout_id: ID, performed_at: '2026-11-26',
    exercises: [
      { exercise_id: 'barbell-bench-press', sets: [set(5, 185), set(5, 185), { ...set(4, 190), rpe: 9 }] },
      { exercise_id: 'pull-up', notes: 'strict', sets: [set(8, 0)] },
    ],
    notes: 'Slept badly, went lighter than planned. '.repeat(12).trim(),
  },
};
const SETTINGS = { name: 'update_settings', title: 'Change settings', destructive: false, input: { unit: 'kg', include_notes: false, week_start: null } };
const HOSTILE = {
  name: 'odd_new_tool', title: '<img src=x onerror=alert(1)> \u202eevil', destructive: true,
  input: { '<b>key</b>': '<script>alert(2)</script>', hidden: 'a\u202eb\u0000c', list: [], deep: { a: { b: { c: { d: 1 } } } }, nothing: null, ['k'.repeat(90)]: 'v'.repeat(2000) },
};

/** What each question asks for. */
export const HELD = [
  [/delete several/i, [DELETE, UPDATE, SETTINGS]],
  [/change settings/i, [SETTINGS]],
  [/correct my last/i, [UPDATE]],
  [/hold the odd one/i, [HOSTILE]],
  [/delete my last/i, [DELETE]],
];

/** The round in which the calls are held, after the workout was looked up. */
export async function hold(turn, io, calls) {
  await turn.text('I look for it. ');
  await turn.tool('list_workouts', { limit: 1 }, { workouts: [WORKOUT] }, { ms: 20 });
  const held = calls.map((call, at) => ({ ...call, id: `toolu_held_${io.body.messages.length}_${at}` }));
  const expires = Date.now() + (io.state.valid ?? VALID_MS);
  const approvals = held.map(({ id, name, title, input, destructive }) => ({
    token: `token.${id}.${expires}`, tool_use_id: id, name, title, input, destructive, expires_at: new Date(expires).toISOString(),
  }));
  for (const { id, name, input } of held) {
    io.write({ type: 'tool_use_start', id, name });
    io.write({ type: 'tool_use', id, name, input });
  }
  approvals.forEach((approval) => io.write({ type: 'approval_request', ...approval }));
  await io.wait(io.state.beforeDone ?? 0);
  turn.messages.push(
    { role: 'assistant', content: held.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input })) },
    { role: 'user', content: held.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: WAITS }] })) });
  turn.done('approval_required', { approvals });
}

/** The turn that goes on. `state.fail`: what happens to the next one, before or after the calls ran. */
export async function goOn(turn, io) {
  const { body, state } = io;
  const fail = state.fail;
  state.fail = null;
  const problem = refusal(body);
  if (fail === 'changed' || problem) return io.problem(422, 'invalid_request', {}, { detail: problem ?? 'approvals[0]: the tool has changed since' });
  if (fail === 'busy') return io.problem(503, 'busy', { 'Retry-After': '1' });
  io.write({ type: 'model_chosen', model: io.model });
  const results = [];
  for (const answer of body.approvals) {
    const id = idOf(answer);
    const { name } = callsOf(body).find((call) => call.id === id);
    const late = Date.now() > Number(answer.token.split('.').at(-1));
    const why = late ? 'the confirmation expired; ask again' : !answer.approved && `the user declined. ${answer.reason ?? ''}`;
    if (!why) {
      await io.wait(80);
      // As the workout server: a call is made once, however often its token comes.
      if (!state.ran.includes(id)) state.ran.push(id);
      if (fail === 'cut before the result') return cutAfterData(io);
      io.write({ type: 'tool_result', id, name, is_error: false, duration_ms: 80 });
    }
    results.push({ type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: why || 'done' }], ...(why ? { is_error: true } : {}) });
  }
  turn.messages.push({ role: 'user', content: results });
  if (fail === 'model fails') return turn.error('model_overloaded');
  const count = (words) => results.filter(({ content }) => content[0].text.startsWith(words)).length;
  await turn.text(`Done ${count('done')}, declined ${count('the user')}, expired ${count('the confirmation')}.`);
  if (state.slow) while (!io.gone()) await io.wait(50);
  turn.done();
}

async function cutAfterData(io) {
  // A browser drops received but undelivered data with the connection.
  await io.wait(1000);
  await io.cut();
}

const idOf = ({ token }) => token.split('.')[1];
const callsOf = ({ messages }) => messages.findLast(({ role }) => role === 'assistant').content.filter(({ type }) => type === 'tool_use');

/** Why the service refuses the answers: one is needed for each call that waits in the last message, and for no other. */
function refusal({ messages, approvals }) {
  const last = messages.at(-1);
  const waiting = (Array.isArray(last.content) ? last.content : []).filter((block) => block.type === 'tool_result' && block.content[0].text === WAITS);
  const ids = waiting.map((block) => block.tool_use_id).toSorted();
  const given = approvals.map(idOf).toSorted();
  return last.role === 'user' && ids.join() === given.join() ? null : `approvals: ${given} for ${ids}`;
}
