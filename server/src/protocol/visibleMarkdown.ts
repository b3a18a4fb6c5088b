import { visibleText } from "./visibleText";

/**
 * Untrusted text for Markdown, shown letter by letter: it neither formats nor links, as a bare address would, and
 * holds no HTML. Every ASCII punctuation character is escaped, which CommonMark allows and which leaves none of its
 * rules, nor those of GitHub's dialect, anything to begin with.
 */
export function visibleMarkdown(text: string, limit?: number): string {
  return visibleText(text, limit).replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** The same as a code span, for digests, paths and code. Nothing in it can end the span. */
export function visibleCode(text: string, limit?: number): string {
  const shown = visibleText(text, limit);
  if (shown === "") {
    return "";
  }
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  // One space at either end is not shown; it keeps backticks of the text apart from the fence.
  return longest === 0 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`;
}
