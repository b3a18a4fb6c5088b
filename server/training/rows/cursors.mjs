/** Where a programmer's cursor stands in a text, and where what they are about to type ends. */

/** Lines after which a multi-line middle is cut. */
const LONGEST_BLOCK = 12;

/**
 * @param {string} text
 * @param {number} from
 * @returns {number} index of the next newline, or the text's length
 */
export function lineEnd(text, from) {
  const found = text.indexOf("\n", from);
  return found < 0 ? text.length : found;
}

/**
 * End of the statement or block that the line at `cursor` begins: the last line before one that is blank
 * or indented less, including the line that closes the block.
 * @param {string} text
 * @param {number} cursor
 * @returns {number} index of a newline, or the text's length
 */
export function blockEnd(text, cursor) {
  const lineStart = text.lastIndexOf("\n", cursor - 1) + 1;
  const own = indentation(text, lineStart);
  let end = lineEnd(text, cursor);
  for (let lines = 1; lines < LONGEST_BLOCK && end < text.length; lines++) {
    const start = end + 1;
    const next = lineEnd(text, start);
    const line = text.slice(start, next);
    if (line.trim() === "") {
      break;
    }
    const deeper = indentation(text, start) > own;
    const closes = !deeper && indentation(text, start) === own && /^[\s]*[)\]}]/.test(line);
    if (!deeper && !closes) {
      break;
    }
    end = next;
    if (closes && !/[{([,]\s*$/.test(line)) {
      break;
    }
  }
  return end;
}

/**
 * @param {string} text
 * @param {number} lineStart
 * @returns {number} width of the blank space that begins the line, a tab counting as one
 */
function indentation(text, lineStart) {
  let index = lineStart;
  while (text[index] === " " || text[index] === "\t") {
    index++;
  }
  return index - lineStart;
}

/**
 * A cursor at or after `from`: mostly where typing pauses (after a space, a bracket, a dot), else anywhere.
 * @param {string} text
 * @param {number} from
 * @param {number} anywhere share (0 to 1) of cursors that stand at any character
 * @param {() => number} random
 * @returns {number}
 */
export function placeCursor(text, from, anywhere, random) {
  if (random() < anywhere) {
    return whole(text, from);
  }
  const pause = /[\s.([{=,:]/g;
  pause.lastIndex = from;
  const match = pause.exec(text);
  if (!match) {
    return whole(text, from);
  }
  let cursor = match.index + 1;
  // After a line break the editor has indented already.
  if (match[0] === "\n") {
    while (text[cursor] === " " || text[cursor] === "\t") {
      cursor++;
    }
  }
  return Math.min(cursor, text.length - 1);
}

/**
 * `index`, or the one after it where it would cut a surrogate pair.
 * @param {string} text
 * @param {number} index
 */
export function whole(text, index) {
  const code = text.charCodeAt(index);
  return code >= 0xdc00 && code < 0xe000 ? index + 1 : index;
}
