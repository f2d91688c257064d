// The views of the page, by the fragment of its address: `#runs`, `#runs/ID`, and the chat for anything else.

const TITLE = 'Prog Strength';

/** `{ name: 'chat' | 'runs' | 'run', id }` */
export function viewOf(fragment) {
  const [name, id] = fragment.replace(/^#/, '').split('/');
  if (name !== 'runs') return { name: 'chat' };
  return id ? { name: 'run', id } : { name: 'runs' };
}

/**
 * Shows the elements of one view and marks its link. `parts` are `{ chat: [elements], runs: [elements] }`, `links` likewise one
 * link each; `onView(view)` is called at each change. Until `enable` is called there is the chat alone.
 */
export function createViews({ nav, links, parts, onView }) {
  let enabled = false;
  let current = { name: 'chat' };
  function show() {
    const view = enabled ? viewOf(location.hash) : { name: 'chat' };
    const shown = view.name === 'chat' ? 'chat' : 'runs';
    for (const [name, elements] of Object.entries(parts)) for (const element of elements) element.hidden = name !== shown;
    for (const [name, link] of Object.entries(links)) {
      if (name === shown) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    document.title = shown === 'runs' ? `Runs – ${TITLE}` : TITLE;
    if (view.name === current.name && view.id === current.id) return;
    current = view;
    onView(view);
  }
  addEventListener('hashchange', show);
  return {
    get name() { return current.name; },
    enable(is) {
      enabled = is;
      nav.hidden = !is;
      show();
    },
    go(fragment) { location.hash = fragment; },
  };
}
