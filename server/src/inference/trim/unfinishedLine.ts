import { all, before, isCutShort, type Range, type TrimContext } from "./step";

/** Where the answer was cut short, its last line is half a line; it goes where whole ones stand before it. */
export function cutUnfinishedLine(text: string, { stop }: TrimContext): Range {
  if (!isCutShort(stop)) return all(text);
  const newline = text.lastIndexOf("\n");
  return newline >= 0 && text.slice(0, newline).trim() !== "" ? before(text, newline) : all(text);
}
