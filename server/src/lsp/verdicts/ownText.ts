import type { Range } from "vscode-languageserver/node";

/** The first line of a suggestion that holds anything, trimmed: what stands beside it on that line is somebody else's. */
export function ownText({ start, end }: Range, lineAt: (line: number) => string): string {
  for (let line = start.line; line <= end.line; line += 1) {
    const from = line === start.line ? start.character : 0;
    const to = line === end.line ? end.character : undefined;
    const own = lineAt(line).slice(from, to).trim();
    if (own !== "") {
      return own;
    }
  }
  return "";
}
