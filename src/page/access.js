// Who asks: the configuration of the page and the access token. The token never leaves this tab.

const TOKEN = 'prog-strength.token';

const kept = {
  get() { try { return sessionStorage.getItem(TOKEN); } catch { return null; } },
  set(token) { try { sessionStorage.setItem(TOKEN, token); } catch { /* It holds until the page is closed. */ } },
};

/** A token handed over in the address, which must not stay there: addresses are copied and kept in histories. */
export function tokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token === null) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return token.trim() || null;
}

/** `askForToken(again)` shows the form; it answers the token, or null when the person would rather not. */
export function createAccess({ askForToken, onConfig }) {
  let config = null;
  let again = false;
  let own = null;
  const use = (token) => {
    own = token;
    kept.set(token);
  };
  const given = tokenFromAddress();
  if (given) use(given);
  else own = kept.get();
  addEventListener('hashchange', () => {
    const token = tokenFromAddress();
    if (token) use(token);
  });

  async function load() {
    const response = await fetch('/page/config.json', { cache: 'no-store' });
    if (!response.ok) throw new Error(`config.json: ${response.status}`);
    config = await response.json();
    onConfig(config);
  }

  return {
    get config() { return config; },
    load,
    /** The token to send, asked for when there is none; null when there still is none. */
    async token() {
      if (!config) await load();
      if (config.token) return config.token;
      if (!own) {
        const token = await askForToken(again);
        if (token) use(token);
      }
      return own;
    },
    /** After a 401: a demo that was restarted has a new token; in production the person is asked for another. */
    async refused() {
      if (config.token) return load();
      again = true;
      own = null;
    },
  };
}

/** The form for the token, as the function that `createAccess` wants. */
export function tokenDialog() {
  const dialog = document.getElementById('token-dialog');
  const form = document.getElementById('token-form');
  const input = document.getElementById('token');
  const why = document.getElementById('token-why');
  const first = why.textContent;
  let answer = () => {};

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const token = input.value.trim().replace(/^Bearer\s+/i, '');
    if (!token) return;
    answer(token);
    dialog.close();
  });
  document.getElementById('token-cancel').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    input.value = '';
    answer(null);
  });

  return (again) => new Promise((resolve) => {
    answer(null);
    answer = resolve;
    why.textContent = again
      ? 'The service did not accept the last token; it may have run out. Paste a new one: your conversation is still here.'
      : first;
    if (!dialog.open) dialog.showModal();
    input.focus();
  });
}
