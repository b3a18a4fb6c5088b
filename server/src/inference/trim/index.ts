import { dropBlankEnd } from "./blankEnd";
import { dropBlankStart } from "./blankStart";
import { cutBrokenCharacter } from "./brokenCharacter";
import { cutAtClosedBracket } from "./closedBracket";
import { dropCommaBeforeBracket } from "./commaBeforeBracket";
import { cutDoubtful } from "./doubt";
import { cutWhatFollowsBelow } from "./followsBelow";
import { cutWhatFollowsOnLine } from "./followsOnLine";
import { dropHealed } from "./healedText";
import { cutLoop } from "./loop";
import { cutAfterLine } from "./oneLine";
import { cutOpenedBeforeText } from "./openedBeforeText";
import { cutOtherIndentation } from "./otherIndentation";
import { cutOutsideBlock } from "./outsideBlock";
import { cutRepeatedLines } from "./repeatedLines";
import type { Range, TrimContext, TrimStep } from "./step";
import { cutUnbalancing } from "./unbalancing";
import { cutUnclosedLines } from "./unclosedLines";
import { cutUnfinishedLine } from "./unfinishedLine";
import { cutUnfinishedStatement } from "./unfinishedStatement";

export type { Range, TrimContext } from "./step";

export const TRIM_VERSION = "trim/v3";

/**
 * The steps in order. A suggestion's `displayed` is a function of its `raw`, `stop` and prompt by exactly these and by
 * the scope that they rest on: any change of what comes out is a new version.
 */
const STEPS: readonly TrimStep[] = [
  dropHealed,
  cutDoubtful,
  cutBrokenCharacter,
  dropBlankStart,
  cutAfterLine,
  cutLoop,
  cutUnfinishedLine,
  cutRepeatedLines,
  cutUnfinishedStatement,
  cutOutsideBlock,
  cutOtherIndentation,
  cutWhatFollowsBelow,
  cutWhatFollowsOnLine,
  cutAtClosedBracket,
  cutOpenedBeforeText,
  cutUnclosedLines,
  cutUnbalancing,
  dropCommaBeforeBracket,
  dropBlankEnd,
];

/** The part of `raw` that is displayed; empty where nothing is left to show. */
export function trim(raw: string, context: TrimContext): Range {
  let { start, end } = { start: 0, end: raw.length };
  for (const step of STEPS) {
    const kept = step(raw.slice(start, end), context);
    end = start + kept.end;
    start += kept.start;
  }
  return { start, end };
}
