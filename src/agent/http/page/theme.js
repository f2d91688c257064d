// The colour theme: the system's, until the user chooses. A classic script in the head, so that the first paint has the
// right theme.
(() => {
  const KEY = 'prog-strength.theme';
  const root = document.documentElement;
  const systemDark = matchMedia('(prefers-color-scheme: dark)');

  const kept = () => {
    try { return localStorage.getItem(KEY); } catch { return null; }
  };
  const keep = (theme) => {
    try {
      if (theme) localStorage.setItem(KEY, theme);
      else localStorage.removeItem(KEY);
    } catch { /* Storage is switched off: the choice holds until the page is closed. */ }
  };
  const system = () => (systemDark.matches ? 'dark' : 'light');
  const chosen = kept();
  if (chosen === 'dark' || chosen === 'light') root.dataset.theme = chosen;

  document.addEventListener('DOMContentLoaded', () => {
    const button = document.getElementById('theme');
    const name = () => {
      const next = (root.dataset.theme ?? system()) === 'dark' ? 'light' : 'dark';
      button.setAttribute('aria-label', `Switch to the ${next} theme`);
      button.title = `Switch to the ${next} theme`;
      button.dataset.next = next;
    };
    button.addEventListener('click', () => {
      const next = button.dataset.next;
      // Back to the system's theme: follow its changes again.
      if (next === system()) delete root.dataset.theme;
      else root.dataset.theme = next;
      keep(root.dataset.theme);
      name();
    });
    systemDark.addEventListener('change', name);
    name();
  });
})();
