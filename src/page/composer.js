// Where the question is written: text, a photo, and the button that sends or stops.

import { el, icon } from './dom.js';
import { PhotoProblem, readPhoto } from './photo.js';
import { loadDraft, saveDraft } from './store.js';

const at = (id) => document.getElementById(id);

/** `onSend(text, photo)`, `onStop()`; `maxBytes()` is the largest photo that the service takes. */
export function createComposer({ onSend, onStop, maxBytes }) {
  const form = at('composer');
  const field = at('message');
  const send = at('send');
  const attach = at('attach');
  const file = at('file');
  let photo = null;
  let running = false;

  const ready = () => field.value.trim() !== '' || photo !== null;
  const show = () => {
    send.replaceChildren(icon(running ? 'stop' : 'send'));
    send.setAttribute('aria-label', running ? 'Stop' : 'Send');
    send.classList.toggle('stopping', running);
    // Not `disabled`: that would throw the focus away when an answer ends while the button holds it.
    send.setAttribute('aria-disabled', String(!running && !ready()));
    field.style.height = 'auto';
    field.style.height = `${Math.min(field.scrollHeight, 200)}px`;
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

  function setPhoto(next) {
    photo = next;
    const remove = () => {
      setPhoto(null);
      field.focus();
    };
    at('attached').replaceChildren(...(photo ? [
      el('img', { src: photo.thumb, alt: `Photo to be sent: ${photo.name}` }),
      el('button', { type: 'button', class: 'remove', 'aria-label': 'Remove the photo', onclick: remove }, icon('close')),
    ] : []));
    at('attached').hidden = !photo;
    show();
  }

  async function take(files) {
    if (files.length === 0) return;
    problem(null);
    try {
      setPhoto(await readPhoto(files[0], maxBytes()));
      if (files.length > 1) problem('One photo at a time: only the first is attached.');
    } catch (error) {
      problem(error instanceof PhotoProblem ? error.message : 'This file could not be read.');
    }
    field.focus();
  }

  function submit() {
    if (running || !ready()) return;
    const [text, picture] = [field.value.trim(), photo];
    problem(null);
    setPhoto(null);
    write('');
    onSend(text, picture);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (running) onStop();
    else submit();
  });
  field.addEventListener('keydown', (event) => {
    // 229: Safari reports the Enter that ends a composition after the composition.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    submit();
  });
  field.addEventListener('input', () => {
    saveDraft(field.value);
    show();
  });
  attach.addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    take([...file.files]);
    file.value = '';
  });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    take(files);
  });
  dropping(take);
  addEventListener('resize', show);
  attach.append(icon('photo'));
  write(loadDraft());

  return {
    setRunning(now) {
      running = now;
      show();
    },
    focus: () => field.focus(),
    /** Puts a text there, unless something else is being written. */
    offer: (text) => { if (field.value.trim() === '') write(text); },
  };
}

/** Files can be dropped anywhere; beside the page the browser would open them in its place. */
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
