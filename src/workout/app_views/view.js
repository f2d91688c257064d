// The chart of a tool's result inside an MCP host: the side of the view of MCP Apps (io.modelcontextprotocol/ui), as of 2026-01-26.
// Messages are JSON-RPC 2.0 between this window and its parent.

import { chartOf } from './charts.js';
import { el } from './dom.js';

const PROTOCOL_VERSION = '2026-01-26';
const INITIALIZE = 1;
const METHOD_NOT_FOUND = -32601;
const MOST_TEXT = 4000;

const root = document.documentElement;
const place = document.querySelector('main');
const host = window.parent;

// The host's origin is unknown; no message holds anything that it has not sent itself.
const send = (message) => host.postMessage({ jsonrpc: '2.0', ...message }, '*');
const notify = (method, params) => send({ method, params });

const say = (words) => place.replaceChildren(el('p', { class: 'chart-note' }, words));

/** The result's text: of an error, or of what has no chart. */
function textOf({ content }) {
  const blocks = Array.isArray(content) ? content : [];
  const texts = blocks.filter((block) => block?.type === 'text' && typeof block.text === 'string').map((block) => block.text);
  return texts.join('\n').slice(0, MOST_TEXT);
}

function draw(result) {
  const chart = result.isError === true ? null : chartOf(root.dataset.tool, result.structuredContent);
  if (chart) place.replaceChildren(chart);
  else say(textOf(result) || 'There is nothing to show.');
}

function adopt(context) {
  if (context?.theme === 'light' || context?.theme === 'dark') root.dataset.theme = context.theme;
}

let told = '';
function tellSize() {
  const { width, height } = root.getBoundingClientRect();
  const size = { width: Math.ceil(width), height: Math.ceil(height) };
  const text = JSON.stringify(size);
  if (text === told) return;
  told = text;
  notify('ui/notifications/size-changed', size);
}

function initialized({ result, error }) {
  if (error) {
    say('This host does not speak the protocol of this view.');
    return;
  }
  adopt(result?.hostContext);
  notify('ui/notifications/initialized', {});
  new ResizeObserver(tellSize).observe(root);
}

const HEARD = {
  'ui/notifications/tool-result': draw,
  'ui/notifications/tool-cancelled': () => say('The call was cancelled.'),
  'ui/notifications/host-context-changed': adopt,
};
const ANSWERED = ['ping', 'ui/resource-teardown'];

window.addEventListener('message', ({ source, data }) => {
  if (source !== host || data?.jsonrpc !== '2.0') return;
  const { id, method, params } = data;
  if (method === undefined) {
    if (id === INITIALIZE) initialized(data);
  } else if (id === undefined) {
    if (Object.hasOwn(HEARD, method)) HEARD[method](params ?? {});
  } else if (ANSWERED.includes(method)) {
    send({ id, result: {} });
  } else {
    send({ id, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } });
  }
});

send({
  id: INITIALIZE,
  method: 'ui/initialize',
  params: {
    protocolVersion: PROTOCOL_VERSION,
    appInfo: { name: 'prog-strength-workouts', version: '{version}' },
    appCapabilities: { availableDisplayModes: ['inline'] },
  },
});
