// The Runs view: the list, or one run, in its place.

import { el } from './dom.js';
import { createRunsApi } from './runsapi.js';
import { runsList } from './runslist.js';
import { runPage } from './runpage.js';

/** `show(view)` takes a view of `views.js`; what is not shown asks the service for nothing. `go(fragment)` leads elsewhere. */
export function createRuns({ place, access, say, go }) {
  const api = createRunsApi({ base: () => access.config?.runs ?? '', access });
  const column = el('div', { class: 'column' });
  place.append(column);
  const open = (id) => go(`#runs/${encodeURIComponent(id)}`);
  let list = null;
  let page = null;

  function show(view) {
    page?.close();
    page = null;
    list?.pause();
    if (view.name === 'chat') return;
    list ??= runsList({ api, say, open });
    if (view.name === 'runs') {
      column.replaceChildren(list.node);
      list.resume();
    } else {
      page = runPage({ api, id: view.id, say, open, skills: api.skills });
      column.replaceChildren(page.node);
      place.scrollTop = 0;
    }
    (page ?? list).focus();
  }

  return {
    show,
    /** Another user: nothing of the one before stays. */
    forget() {
      list?.pause();
      list = null;
    },
  };
}
