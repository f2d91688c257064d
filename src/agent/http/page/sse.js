// SSE parser for what the service sends: `event` and `data` lines and comments. Pure.

/**
 * Takes text in chunks cut anywhere; calls `onEvent(name, data)` for each complete event.
 * An incomplete event at the end of the stream is dropped.
 */
export function sseParser(onEvent) {
  let rest = '';
  let name = '';
  let data = [];
  let pending = false;

  const line = (text) => {
    if (text === '') {
      if (data.length > 0) onEvent(name || 'message', data.join('\n'));
      name = '';
      data = [];
      return;
    }
    if (text.startsWith(':')) return;
    const colon = text.indexOf(':');
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  };

  return function push(text) {
    // A long line is joined once, when complete; joining per chunk would be quadratic.
    if (!pending && !/[\r\n]/.test(text)) {
      rest += text;
      return;
    }
    // Only a trailing `\r` of the remainder can belong to a line end.
    let from = Math.max(0, rest.length - 1);
    rest += text;
    let start = 0;
    for (;;) {
      const end = lineEnd(rest, from);
      if (end === null) break;
      line(rest.slice(start, end.at));
      start = from = end.next;
    }
    rest = rest.slice(start);
    pending = rest.endsWith('\r');
  };
}

/** The end of the next line; null if unknown: a `\n` may follow a trailing `\r`. */
function lineEnd(text, from) {
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '\n') return { at, next: at + 1 };
    if (letter === '\r') {
      if (at + 1 === text.length) return null;
      return { at, next: text[at + 1] === '\n' ? at + 2 : at + 1 };
    }
  }
  return null;
}
