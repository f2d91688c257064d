// Conversation state: what is sent (`history`, Anthropic messages) and what is shown (`turns`).
// Pure: no DOM, no network. Decides how a retry continues, so that no completed write is requested twice.

import { decidedState, dropWaiting, hold, sendAnswers, settleAnswers, takeResults } from './approvals.js';
import { refusedAsItIs } from './errors.js';
import { textOf } from './words.js';

export const GO_ON = 'Please go on.';
export const GO_ON_CAREFULLY = 'Please go on; check first what has already been done.';
export const GO_ON_WITHOUT = 'My confirmation did not reach you, and nothing was done. Please go on; ask me again if it is still needed.';

/** Longer thinking is folded. */
const MOST_NOTE = 280;
/** The service took none of the answers, and would not if they came again. */
export const APPROVALS_REFUSED = 'approvals_refused';

export const newConversation = () => ({ history: [], turns: [] });

/** Adds a question to the history and opens a turn for its answer. `photo`: { mediaType, data, thumb }. */
export function askQuestion(chat, text, photo = null) {
  chat.turns.forEach(dropWaiting);
  withdrawRefused(chat);
  closeOpen(chat);
  const image = photo && { type: 'image', source: { type: 'base64', media_type: photo.mediaType, data: photo.data } };
  const words = text.trim() === '' ? [] : [{ type: 'text', text }];
  chat.history.push({ role: 'user', content: image ? [image, ...words] : text });
  const turn = { question: text, photo: photo?.thumb ?? null, model: null, parts: [], outcome: null };
  chat.turns.push(turn);
  return turn;
}

/** True for a question that the service or the model refuses. */
export const isRefused = (turn) =>
  refusedAsItIs(turn?.outcome) && !turn.parts.some((part) => part.kind === 'tool');

/** Removes a refused question from the history, which it would break; it stays on the page. */
function withdrawRefused({ history, turns }) {
  if (isRefused(turns.at(-1)) && isQuestion(history.at(-1))) history.pop();
}

/** Separates two questions in a row, which the model would read as one: it would also do what was stopped. */
function closeOpen({ history, turns }) {
  if (!isQuestion(history.at(-1))) return;
  const turn = turns.at(-1);
  const calls = callsOf(turn?.parts ?? []);
  const untouched = calls === '' && turn?.outcome?.kind === 'stopped' ? '; nothing was done' : '';
  const end = turn?.outcome?.kind === 'stopped' ? 'The user stopped this before it was answered' : 'This was not answered';
  history.push({ role: 'assistant', content: `(${end}${untouched}.${calls})` });
}

/** True for a user message with more than tool results. */
const isQuestion = (message) => message?.role === 'user'
  && !(Array.isArray(message.content) && message.content.some((block) => block?.type === 'tool_result'));

/** What the model is told of a call's state, where that is another word. */
const TOLD = { running: 'unknown', waiting: 'not run', unanswered: 'not run', declined: 'not run, the user declined', expired: 'not run, the confirmation expired' };

/** The outcome of the tool calls among the parts, as a sentence; empty without any. */
function callsOf(parts) {
  const calls = parts.filter((part) => part.kind === 'tool').map((part) => `${part.name}: ${TOLD[part.state] ?? part.state}`);
  return calls.length > 0 ? ` Tool calls so far: ${calls.join('; ')}.` : '';
}

/** Applies a stream event to the turn. False if nothing changes. */
export function applyEvent(turn, event) {
  const tool = () => turn.parts.find((part) => part.kind === 'tool' && part.id === event.id);
  switch (event.type) {
    case 'model_chosen':
      turn.model = textOf(event.model);
      return true;
    case 'text_delta':
      return addText(turn, textOf(event.text));
    case 'thinking_delta':
      return addText(turn, textOf(event.text), 'thinking');
    case 'tool_use_start':
      if (!tool()) addTool(turn, event);
      return true;
    case 'tool_use': {
      const part = tool() ?? addTool(turn, event);
      part.input = event.input ?? null;
      return true;
    }
    case 'tool_result': {
      const part = tool() ?? addTool(turn, event);
      part.state = event.is_error === true ? decidedState(part) : 'done';
      part.ms = Number.isFinite(event.duration_ms) ? event.duration_ms : null;
      if (part.state === 'done' && event.structured && typeof event.structured === 'object') part.structured = event.structured;
      return true;
    }
    case 'approval_request':
      return holdCall(turn, event);
    default:
      return false;
  }
}

function holdCall(turn, request) {
  const id = textOf(request?.tool_use_id);
  if (id === '') return false;
  hold(turn.parts.find((part) => part.kind === 'tool' && part.id === id) ?? addTool(turn, { id, name: request.name }), request);
  return true;
}

