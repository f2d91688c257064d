// Entry point: creates the parts of the page and connects them.

import { createAccess, tokenDialogs } from './access.js';
import { accountWords } from './account.js';
import { createChat } from './chat.js';
import { createComposer } from './composer.js';
import { el, icon } from './dom.js';
import { createRuns } from './runs.js';
import { followEnd } from './scroll.js';
import { createViews } from './views.js';

const EXAMPLES = [
  'How’s my bench press progress over the last 2 months?',
  'What weight should I use for squats today?',
  'I feel stuck on overhead press',
  'Create me a 4-day upper/lower split',
  'Am I doing too much volume for chest?',
  'I’m feeling burned out',
  'Log bench 3x5 at 185 lb',
  'What exercises do I have for chest?',
];
/** Only for made-up data. */
const DEMO_EXAMPLE = 'Delete my last workout';
const MAX_PHOTO_BYTES = 5 * 1024 * 1024;
const SAID_MS = 5000;

const at = (id) => document.getElementById(id);

const showModel = (model) => { at('model').textContent = model; };

function showConfig({ claude, runs: address }) {
  showModel(claude?.model ?? '');
  const isStandIn = claude?.kind === 'stand_in';
  at('stand-in').hidden = !isStandIn;
  if (isStandIn && !exampleOf(DEMO_EXAMPLE)) addExample(DEMO_EXAMPLE);
  views.enable(typeof address === 'string');
}

function showAccount(account) {
  const words = account ? accountWords(account) : 'Not signed in';
  at('account').replaceChildren(...(account ? [el('span', { class: 'hidden-visually' }, 'Signed in as '), el('bdi', {}, words)] : [words]));
  at('account').title = account ? `Signed in as ${words}` : '';
}

/** Announces to screen readers. Emptied before, so that the same text is announced again, and afterwards, so that it is not read twice. */
const saying = [];
function say(words) {
  saying.splice(0).forEach(clearTimeout);
  at('live').textContent = '';
  saying.push(
    setTimeout(() => { at('live').textContent = words; }, 30),
    setTimeout(() => { at('live').textContent = ''; }, SAID_MS));
}

const access = createAccess({
  dialogs: tokenDialogs(),
  onConfig: showConfig,
  onAccount: showAccount,
  onSwitch: () => {
    chat.fresh({ forget: true });
    runs.forget();
    views.go('#chat');
  },
});
const runs = createRuns({ place: at('runs'), access, say, go: (fragment) => views.go(fragment) });
const views = createViews({
  nav: at('views'),
  links: { chat: at('view-chat'), runs: at('view-runs') },
  parts: { chat: [at('scroll'), at('composer-bar'), at('new-chat')], runs: [at('runs')] },
  onView: (view) => runs.show(view),
});
const scroll = followEnd(at('scroll'), at('content'), at('latest'));

const chat = createChat({
  place: at('turns'), access, say, settle, follow: scroll.follow, toTop: scroll.toTop, isIdle,
  onModel: showModel,
  onChange: () => show(),
  onRefused: (text, photo) => composer.offer(text, photo),
  onWait: (seconds) => composer.lock(seconds),
});
const composer = createComposer({
  onSend: chat.ask,
  onStop: chat.stop,
  onUnlock: () => say('You can send again.'),
  maxBytes: () => access.config?.max_photo_bytes ?? MAX_PHOTO_BYTES,
});

/** True if nobody writes or uses another part of the page. */
function isIdle() {
  const { activeElement } = document;
  return views.name === 'chat' && !document.querySelector('dialog[open]') && composer.empty
    && (activeElement === document.body || ['scroll', 'message', 'send'].includes(activeElement?.id));
}

const finePointer = () => matchMedia('(pointer: fine)').matches;

/** Moves the focus when its element was removed. Not to the field on a touch screen: that would open the keyboard. */
function settle() {
  if (finePointer()) composer.focus();
  else at('scroll').focus({ preventScroll: true });
}

const back = el('button', { type: 'button', class: 'plain back', onclick: () => chat.bringBack() }, 'Bring back the last chat');

function show() {
  composer.setRunning(chat.running);
  at('welcome').hidden = !chat.empty;
  at('conversation').hidden = chat.empty;
  back.hidden = !chat.canBringBack;
}

function exampleOf(text) {
  return [...at('examples').children].find((item) => item.textContent === text);
}

function addExample(text) {
  at('examples').append(el('li', {}, el('button', { type: 'button', onclick: () => {
    if (composer.locked) return;
    chat.ask(text, null);
    settle();
  } }, text)));
}

EXAMPLES.forEach(addExample);
at('welcome').append(back);
at('latest').prepend(icon('down'));
at('new-chat').prepend(icon('plus'));
at('theme').append(icon('sun'), icon('moon'));
at('new-chat').addEventListener('click', () => chat.fresh());

/** In a low window the notice would leave no room for the conversation, so it scrolls with it. */
const low = matchMedia('(max-height: 30rem)');
const placeNotice = () => (low.matches ? at('scroll').prepend(at('stand-in')) : document.querySelector('header').append(at('stand-in')));
low.addEventListener('change', placeNotice);
placeNotice();

addEventListener('keydown', (event) => {
  // In a dialog Escape closes the dialog; while an IME composes it drops the composition.
  if (event.key !== 'Escape' || event.isComposing || document.querySelector('dialog[open]')) return;
  if (chat.running && views.name === 'chat') chat.stop();
});

show();
if (!chat.empty) scroll.follow();
access.load()
  .then(() => access.token())
  .catch(() => showModel('The service cannot be reached'))
  .finally(() => { if (views.name === 'chat' && !document.querySelector('dialog[open]') && finePointer()) composer.focus(); });
