/** A loop is the same run of at most this many tokens three times over, and at least so many tokens in all. */
const MAX_PERIOD = 16;
const MIN_LOOP = 12;

/** True when the tokens end in a run of at most 16 tokens that came three times, and at least 12 tokens in all. */
export function endsInTokenLoop(tokens: readonly number[]): boolean {
  for (let period = 1; period <= MAX_PERIOD; period++) {
    const length = Math.max(MIN_LOOP, 3 * period);
    if (tokens.length < length) continue;
    let index = tokens.length - 1;
    const start = tokens.length - length;
    while (index >= start + period && tokens[index] === tokens[index - period]) index -= 1;
    if (index < start + period) return true;
  }
  return false;
}

/**
 * The index of the first line at which a line, or a block of lines, comes a second time in a row; -1 without one.
 * White space around lines does not count, and lines of signs alone may repeat.
 */
export function repeatedLinesAt(lines: readonly string[]): number {
  const trimmed = lines.map((line) => line.trim());
  for (let at = 0; at < lines.length; at++) {
    for (let size = 1; at + 2 * size <= lines.length; size++) {
      const first = trimmed.slice(at, at + size);
      if (!first.some((line) => /[\p{L}\p{N}]/u.test(line))) continue;
      if (first.every((line, index) => line === trimmed[at + size + index])) return at + size;
    }
  }
  return -1;
}