/** `kind`: `text`, or `thinking`, which is no part of the answer. */
function addText(turn, text, kind = 'text') {
  if (text === '') return false;
  // Parts of an earlier attempt are in the history already and no longer grow.
  const last = turn.parts.slice(turn.known ?? 0).at(-1);
  if (last?.kind === kind) last.text += text;
  else turn.parts.push({ kind, text });
  return true;
}

function addTool(turn, event) {
  const part = { kind: 'tool', id: textOf(event.id), name: textOf(event.name), input: null, state: 'running', ms: null };
  turn.parts.push(part);
  return part;
}

/** Ends the answer with `outcome.kind` `done`, `error`, `stopped` or `lost`, and updates the history. */
export function endTurn(chat, turn, outcome) {
  const { messages, content, approvals, ...kept } = outcome;
  const added = Array.isArray(messages) ? messages.filter(isMessage) : [];
  chat.history.push(...added);
  if (outcome.kind === 'done') showContent(turn, content);
  const cut = outcome.kind === 'stopped' || outcome.kind === 'lost';
  const partial = cut ? partialAnswer(turn, outcome.kind) : null;
  if (partial) chat.history.push(partial);
  takeResults(turn, added);
  endCalls(turn, outcome, added.length > 0 || partial !== null);
  turn.outcome = kept;
  // Parts that are in the history stay visible when the answer is retried.
  if (added.length > 0 || partial) turn.known = turn.parts.length;
}

/** `known`: the history says what became of the calls. */
function endCalls(turn, { kind, code, stopReason, approvals }, known) {
  const waits = kind === 'done' && stopReason === 'approval_required';
  const refused = kind === 'error' && code === APPROVALS_REFUSED;
  if (waits && Array.isArray(approvals)) approvals.forEach((request) => holdCall(turn, request));
  // Before the answers come back: those that were not taken wait again, whatever the outcome.
  if (!waits) dropWaiting(turn);
  settleAnswers(turn, known || kind === 'done');
  if (refused) dropWaiting(turn);
  for (const part of turn.parts) if (part.state === 'running') part.state = 'unknown';
}

export const isMessage = (message) =>
  message !== null && typeof message === 'object' && (message.role === 'user' || message.role === 'assistant')
  && (typeof message.content === 'string' || Array.isArray(message.content));

/** Text that arrived only with `done`. */
function showContent(turn, content) {
  const known = turn.known ?? 0;
  if (!Array.isArray(content) || turn.parts.slice(known).some((part) => part.kind === 'text')) return;
  for (const block of content) if (block?.type === 'text') addText(turn, textOf(block.text));
}

/** The shown part of an aborted answer, with the outcome of its tool calls; null if nothing was shown. */
function partialAnswer(turn, kind) {
  const parts = turn.parts.filter((part, at) => at >= (turn.known ?? 0) || part.approval?.sent);
  const text = parts.filter((part) => part.kind === 'text').map((part) => part.text).join('\n\n').trim();
  const calls = callsOf(parts);
  const end = kind === 'stopped' ? 'The user stopped this answer here.' : 'The connection was lost here.';
  const note = calls === '' ? '' : `(${end}${calls})`;
  const whole = [text, note].filter((piece) => piece !== '').join('\n\n');
  return whole === '' ? null : { role: 'assistant', content: whole };
}

/** Prepares the request with the user's answers to the calls that wait, and returns them. */
export function answerCalls(turn) {
  turn.parts.length = Math.min(turn.parts.length, turn.known ?? 0);
  turn.outcome = null;
  return sendAnswers(turn);
}

/** Prepares a retry: afterwards the history ends with a user message. */
export function tryAgain(chat, turn) {
  turn.parts.length = Math.min(turn.parts.length, turn.known ?? 0);
  if (turn.outcome?.code === APPROVALS_REFUSED) chat.history.push({ role: 'user', content: GO_ON_WITHOUT });
  else if (chat.history.at(-1)?.role !== 'user') {
    const called = turn.parts.some((part) => part.kind === 'tool');
    chat.history.push({ role: 'user', content: called && turn.outcome?.kind !== 'done' ? GO_ON_CAREFULLY : GO_ON });
  }
  turn.outcome = null;
}

/** True if a retry continues the answer instead of starting over. */
export const goesOn = (turn) => (turn.known ?? 0) > 0;

/** True for thinking that is a note on progress: short, and after a tool call. */
export const isNote = (turn, part) => part.text.trim().length <= MOST_NOTE
  && turn.parts.slice(0, turn.parts.indexOf(part)).some(({ kind }) => kind === 'tool');

/** The answer's text, for screen readers. */
export const answerText = (turn) =>
  turn.parts.filter((part) => part.kind === 'text').map((part) => part.text).join('\n\n');
