/** A loop is the same run of at most this many tokens three times over, and at least so many tokens in all. */
const MAX_PERIOD = 16;
const MIN_LOOP = 12;

/** True when the tokens end in a run of at most 16 tokens that came three times, and at least 12 tokens in all. */
export function endsInTokenLoop(tokens: readonly number[]): boolean {
  for (let period = 1; period <= MAX_PERIOD; period++) {
    const length = Math.max(MIN_LOOP, 3 * period);
    if (tokens.length < length) {
      continue;
    }
    let index = tokens.length - 1;
    const start = tokens.length - length;
    while (index >= start + period && tokens[index] === tokens[index - period]) {
      index -= 1;
    }
    if (index < start + period) {
      return true;
    }
  }
  return false;
}

/** Where lines come twice in a row, as indexes of lines. */
export interface RepeatedLines {
  readonly first: number;
  readonly second: number;
}

/**
 * Finds the first line, or block of lines, that comes a second time in a row, and of several the shortest. White space around lines does
 * not count, and lines of signs alone may repeat. Takes time quadratic in the number of lines, whatever they are.
 */
export function repeatedLinesIn(lines: readonly string[]): RepeatedLines | null {
  const numbers = new Map<string, number>();
  const trimmed = lines.map((line) => line.trim());
  const texts = Int32Array.from(trimmed, (line) => {
    const number = numbers.get(line) ?? numbers.size;
    numbers.set(line, number);
    return number;
  });
  // From each line on, the first that is not of signs alone.
  const telling = new Int32Array(lines.length + 1).fill(lines.length);
  for (let at = lines.length - 1; at >= 0; at--) {
    telling[at] = /[\p{L}\p{N}]/u.test(trimmed[at] ?? "") ? at : (telling[at + 1] ?? lines.length);
  }
  if (telling[0] === lines.length) {
    return null;
  }
  let found: RepeatedLines | null = null;
  for (let size = 1; 2 * size <= lines.length; size++) {
    // How many lines in a row, from the one that is looked at on, come again so many lines later.
    let again = 0;
    let first = -1;
    for (let at = lines.length - size - 1; at >= 0; at--) {
      again = texts[at] === texts[at + size] ? again + 1 : 0;
      if (again >= size && (telling[at] ?? lines.length) < at + size) {
        first = at;
      }
    }
    if (first !== -1 && (found === null || first < found.first)) {
      found = { first, second: first + size };
    }
  }
  return found;
}
