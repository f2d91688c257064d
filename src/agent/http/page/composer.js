// The message composer: text, a photo, and the send/stop button.

import { el, icon } from './dom.js';
import { waitWords } from './errors.js';
import { PhotoProblem, readPhoto } from './photo.js';
import { loadDraft, saveDraft } from './store.js';

/** How long after a change of the button a click still means its previous function, in ms. */
const TURN_MS = 500;

const at = (id) => document.getElementById(id);

/** `onSend(text, photo)`, `onStop()`, `onUnlock()`; `maxBytes()` is the size limit of a photo. */
export function createComposer({ onSend, onStop, onUnlock, maxBytes }) {
  const form = at('composer');
  const field = at('message');
  const send = at('send');
  const attach = at('attach');
  const file = at('file');
  let photo = null;
  /** The photo being read, if any: `{ send }` says whether to send the message once it is ready. */
  let reading = null;
  let running = false;
  let turnedAt = -Infinity;
  /** Until then the service takes no message; 0 when it does. */
  let lockedUntil = 0;

  const turnedJustNow = () => performance.now() - turnedAt < TURN_MS;
  const ready = () => field.value.trim() !== '' || photo !== null || reading !== null;
  const show = () => {
    send.replaceChildren(icon(running ? 'stop' : 'send'));
    send.setAttribute('aria-label', running ? 'Stop' : 'Send');
    send.classList.toggle('stopping', running);
    // Not `disabled`: that would drop the focus when an answer ends while the button has it.
    send.setAttribute('aria-disabled', String(!running && (lockedUntil > 0 || !ready())));
    field.style.height = 'auto';
    field.style.height = `${Math.min(field.scrollHeight, 200, Math.max(40, innerHeight * 0.3))}px`;
  };
  const write = (text) => {
    field.value = text;
    saveDraft(text);
    show();
  };
  const problem = (words) => {
    at('composer-problem').textContent = words ?? '';
    at('composer-problem').hidden = !words;
  };

  function tick() {
    const left = Math.ceil((lockedUntil - Date.now()) / 1000);
    const wait = at('composer-wait');
    wait.hidden = left <= 0;
    wait.textContent = left > 0 ? `You can send again ${waitWords(left)}.` : '';
    if (left > 0) {
      setTimeout(tick, 500);
      return;
    }
    lockedUntil = 0;
    show();
    onUnlock();
  }

  /** Renders the attachment: a photo, one being read, or none. */
  function setPhoto(next, nowReading = null) {
    photo = next;
    reading = nowReading;
    const remove = () => {
      setPhoto(null);
      field.focus();
    };
    at('attached').replaceChildren(...(photo || reading ? [
      photo ? el('img', { src: photo.thumb, alt: `Photo to be sent: ${photo.name}` }) : el('span', { class: 'reading' }, 'Reading the photo…'),
      el('button', { type: 'button', class: 'remove', 'aria-label': 'Remove the photo', onclick: remove }, icon('close')),
    ] : []));
    at('attached').hidden = !photo && !reading;
    show();
  }

  async function take(files) {
    if (files.length === 0) return;
    problem(null);
    const mine = { send: false };
    const before = photo;
    setPhoto(null, mine);
    try {
      const read = await readPhoto(files[0], maxBytes());
      // Removed or replaced meanwhile.
      if (reading !== mine) return;
      setPhoto(read);
      if (files.length > 1) problem('One photo at a time: only the first is attached.');
    } catch (error) {
      if (reading !== mine) return;
      setPhoto(before);
      mine.send = false;
      problem(error instanceof PhotoProblem ? error.message : 'This file could not be read.');
    }
    field.focus();
    if (mine.send) submit();
  }

  function submit() {
    if (running || lockedUntil > 0 || !ready()) return;
    if (reading) {
      // The photo belongs to this message: wait for it.
      reading.send = true;
      return;
    }
    const [text, picture] = [field.value.trim(), photo];
    problem(null);
    setPhoto(null);
    write('');
    onSend(text, picture);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (running) onStop();
    // A click just as the answer ends means stop.
    else if (!turnedJustNow()) submit();
  });
  // The second click of a double click is not meant for the changed button.
  send.addEventListener('click', (event) => { if (event.detail > 1 && turnedJustNow()) event.preventDefault(); });
  field.addEventListener('keydown', (event) => {
    // 229: Safari reports the Enter that ends a composition after the composition.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  field.addEventListener('input', () => {
    saveDraft(field.value);
    // Further typing cancels the pending send.
    if (reading) reading.send = false;
    show();
  });
  attach.addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    take([...file.files]);
    file.value = '';
  });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // A spreadsheet's cells come as text and as a picture of them.
    if (files.length === 0 || event.clipboardData.getData('text/plain').trim() !== '') return;
    event.preventDefault();
    take(files);
  });
  dropping(take);
  addEventListener('resize', show);
  attach.append(icon('photo'));
  write(loadDraft());

  return {
    setRunning(now) {
      if (now !== running) turnedAt = performance.now();
      running = now;
      show();
    },
    /** Sends nothing for so many seconds; the text can be edited. */
    lock(seconds) {
      const counting = lockedUntil > 0;
      lockedUntil = Date.now() + seconds * 1000;
      show();
      if (!counting) tick();
    },
    get locked() { return lockedUntil > 0; },
    get empty() { return field.value === '' && !photo && !reading; },
    focus: () => field.focus(),
    /** Sets the text, unless the user has typed something else. */
    offer(text, picture = null) {
      if (field.value.trim() !== '' || photo || reading) return;
      write(text);
      setPhoto(picture);
    },
  };
}

/** Accepts dropped files anywhere: elsewhere the browser would open them in place of the page. */
function dropping(take) {
  const files = (event) => event.dataTransfer?.types?.includes('Files');
  const mark = (on) => document.body.classList.toggle('dropping', on);
  addEventListener('dragover', (event) => {
    if (!files(event)) return;
    event.preventDefault();
    mark(true);
  });
  addEventListener('dragleave', (event) => { if (!event.relatedTarget) mark(false); });
  addEventListener('drop', (event) => {
    if (!files(event)) return;
    event.preventDefault();
    mark(false);
    take([...event.dataTransfer.files]);
  });
}
