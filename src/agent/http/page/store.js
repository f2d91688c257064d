// Keeps the chat across a reload (sessionStorage). The page works without it when storage is full or disabled.

import { dropWaiting, isWaiting } from './approvals.js';
import { endTurn, isMessage, newConversation } from './history.js';

/** The version of the stored format. */
const CHAT = 'prog-strength.chat.2';
const DRAFT = 'prog-strength.draft';
const GONE = '(There was a photo here. It is no longer kept.)';

function write(key, value) {
  try {
    sessionStorage.setItem(key, value);
    return true;
  } catch {
    return false;
  }
}

function read(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Steps of reduction until the rest fits: photos, thumbnails, thinking, charts, tool inputs, old tool results. */
const THINNER = [
  (chat) => chat,
  (chat) => ({ ...chat, history: chat.history.map(withoutPhotos) }),
  (chat) => ({ ...chat, turns: chat.turns.map((turn) => ({ ...turn, photo: null })) }),
  (chat) => ({ ...chat, turns: chat.turns.map(withoutThinking) }),
  (chat) => ({ ...chat, turns: chat.turns.map((turn) => thinTools(turn, ({ structured, ...part }) => part)) }),
  (chat) => ({ ...chat, turns: chat.turns.map((turn) => thinTools(turn, (part) => (isWaiting(part) ? part : { ...part, input: null }))) }),
  withoutResults,
];

const thinTools = (turn, thin) => ({ ...turn, parts: turn.parts.map((part) => (part.kind === 'tool' ? thin(part) : part)) });

/** The parts stay: `turn.known` counts them. */
const withoutThinking = (turn) => ({ ...turn, parts: turn.parts.map((part) => (part.kind === 'thinking' ? { ...part, text: '' } : part)) });

function withoutPhotos(message) {
  if (!Array.isArray(message.content)) return message;
  const content = message.content.map((block) => (block?.type === 'image' ? { type: 'text', text: GONE } : block));
  return { ...message, content };
}

function textAlone(message) {
  if (!Array.isArray(message.content)) return message;
  return { ...message, content: message.content.filter((block) => block?.type === 'text') };
}

/** Without the calls in the history no answer to those that wait can be sent. */
function withoutResults(chat) {
  const history = chat.history.map(textAlone).filter((message) => message.content.length > 0);
  const turns = structuredClone(chat.turns);
  turns.forEach(dropWaiting);
  return { ...chat, history, turns };
}

export function saveChat(chat) {
  let thinned = chat;
  for (const thinner of THINNER) {
    thinned = thinner(thinned);
    if (write(CHAT, JSON.stringify(thinned))) return;
  }
}

/** Loads the conversation. An answer that was streaming then counts as lost. */
export function loadChat() {
  try {
    const chat = JSON.parse(read(CHAT));
    if (!Array.isArray(chat?.history) || !chat.history.every(isMessage) || !Array.isArray(chat?.turns)) return newConversation();
    if (!chat.turns.every((turn) => Array.isArray(turn?.parts) && typeof turn.question === 'string')) return newConversation();
    for (const turn of chat.turns) if (!turn.outcome) endTurn(chat, turn, { kind: 'lost', code: 'reloaded' });
    return chat;
  } catch {
    return newConversation();
  }
}

export const saveDraft = (text) => write(DRAFT, text);
export const loadDraft = () => read(DRAFT) ?? '';
