import { unpairedIn } from "../prompt/brackets";
import { all, before, isCutShort, type Range, type TrimContext } from "./step";

/**
 * Where the answer was cut short, its last line is half a line; it goes where whole ones stand before it. Elsewhere it
 * stays up to a bracket or quote that it leaves open, or whole where it ends in doubt.
 */
export function cutUnfinishedLine(text: string, { cursor, stop }: TrimContext): Range {
  if (!isCutShort(stop)) {
    return all(text);
  }
  const newline = text.lastIndexOf("\n");
  if (newline >= 0 && text.slice(0, newline).trim() !== "") {
    return before(text, newline);
  }
  const [opener] = stop === "doubt" ? [] : unpairedIn(text, cursor.lineBefore).openers;
  return before(text, opener?.at ?? -1);
}
