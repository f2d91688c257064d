// The files of a run, as downloads. Their addresses are signed and expire, so an old one is asked for again when it is used.

import { el, icon } from './dom.js';
import { sizeWords } from './runwords.js';

/** The service's addresses are good for an hour, unless it is set to less. */
const GOOD_MS = 10 * 60_000;

/** `refresh()` resolves to the run, with new addresses. */
export function fileList({ refresh }) {
  const list = el('ul', { class: 'files' });
  const node = el('section', { 'aria-labelledby': 'run-files', hidden: true }, el('h3', { id: 'run-files' }, 'Files'), list);
  let shown = '';
  let at = 0;
  let links = new Map();

  function update(files) {
    at = Date.now();
    node.hidden = files.length === 0;
    const now = JSON.stringify(files.map(({ name, size, error }) => [name, size, error]));
    if (now !== shown) {
      shown = now;
      links = new Map();
      list.replaceChildren(...files.map(rowOf));
    }
    for (const { name, url } of files) if (links.has(name) && isAddress(url)) links.get(name).href = url;
  }

  function rowOf(file) {
    const facts = [sizeWords(file.size), file.contentType?.split(';')[0]].filter(Boolean).join(' · ');
    if (file.error || !isAddress(file.url)) {
      return el('li', { class: 'file' }, el('span', { class: 'file-name' }, icon('failed'), el('bdi', {}, file.name)),
        el('span', { class: 'small' }, file.error ?? 'not available'));
    }
    const link = el('a', { class: 'file-name', download: file.name, rel: 'noreferrer', onclick: (event) => renew(event, file.name) },
      icon('file'), el('bdi', {}, file.name));
    links.set(file.name, link);
    return el('li', { class: 'file' }, link, el('span', { class: 'small' }, facts));
  }

  async function renew(event, name) {
    if (Date.now() - at < GOOD_MS) return;
    event.preventDefault();
    update((await refresh()).files ?? []);
    links.get(name)?.click();
  }

  return { node, update };
}

function isAddress(url) {
  try {
    return ['http:', 'https:'].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}
