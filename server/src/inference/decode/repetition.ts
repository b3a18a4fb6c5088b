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
 * Finds the first line, or block of lines, that comes a second time in a row. White space around lines does not count,
 * and lines of signs alone may repeat.
 */
export function repeatedLinesIn(lines: readonly string[]): RepeatedLines | null {
  const trimmed = lines.map((line) => line.trim());
  for (let first = 0; first < lines.length; first++) {
    for (let size = 1; first + 2 * size <= lines.length; size++) {
      const block = trimmed.slice(first, first + size);
      if (!block.some((line) => /[\p{L}\p{N}]/u.test(line))) {
        continue;
      }
      const second = first + size;
      if (block.every((line, index) => line === trimmed[second + index])) {
        return { first, second };
      }
    }
  }
  return null;
}
