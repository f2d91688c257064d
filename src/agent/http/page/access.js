// Sign-in: the configuration of the page and the access token. The token never leaves this tab.

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
 * `dialogs` are those below; `onConfig(config)` gets the service's page configuration; `onSwitch()` is called when another
 * token, so perhaps another user, takes over.
 */
export function createAccess({ dialogs, onConfig, onSwitch }) {
  let config = null;
  let why = 'first';
  let own = kept.get();
  let deciding = null;
  const use = (token) => {
    own = token;
    kept.set(token);
  };
  const takeOver = async (token) => {
    if (!(await dialogs.confirmSwitch())) return;
    use(token);
    onSwitch();
  };
  /** Asks first: a link must not silently switch the account. */
  function fromAddress() {
    const token = tokenFromAddress();
    if (token === '') why = 'odd';
    if (!token || token === own) return;
    if (own) {
      deciding = takeOver(token);
      return;
    }
    use(token);
    dialogs.close();
  }
  fromAddress();
  addEventListener('hashchange', fromAddress);

  async function load() {
    const response = await fetch('/page/config.json', { cache: 'no-store', signal: AbortSignal.timeout(CONFIG_MS) });
    if (!response.ok) throw new Error(`config.json: ${response.status}`);
    config = await response.json();
    onConfig(config);
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
        const token = await dialogs.askForToken(why);
        if (token) use(token);
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
    },
  };
}

const WHY = {
  refused: 'The service did not accept the last token; it may have run out. Paste a new one: your conversation is still here.',
  odd: 'What the address holds is no access token. Paste yours; it is kept in this tab only.',
};

/** The sign-in form and the switch-account dialog for `createAccess`. */
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

  const other = at('switch-dialog');
  let decide = () => {};
  at('switch-use').addEventListener('click', () => {
    decide(true);
    other.close();
  });
  at('switch-keep').addEventListener('click', () => other.close());
  other.addEventListener('close', () => decide(false));

  return {
    askForToken: (why) => new Promise((resolve) => {
      answer(null);
      answer = resolve;
      words.textContent = WHY[why] ?? first;
      if (!dialog.open) dialog.showModal();
      input.focus();
    }),
    confirmSwitch: () => new Promise((resolve) => {
      decide(false);
      decide = resolve;
      if (!other.open) other.showModal();
    }),
    close: () => dialog.close(),
  };
}
