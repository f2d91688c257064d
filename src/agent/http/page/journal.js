// A run's journal as what the page shows of it. Pure.

import { textOf } from './words.js';

const FINAL = ['completed', 'failed', 'cancelled', 'expired'];

/** True for a status, or a journal entry's type, that ends a run. */
export const isFinal = (status) => FINAL.includes(status);

export const newTrace = () => ({ parts: [] });

/** Adds an entry to the trace. False if it shows nothing. */
export function applyEntry(trace, entry) {
  const tool = () => trace.parts.find((part) => part.kind === 'tool' && part.id === entry.id);
  switch (entry.type) {
    case 'text':
      return textOf(entry.text).trim() !== '' && add(trace, { kind: 'text', text: textOf(entry.text) });
    case 'tool_call': {
      const part = tool() ?? addTool(trace, entry);
      part.input = entry.input ?? null;
      return true;
    }
    case 'tool_result': {
      const part = tool() ?? addTool(trace, entry);
      part.state = entry.isError === true ? 'failed' : 'done';
      part.ms = Number.isFinite(entry.durationMs) ? entry.durationMs : null;
      part.result = contentText(entry.content);
      return true;
    }
    case 'file':
      return add(trace, { kind: 'file', name: textOf(entry.name), size: entry.size, error: entry.error ?? null });
    case 'retried':
      return add(trace, { kind: 'note', text: retriedWords(entry) });
    default:
      if (isFinal(entry.type)) close(trace);
      return isFinal(entry.type);
  }
}

function add(trace, part) {
  trace.parts.push(part);
  return true;
}

function addTool(trace, { id, name }) {
  const part = { kind: 'tool', id: textOf(id), name: textOf(name), input: null, state: 'running', ms: null, result: null };
  trace.parts.push(part);
  return part;
}

/** What had no result when the run ended. */
function close({ parts }) {
  for (const part of parts) if (part.state === 'running') part.state = 'unknown';
}

const retriedWords = ({ attempt, reason }) =>
  `Taken up again${Number.isFinite(attempt) ? `, attempt ${attempt}` : ''}${textOf(reason) ? `: ${textOf(reason).replaceAll('_', ' ')}` : ''}.`;

/** The text of a tool's result: a string, or content blocks. */
export function contentText(content) {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return content === null || content === undefined ? '' : JSON.stringify(content, null, 2);
  return content.map((block) => textOf(block?.text) || `[${textOf(block?.type) || 'content'}]`).join('\n');
}
