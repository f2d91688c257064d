// Sign-in: the configuration of the page and the access token. The token never leaves this tab.

import { accountOf, accountWords, validityWords } from './account.js';

const TOKEN = 'prog-strength.token';
const CONFIG_MS = 10_000;

/** True for a valid header value: any other makes `fetch` throw. */
export const isToken = (text) => typeof text === 'string' && /^[\x21-\x7e]+$/.test(text);

const kept = {
  get() {
    try {
      const token = sessionStorage.getItem(TOKEN);
      return isToken(token) ? token : null;
    } catch { return null; }
  },
  set(token) { try { sessionStorage.setItem(TOKEN, token); } catch { /* It holds until the page is closed. */ } },
  drop() { try { sessionStorage.removeItem(TOKEN); } catch { /* There was none, then. */ } },
};

/**
 * Takes the token from the address and removes it there: addresses are copied and stored in histories.
 * Null without one; '' for an invalid one.
 */
export function tokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return isToken(token.trim()) ? token.trim() : '';
}

/**
 * `dialogs` are those below; `onConfig(config)` gets the service's page configuration; `onAccount(account)` is called when
 * another account, or null for none, is signed in; `onSwitch()` when its user may be another than before.
 */
export function createAccess({ dialogs, onConfig, onAccount, onSwitch }) {
  let config = null;
  let why = 'first';
  let own = kept.get();
  /** The user of the conversation, whose token may have run out meanwhile. */
  let user = own && accountOf(own).sub;
  let deciding = null;
  let asking = null;
  const use = (token) => {
    own = token;
    kept.set(token);
    user = accountOf(token).sub;
    onAccount(accountOf(token));
  };
  /** Always asks: a link must not sign a person into an account of another one. */
  async function decide(token) {
    if (!config) await load().catch(() => {});
    // A demo has one account.
    if (config?.token) return;
    const account = accountOf(token);
    if (!(await dialogs.confirmAccount(account, own && accountOf(own)))) return;
    const before = user;
    use(token);
    dialogs.close();
    if (before === null || before !== account.sub) onSwitch();
  }
  function fromAddress() {
    const token = tokenFromAddress();
    if (token === '') why = 'odd';
    if (token && token !== own) deciding = decide(token);
  }
  onAccount(own && accountOf(own));
  fromAddress();
  addEventListener('hashchange', fromAddress);

  async function load() {
    const response = await fetch('/page/config.json', { cache: 'no-store', signal: AbortSignal.timeout(CONFIG_MS) });
    if (!response.ok) throw new Error(`config.json: ${response.status}`);
    config = await response.json();
    onConfig(config);
    if (config.token) onAccount(accountOf(config.token));
  }

  return {
    get config() { return config; },
    load,
    /** The token to send; asks for one if there is none; null if the user gives none. */
    async token() {
      if (!config) await load();
      if (config.token) return config.token;
      await deciding;
      if (!own) {
        // Several requests may ask at the same time: one question.
        asking ??= dialogs.askForToken(why).finally(() => { asking = null; });
        const token = await asking;
        if (token && token !== own) use(token);
      }
      return own;
    },
    /** After a 401: a restarted demo has a new token; in production the user is asked for one. */
    async refused(token) {
      if (config.token) return load();
      if (token !== own) return;
      why = 'refused';
      own = null;
      kept.drop();
      onAccount(null);
    },
  };
}

const WHY = {
  refused: 'The service did not accept the last token; it may have run out. Paste a new one: your conversation is still here.',
  odd: 'What the address holds is no access token. Paste yours; it is kept in this tab only.',
};

/** The sign-in form and the confirmation of an account for `createAccess`. */
export function tokenDialogs() {
  const at = (id) => document.getElementById(id);
  const [dialog, input, words, problem] = [at('token-dialog'), at('token'), at('token-why'), at('token-problem')];
  const first = words.textContent;
  let answer = () => {};
  const complain = (text) => {
    problem.textContent = text;
    problem.hidden = text === '';
    input.setAttribute('aria-invalid', String(text !== ''));
  };

  at('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const token = input.value.trim().replace(/^Bearer\s+/i, '');
    if (!isToken(token)) {
      complain('This is no access token: it may hold no spaces and no letters beyond plain ones. Copy it again.');
      input.focus();
      return;
    }
    answer(token);
    dialog.close();
  });
  input.addEventListener('input', () => complain(''));
  at('token-cancel').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    input.value = '';
    complain('');
    answer(null);
  });

  const confirmation = at('account-dialog');
  let decide = () => {};
  at('account-use').addEventListener('click', () => {
    decide(true);
    confirmation.close();
  });
  at('account-decline').addEventListener('click', () => confirmation.close());
  confirmation.addEventListener('close', () => decide(false));

  return {
    askForToken: (why) => new Promise((resolve) => {
      answer(null);
      answer = resolve;
      words.textContent = WHY[why] ?? first;
      if (!dialog.open) dialog.showModal();
      input.focus();
    }),
    /** `current`: the account that is signed in, if any. */
    confirmAccount: (account, current) => new Promise((resolve) => {
      decide(false);
      decide = resolve;
      at('account-new').textContent = accountWords(account);
      at('account-valid').textContent = validityWords(account);
      at('account-current').textContent = current ? accountWords(current) : 'none';
      at('account-decline').textContent = current ? 'Keep the current one' : 'Do not use it';
      if (!confirmation.open) confirmation.showModal();
    }),
    close: () => dialog.close(),
  };
}
