// The conversation: ask, stop, retry, start a new chat.

import { turnView } from './answer.js';
import { isAnswered, openCalls, waitingCalls, waitingWords } from './approvals.js';
import { errorWords, waitWords } from './errors.js';
import { answerCalls, applyEvent, askQuestion, endTurn, goesOn, isRefused, newConversation, tryAgain } from './history.js';
import { nameIn } from './inputwords.js';
import { loadChat, saveChat } from './store.js';
import { askService } from './turn.js';
import { toolWords } from './words.js';

/**
 * `say` announces to screen readers, `onChange()` is called when answering begins or ends and when the page becomes empty or not,
 * `onWait(seconds)` when a limit was reached, `settle()` when a button that may have held the focus is removed; `isIdle()` is
 * false while the user writes or is elsewhere.
 */
export function createChat({ place, access, say, onModel, onChange, onRefused, onWait, follow, toTop, settle, isIdle }) {
  let chat = loadChat();
  let previous = null;
  let running = null;
  let views = [];
  let leaving = false;
  /** Questions of this visit, to restore a refused one. */
  const photos = new WeakMap();

  const ways = {
    onRetry: () => retry(), onFresh: () => fresh(),
    onAnswer, onAnswerAll, onSendAnswers: sendAnswers,
    onExpired: () => {
      say('The time to confirm is over.');
      // This may be called during an update.
      queueMicrotask(showEndings);
    },
    nameOf: (key, id) => nameIn(chat.turns, key, id),
  };
  function addView(turn) {
    const view = turnView(turn, ways);
    views.push(view);
    place.append(view.node);
    return view;
  }
  function showAll() {
    views = [];
    place.replaceChildren();
    chat.turns.forEach(addView);
    showEndings();
  }
  const showEndings = () => views.forEach((view, at) => view.update({ last: at === views.length - 1 }));
  const changed = () => {
    saveChat(chat);
    onChange();
  };

  function onEvent(turn, view, event) {
    if (!applyEvent(turn, event)) return;
    view.schedule();
    if (event.type === 'model_chosen') onModel(turn.model);
    if (event.type === 'tool_use_start') say(toolWords(event.name, 'running'));
    if (event.type === 'tool_result') {
      say(toolWords(event.name, turn.parts.find(({ kind, id }) => kind === 'tool' && id === event.id)?.state ?? 'done'));
      saveChat(chat);
    }
  }

  async function run(turn, view, approvals = []) {
    const controller = new AbortController();
    const mine = { controller };
    running = mine;
    // What was heard before a question need not be heard again.
    const heard = approvals.length > 0 ? view.texts : 0;
    changed();
    showEndings();
    follow();
    say('Answering…');
    const outcome = await askService({
      history: chat.history, approvals, access, signal: controller.signal,
      onEvent: (event) => { if (running === mine) onEvent(turn, view, event); },
    });
    // Leaving the page aborts the answer; handled only if the page is restored.
    if (leaving) await new Promise((resolve) => addEventListener('pageshow', resolve, { once: true }));
    // A new chat has begun meanwhile: discard this answer.
    if (running !== mine) return;
    running = null;
    endTurn(chat, turn, outcome);
    showEndings();
    changed();
    say(endWords(turn, view.spoken(heard)));
    if (outcome.code === 'rate_limited' && outcome.wait > 0) onWait(outcome.wait);
    if (isRefused(turn)) onRefused(turn.question, photos.get(turn) ?? null);
    // Answered while other calls still ran.
    if (outcome.kind === 'done' && isAnswered(turn)) sendAnswers();
    else if (openCalls(turn).length > 0 && isIdle()) view.focusOpen();
  }

  function onAnswer(part, answer) {
    part.approval.answer = answer;
    answered(answer === null ? 'Not answered yet.' : answer.approved ? 'Approved.' : 'Declined.', answer !== null);
  }

  function onAnswerAll(turn, answer) {
    for (const { approval } of openCalls(turn)) approval.answer = { ...answer };
    answered(answer.approved ? 'All approved.' : 'All declined.', true);
  }

  /** Only the last turn has calls that wait. They are answered in one request. */
  function answered(words, next) {
    const [turn, view] = [chat.turns.at(-1), views.at(-1)];
    saveChat(chat);
    if (isAnswered(turn) && !running) {
      sendAnswers();
      return;
    }
    view.update();
    const open = openCalls(turn).length;
    say(open > 0 ? `${words} ${open} still open.` : words);
    if (next) view.focusOpen();
  }

  function sendAnswers() {
    const turn = chat.turns.at(-1);
    if (running || waitingCalls(turn).length === 0) return;
    const approvals = answerCalls(turn);
    run(turn, views.at(-1), approvals);
    settle();
  }

  function ask(text, photo) {
    if (running) return;
    previous = null;
    const turn = askQuestion(chat, text, photo);
    if (photo) photos.set(turn, photo);
    run(turn, addView(turn));
  }

  function retry() {
    const turn = chat.turns.at(-1);
    if (running || !turn?.outcome) return;
    if (openCalls(turn).length > 0) {
      views.at(-1).focusOpen();
      return;
    }
    if (waitingCalls(turn).length > 0) {
      sendAnswers();
      return;
    }
    tryAgain(chat, turn);
    run(turn, views.at(-1));
    settle();
  }

  /** `forget`: deletes the stored chat, which another user must not see. */
  function fresh({ forget = false } = {}) {
    running?.controller.abort();
    if (running) endTurn(chat, chat.turns.at(-1), { kind: 'stopped' });
    running = null;
    if (forget) previous = null;
    else if (chat.turns.length > 0) previous = chat;
    chat = newConversation();
    showAll();
    changed();
    toTop();
    settle();
    say('New chat.');
  }

  function bringBack() {
    if (!previous || chat.turns.length > 0) return;
    chat = previous;
    previous = null;
    showAll();
    changed();
    follow();
    settle();
  }

  try {
    showAll();
  } catch (error) {
    // Stored by another version of this page, or by other software: start a new chat.
    console.info('The last chat could not be shown', error);
    chat = newConversation();
    showAll();
  }
  addEventListener('pagehide', () => {
    leaving = true;
    saveChat(chat);
  });
  addEventListener('pageshow', () => { leaving = false; });
  // Timers rest while the page is hidden or the machine sleeps.
  document.addEventListener('visibilitychange', () => { if (!document.hidden && !running) showEndings(); });
  return {
    ask, fresh, bringBack,
    stop: () => running?.controller.abort(),
    get running() { return running !== null; },
    get empty() { return chat.turns.length === 0; },
    get canBringBack() { return previous !== null; },
  };
}

/** The announcement at the end: the whole answer, once. */
function endWords(turn, spoken) {
  const { outcome } = turn;
  const waiting = waitingWords(turn);
  if (outcome.kind === 'done' && waiting) return `${spoken} ${waiting}`.trim();
  if (outcome.kind === 'stopped') return goesOn(turn) ? 'Stopped. You can continue.' : 'Stopped.';
  if (outcome.kind === 'done') return spoken || 'The answer is empty.';
  const words = errorWords(outcome.code, outcome.retryable);
  const wait = outcome.wait > 0 ? ` Try again ${waitWords(outcome.wait)}.` : '';
  return `${words.title}. ${words.text}${wait}`;
}
