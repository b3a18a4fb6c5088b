import type { Range } from "./step";

export function dropBlankEnd(text: string): Range {
  return { start: 0, end: text.trimEnd().length };
}
