import { visibleMarkdown } from "../../server/src/protocol/visibleMarkdown";
import { visibleLine, visibleName, visibleText } from "../../server/src/protocol/visibleText";

/** The longest tooltip, in UTF-16 code units. */
const TOOLTIP_LIMIT = 4_000;

/**
 * A line of a message, a list or the status bar, letter by letter. There, text has power of its own: VS Code draws an
 * icon for `$(name)` and makes a link of `[text](address)`.
 */
export function visibleInEditor(line: string): string {
  return withoutPower(visibleLine(line));
}

/** A value within such a line: a name, a path, a licence. */
export function visibleValue(value: string, limit?: number): string {
  return withoutPower(visibleText(value, limit));
}

/** The same for a name within a sentence. */
export function visibleNameInEditor(name: string): string {
  return withoutPower(visibleName(name));
}

/** The same for a tooltip, which is Markdown. */
export function visibleTooltip(text: string): string {
  return visibleMarkdown(text, TOOLTIP_LIMIT);
}

function withoutPower(text: string): string {
  return text.replace(/(?<=[$\]])\(/g, "\\u{28}");
}
