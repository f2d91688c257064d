// Markdown to nodes. markdown-it only parses; nodes are made here, one by one, so nothing the model writes can become
// markup of its own: HTML in it is text, pictures are links, and links go to the web or to mail alone.

import './markdown-it.min.js';
import { el } from './dom.js';

const parser = globalThis.markdownit({ html: false, linkify: true, breaks: true, maxNesting: 40 });
// "3x5.at" is a set, not an address: only what is written as one becomes a link.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });

/** Longer text is an accident or an attack: it is shown unformatted. */
const MOST_LETTERS = 100_000;
const MOST_TOKENS = 20_000;

const shown = new WeakMap();

/**
 * Renders the text into `host`. A repeated call with a longer text updates only the changed blocks, so that a
 * selection in the finished part of a streaming answer survives.
 */
export function showMarkdown(host, text) {
  const env = {};
  const tokens = text.length > MOST_LETTERS ? null : parser.parse(text, env);
  if (!tokens || tokens.length > MOST_TOKENS) {
    shown.delete(host);
    host.replaceChildren(el('pre', { class: 'raw', tabindex: '0' }, text));
    return;
  }
  const top = Math.min(6, ...tokens.filter((token) => token.type === 'heading_open').map(levelOf));
  const references = JSON.stringify(env.references ?? null);
  const lines = text.split('\n');
  const before = shown.get(host) ?? [];
  const blocks = topLevel(tokens);
  const keys = blocks.map((block) => {
    const source = block[0].map ? lines.slice(...block[0].map).join('\n') : '';
    return `${block[0].type} ${top} ${references} ${source}`;
  });
  blocks.forEach((block, at) => {
    if (keys[at] === before[at]) return;
    const node = build(block, top);
    if (host.childNodes[at]) replace(host.childNodes[at], node);
    else host.append(node);
  });
  while (host.childNodes.length > blocks.length) host.lastChild.remove();
  shown.set(host, keys);
}

/** Keeps the scroll position and focus of a growing table. */
function replace(before, node) {
  const scrollers = (block) => (block.matches?.('.wide, pre') ? [block] : [...block.querySelectorAll?.('.wide, pre') ?? []]);
  const kept = scrollers(before).map((old) => ({ left: old.scrollLeft, focused: old === document.activeElement }));
  before.replaceWith(node);
  scrollers(node).forEach((now, at) => {
    if (kept[at]?.left) now.scrollLeft = kept[at].left;
    if (kept[at]?.focused) now.focus({ preventScroll: true });
  });
}

const levelOf = (token) => Number(token.tag.slice(1)) || 1;

/** The tokens of each outermost block. */
function topLevel(tokens) {
  const blocks = [];
  let depth = 0;
  for (const token of tokens) {
    if (depth === 0) blocks.push([]);
    blocks.at(-1).push(token);
    depth += token.nesting;
  }
  return blocks;
}

/** One outermost block as one node. */
function build(tokens, top) {
  const root = el('div');
  let at = root;
  const parents = [];
  for (const token of tokens) {
    if (token.hidden) continue;
    if (token.nesting > 0) {
      const { outer, inner } = open(token, top);
      at.append(outer);
      parents.push(at);
      at = inner;
    } else if (token.nesting < 0) {
      at = parents.pop() ?? root;
    } else if (token.type === 'inline') {
      inline(token.children ?? [], at);
    } else {
      at.append(leaf(token));
    }
  }
  return root.childNodes.length === 1 ? root.firstChild : root;
}

const BLOCKS = {
  paragraph_open: 'p', blockquote_open: 'blockquote', bullet_list_open: 'ul', ordered_list_open: 'ol', list_item_open: 'li',
  thead_open: 'thead', tbody_open: 'tbody', tr_open: 'tr', th_open: 'th', td_open: 'td',
};

function open(token, top) {
  if (token.type === 'heading_open') return both(el(`h${Math.min(6, 4 + levelOf(token) - top)}`));
  if (token.type === 'table_open') {
    const table = el('table');
    // Wide tables scroll; focusable for the keyboard.
    return { outer: el('div', { class: 'wide', tabindex: '0', role: 'group', 'aria-label': 'Table' }, table), inner: table };
  }
  const node = el(BLOCKS[token.type] ?? 'div');
  if (token.type === 'th_open') node.scope = 'col';
  const align = /text-align:\s*(right|center)/.exec(token.attrGet('style') ?? '');
  if (align) node.classList.add(align[1]);
  const start = Number(token.attrGet('start'));
  if (token.type === 'ordered_list_open' && Number.isSafeInteger(start) && start > 1) node.start = start;
  return both(node);
}

const both = (node) => ({ outer: node, inner: node });

function leaf(token) {
  if (token.type === 'hr') return el('hr');
  if (token.type === 'fence' || token.type === 'code_block') {
    return el('pre', { tabindex: '0', role: 'group', 'aria-label': 'Code' }, el('code', {}, token.content.replace(/\n$/, '')));
  }
  return el('p', {}, token.content);
}

const INLINE = { strong_open: 'strong', em_open: 'em', s_open: 's' };

function inline(tokens, host) {
  let at = host;
  const parents = [];
  for (const token of tokens) {
    if (token.nesting > 0) {
      const node = token.type === 'link_open' ? link(token.attrGet('href')) : el(INLINE[token.type] ?? 'span');
      at.append(node);
      parents.push(at);
      at = node;
    } else if (token.nesting < 0) {
      at = parents.pop() ?? host;
    } else {
      at.append(piece(token, at));
    }
  }
}

function piece(token, at) {
  if (token.type === 'softbreak' || token.type === 'hardbreak') return el('br');
  if (token.type === 'code_inline') return el('code', {}, token.content);
  // An external image would tell its host that the answer was read: show a link instead.
  if (token.type === 'image') {
    const words = token.content || 'picture';
    const node = at.closest('a') ? el('span') : link(token.attrGet('src'));
    node.append(words);
    return node;
  }
  return document.createTextNode(token.content);
}

/** A link, or a plain span when it would lead anywhere but to the web or to mail. */
function link(address) {
  const href = safe(address);
  if (!href) return el('span', { class: 'dead-link' });
  return el('a', { href, title: href, target: '_blank', rel: 'noopener noreferrer' });
}

function safe(address) {
  try {
    const url = new URL(address);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
