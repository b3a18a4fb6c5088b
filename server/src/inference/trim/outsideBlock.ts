import { endOfBlock, startsWithCloser } from "../scope";
import { all, before, type Range, type TrimContext } from "./step";

/** Several lines end with the cursor's block, or with the line that closes it where nothing below does. */
export function cutOutsideBlock(text: string, { scope }: TrimContext): Range {
  if (scope.block === null) return all(text);
  const end = endOfBlock(text, scope.block.indentation);
  if (end < 0) return all(text);
  const newline = text.indexOf("\n", end);
  const line = text.slice(end, newline < 0 ? undefined : newline);
  const closes = scope.unclosed && startsWithCloser(line) && !/[{([]\s*$/.test(line);
  return before(text, closes ? end + line.length : end - 1);
}
