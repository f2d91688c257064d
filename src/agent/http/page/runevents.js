// Follows a run: its event stream, taken up again after the last entry when it breaks off.

import { readEvents } from './eventstream.js';
import { isFinal } from './journal.js';
import { RunsError } from './runsapi.js';

const PAUSES_MS = [250, 1000, 2000, 4000, 8000];
/** What another try does not change. */
const LASTING = ['not_found', 'no_token', 'unauthorized', 'invalid_request', 'bad_answer'];

/**
 * Calls `onRun(run)` with the run as it is at each connection, `onEntry(entry)` with each entry once, and `onLink(isUp)` when
 * the connection breaks off and when it is there again. Ends after the final entry, or when the signal is aborted; throws the
 * `RunsError` of a run that cannot be read.
 */
export async function followRun({ api, id, signal, onRun, onEntry, onLink }) {
  let seq = 0;
  let failures = 0;
  let ended = false;
  const take = (event) => {
    if (event.seq === undefined) {
      onRun(event);
    } else if (event.seq > seq) {
      seq = event.seq;
      failures = 0;
      onEntry(event);
      ended = isFinal(event.type);
    }
    return ended;
  };
  while (!signal.aborted) {
    try {
      const response = await api.events(id, seq, signal);
      onLink(true);
      await readEvents(response, (event) => signal.aborted || take(event));
    } catch (error) {
      if (!signal.aborted && error instanceof RunsError && LASTING.includes(error.code)) throw error;
    }
    if (ended || signal.aborted) return;
    onLink(false);
    await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)], signal);
    failures += 1;
  }
}

const pause = (ms, signal) => new Promise((resolve) => {
  setTimeout(resolve, ms);
  signal.addEventListener('abort', resolve, { once: true });
});
