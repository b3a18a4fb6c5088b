import { unreachable } from "../../../server/src/protocol/caught";
import type { Badges } from "../config";
import { visibleInEditor } from "../visibleInEditor";
import type { LineBadge } from "./lineBadges";

const NO_BREAK_SPACE = "\u00a0";

/**
 * What a badge says: the summary, how much of it and how many suggestions it stands for, and what must not be
 * overlooked. An editor collapses ordinary spaces in text that it adds, so these do not break.
 */
export function badgeText({ summary, remarks, keptLines, count, note }: LineBadge): string {
  const parts = [
    count === 1 ? summary : `${summary} ×${count}`,
    ...(keptLines === null ? [] : [`${keptLines.kept} of ${keptLines.total} lines kept`]),
    ...remarks,
    ...(note === null ? [] : [note]),
  ];
  return visibleInEditor(parts.join(" · ")).replaceAll(" ", NO_BREAK_SPACE);
}

/** Whether a badge is drawn at all. */
export function isShown({ summary }: LineBadge, badges: Badges): boolean {
  switch (badges) {
    case "compact":
    case "full":
      return true;
    case "attention":
      return summary !== "verified";
    case "off":
      return false;
    default:
      return unreachable(badges);
  }
}

/**
 * Whether a badge shows its words, or its icon alone. In short an icon is enough where it says everything: that the
 * line is verified, whole or as a part, which are two icons. And what lacks nothing but a chain that cannot be asked
 * here is said once in a document, not of every line.
 *
 * @param isSaidAbove whether another badge of this document says in words that nothing but the chain is missing
 */
export function showsWords(
  badge: LineBadge,
  badges: Badges,
  cursorLine: number | null,
  isSaidAbove: boolean,
): boolean {
  if (badges !== "compact" || (cursorLine !== null && covers(badge, cursorLine))) {
    return true;
  }
  const { summary, remarks, note } = badge;
  if (summary === "verified") {
    return note !== null || remarks.some((remark) => remark !== "part");
  }
  return !isSaidAbove || !lacksOnlyItsChain(badge);
}

/** Whether a line is one of those under a badge. */
export function covers({ startLine, endLine }: LineBadge, line: number): boolean {
  return startLine <= line && line <= endLine;
}

/** All but the chain is known to be good. */
export function lacksOnlyItsChain({ remarks }: LineBadge): boolean {
  return remarks.includes("replayed here");
}
