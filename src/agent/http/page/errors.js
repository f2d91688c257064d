// Error messages for users. Pure.

const AGAIN = { retry: true };
const WORDS = {
  unauthorized: ['You are not signed in', 'The service did not accept the access token. It may have run out.', AGAIN],
  no_token: ['You are not signed in', 'The service answers only with an access token.', AGAIN],
  invalid_json: ['The service could not read this message', 'This is a fault of this page, not yours. Starting a new chat usually helps.', { fresh: true }],
  invalid_request: ['The service cannot take this message', 'Something in it does not fit, a photo perhaps. Change it and send it again, or start a new chat.', { fresh: true }],
  approvals_refused: ['Your confirmation was not accepted', 'Nothing was done. What was to be done may have changed meanwhile. Continue, or write what you want instead.', { retry: true, detail: true }],
  payload_too_large: ['This chat has become too long', 'It no longer fits into one request. Start a new one; what you have logged is kept.', { fresh: true }],
  unsupported_media_type: ['The service could not read this message', 'This is a fault of this page, not yours. Reload it and try again.', AGAIN],
  rate_limited: ['You have reached a limit', 'The service takes no more from you for now.', AGAIN],
  model_error: ['The model could not answer', 'The service got no usable answer from the model.', AGAIN],
  model_overloaded: ['The model is overloaded', 'Many people are asking right now. It is usually over in a minute.', AGAIN],
  tools_unavailable: ['Your training data is unavailable', 'The workout service does not answer at the moment.', AGAIN],
  busy: ['The service is busy', 'Too many chats are running at once.', AGAIN],
  shutting_down: ['The service is restarting', 'Give it a few seconds.', AGAIN],
  timeout: ['This took too long', 'The answer did not come in time.', AGAIN],
  internal: ['Something went wrong inside the service', 'It has been written to the log.', AGAIN],
  network: ['The service cannot be reached', 'Check your connection; the service may also be down.', AGAIN],
  lost: ['The connection was lost', 'The answer stopped before its end.', AGAIN],
  reloaded: ['The page was closed while answering', 'The answer stopped before its end.', AGAIN],
  bad_answer: ['That was not the service', 'Something else answered in its place, a proxy or a sign-in page perhaps.', AGAIN],
};
const UNKNOWN = ['Something went wrong', 'The service reported an error.', AGAIN];

/**
 * `{ title, text, retry, fresh, detail }`: the message, the useful actions, and whether the service's own words help. `retryable` false: the service says that the same
 * request would fail again.
 */
export function errorWords(code, retryable = true) {
  const [title, text, ways] = Object.hasOwn(WORDS, code) ? WORDS[code] : UNKNOWN;
  return { title, text, retry: false, fresh: false, detail: Boolean(ways.fresh), ...ways, ...(retryable === false ? { retry: false, fresh: true, detail: true } : {}) };
}

const AS_IT_IS = ['invalid_request', 'invalid_json', 'payload_too_large'];

/** True for a request that would be refused again if it were sent along with the next question. */
export const refusedAsItIs = (outcome) => outcome?.kind === 'error' && (AS_IT_IS.includes(outcome.code) || outcome.retryable === false);

/** "in 40 seconds", "in about 3 minutes" */
export function waitWords(seconds) {
  if (seconds < 90) return seconds === 1 ? 'in 1 second' : `in ${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `in about ${minutes} minutes`;
  return `in about ${Math.round(minutes / 60)} hours`;
}

/** The limit that is used up, of the headers `RateLimit-Policy` and `RateLimit`; null if none is. */
export function limitWords(policy, limit) {
  const [, most, window] = /;q=(\d+);w=(\d+)/.exec(policy ?? '') ?? [];
  if (!most || !/;r=0(;|$)/.test(limit ?? '')) return null;
  return `You can ask ${most} ${most === '1' ? 'question' : 'questions'} in ${window === '1' ? '1 second' : `${window} seconds`}.`;
}

/** Seconds of a `Retry-After` header, which may be a date; null without a readable one. */
export function retryAfter(header, now = Date.now()) {
  if (!header) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1000));
}

/** The note under an answer that ended before its natural end. */
export function stopWords(reason) {
  return {
    max_tokens: { text: 'The answer reached its length limit.', goOn: true },
    max_tool_rounds: { text: 'That took many steps, so the answer stops here.', goOn: true },
    approval_required: { text: 'This was not confirmed, and nothing of it was done.', goOn: false },
    refusal: { text: 'The model declined to answer this.', goOn: false },
    model_context_window_exceeded: { text: 'This chat has become too long for the model. Start a new one.', goOn: false },
  }[reason] ?? null;
}
