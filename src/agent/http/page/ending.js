// The footer of an ended answer: an error with its actions, or a way to continue.

import { isMeant } from './approvalcard.js';
import { isWaiting, lateCalls, openCalls, waitingCalls } from './approvals.js';
import { el } from './dom.js';
import { errorWords, stopWords, waitWords } from './errors.js';
import { answerText, goesOn } from './history.js';

const button = (words, onclick, kind = 'plain') => el('button', { type: 'button', class: kind, onclick }, words);

/** A node, or null. Only the last answer (`last`) can be tried again. */
export function endingOf(turn, { last, onRetry, onFresh, onAnswerAll, onSendAnswers }) {
  const { outcome } = turn;
  if (!outcome) return null;
  if (outcome.kind === 'done' && turn.parts.some(isWaiting)) return waitingEnding(turn, { onAnswerAll, onSendAnswers });
  if (outcome.kind === 'done') return doneEnding(turn, last, onRetry);
  if (outcome.kind === 'stopped') {
    return el('div', { class: 'ending' }, el('span', {}, 'Stopped.'),
      last && button(goesOn(turn) ? 'Continue' : 'Try again', onRetry));
  }
  return errorCard(turn, last, { onRetry, onFresh });
}

/** How many calls still wait for an answer, with a way to answer all of them. */
function waitingEnding(turn, { onAnswerAll, onSendAnswers }) {
  const [open, all, late] = [openCalls(turn), waitingCalls(turn).length, lateCalls(turn).length];
  if (open.length === 0) {
    return el('div', { class: 'ending' },
      late > 0 && el('span', {}, all > late ? 'The rest has expired and was not done.' : 'The time to confirm is over.'),
      button('Continue', onSendAnswers));
  }
  const answerAll = (approved) => (event) => { if (isMeant(event)) onAnswerAll(turn, { approved }); };
  const danger = open.some(({ approval }) => approval.destructive);
  return el('div', { class: 'ending waiting-ending' },
    el('span', {}, all === 1 ? 'Waits for your answer. You can also write something else.' : `${open.length} of ${all} still open. The answer goes on when all are answered.`),
    open.length > 1 && button(`Approve all ${open.length}`, answerAll(true), danger ? 'main danger' : 'main'),
    open.length > 1 && button(`Decline all ${open.length}`, answerAll(false)));
}

function doneEnding(turn, last, onRetry) {
  const { outcome } = turn;
  const stop = stopWords(outcome.stopReason);
  const text = answerText(turn);
  const words = stop?.text ?? (text === '' ? 'There was no text in this answer.' : null);
  return el('div', { class: 'ending' },
    words && el('span', {}, words),
    stop?.goOn && last && button('Continue', onRetry),
    el('span', { class: 'small' }, outcome.model ?? turn.model ?? ''),
    text !== '' && navigator.clipboard && copyButton(text));
}

function copyButton(text) {
  const node = button('Copy', async () => {
    try {
      await navigator.clipboard.writeText(text);
      node.textContent = 'Copied';
    } catch {
      node.textContent = 'Could not copy';
    }
  }, 'plain copy');
  return node;
}

/** What is known of calls that the user approved, when the answer failed. */
function knownWords({ parts, outcome }) {
  if (parts.some(isWaiting)) {
    return outcome.code === 'network'
      ? 'It is not known whether your answers arrived. “Try again” sends them again; the workout service carries out each of them only once.'
      : 'Nothing was done yet. “Try again” sends your answers again.';
  }
  return parts.some(({ approval, state }) => approval && state === 'unknown')
    ? 'It is not known whether what you approved was done. “Try again” has it checked first.'
    : '';
}

function errorCard(turn, last, { onRetry, onFresh }) {
  const { outcome } = turn;
  const words = errorWords(outcome.code, outcome.retryable);
  const retry = last && words.retry && button('Try again', onRetry, 'main');
  const wait = el('p', { class: 'wait' });
  if (retry && outcome.wait > 0 && !outcome.waited) {
    // Counted down once only: after a reload the wait is over, or nearly.
    outcome.waited = true;
    countDown(outcome.wait, retry, wait, outcome.code === 'rate_limited');
  }
  const said = knownWords(turn);
  return el('div', { class: 'card bad' },
    el('p', {}, el('strong', {}, words.title), ' ', limitOf(outcome) ?? words.text),
    wait,
    said !== '' && el('p', { class: 'wait' }, said),
    last && el('div', { class: 'actions' }, retry, words.fresh && button('New chat', onFresh, words.retry ? 'plain' : 'main')),
    outcome.detail && words.detail && el('p', { class: 'small' }, outcome.detail),
    outcome.requestId && el('p', { class: 'small' }, 'Request ', el('code', {}, String(outcome.requestId).slice(0, 128))));
}

/** Which limit was reached. */
const limitOf = ({ code, limit, detail }) => (code === 'rate_limited' ? limit ?? detail : null);

/** Shows the remaining wait; for a rate limit (`binding`) the button stays disabled until then. */
function countDown(seconds, retry, words, binding) {
  const until = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left > 0 && (words.isConnected || left > seconds - 2)) {
      words.textContent = `Try again ${waitWords(left)}.`;
      retry.disabled = binding;
      setTimeout(tick, 500);
    } else {
      words.textContent = '';
      retry.disabled = false;
    }
  };
  tick();
}
