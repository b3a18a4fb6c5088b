import { indentationOf } from "../extent";
import { all, before, NOTHING, offsetOfLine, type Range, type TrimContext } from "./step";

/** Lines at the end that stand below the cursor already. */
export function cutWhatFollowsBelow(text: string, { scope }: TrimContext): Range {
  const lines = text.split("\n");
  for (let at = scope.blankLine ? 0 : 1; at < lines.length; at++) {
    const rest = lines.slice(at).filter((line) => line.trim() !== "");
    if (rest.length === 0) break;
    const indented = at === 0 ? scope.lineBefore + text : rest[0];
    if (
      rest.length > scope.linesBelow.length ||
      !sameLine(indented ?? "", rest[0] ?? "", scope.linesBelow[0])
    ) {
      continue;
    }
    const repeated = rest.every((line, index) => line.trim() === scope.linesBelow[index]?.trim());
    if (repeated) return at === 0 ? NOTHING : before(text, offsetOfLine(lines, at) - 1);
  }
  return all(text);
}

/** A closing bracket is the same line only at the same depth. */
function sameLine(indented: string, line: string, below: string | undefined): boolean {
  if (below === undefined || line.trim() !== below.trim()) return false;
  return /[\p{L}\p{N}]/u.test(line) || indentationOf(indented) === indentationOf(below);
}
