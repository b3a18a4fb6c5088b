import { visibleInEditor } from "../visibleInEditor";
import type { BadgeGroup } from "./badgeGroups";

const NO_BREAK_SPACE = "\u00a0";

/**
 * What a badge says: the summary, how many suggestions it stands for, and what must not be overlooked. An editor
 * collapses ordinary spaces in text that it adds, so these do not break.
 */
export function badgeText({ summary, remarks, count, localChain, note }: BadgeGroup): string {
  const word = count === 1 ? summary : `${summary} ×${count}`;
  const parts = [word, ...remarks, ...(localChain ? ["local chain"] : []), ...(note === null ? [] : [note])];
  return visibleInEditor(parts.join(" · ")).replaceAll(" ", NO_BREAK_SPACE);
}
