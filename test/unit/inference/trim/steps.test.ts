import { readdirSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cursorContextOf } from "../../../../server/src/inference/prompt/cursorContext";
import { trim } from "../../../../server/src/inference/trim";
import { dropBlankEnd } from "../../../../server/src/inference/trim/blankEnd";
import { dropBlankStart } from "../../../../server/src/inference/trim/blankStart";
import { cutBrokenCharacter } from "../../../../server/src/inference/trim/brokenCharacter";
import { cutAtClosedBracket } from "../../../../server/src/inference/trim/closedBracket";
import { dropCommaBeforeBracket } from "../../../../server/src/inference/trim/commaBeforeBracket";
import { cutDoubtful } from "../../../../server/src/inference/trim/doubt";
import { cutWhatFollowsBelow } from "../../../../server/src/inference/trim/followsBelow";
import { cutWhatFollowsOnLine } from "../../../../server/src/inference/trim/followsOnLine";
import { dropHealed } from "../../../../server/src/inference/trim/healedText";
import { cutLoop } from "../../../../server/src/inference/trim/loop";
import { cutAfterLine } from "../../../../server/src/inference/trim/oneLine";
import { cutOpenedBeforeText } from "../../../../server/src/inference/trim/openedBeforeText";
import { cutOtherIndentation } from "../../../../server/src/inference/trim/otherIndentation";
import { cutOutsideBlock } from "../../../../server/src/inference/trim/outsideBlock";
import { cutRepeatedLines } from "../../../../server/src/inference/trim/repeatedLines";
import type { TrimStep } from "../../../../server/src/inference/trim/step";
import { cutUnbalancing } from "../../../../server/src/inference/trim/unbalancing";
import { cutUnclosedLines } from "../../../../server/src/inference/trim/unclosedLines";
import { cutUnfinishedLine } from "../../../../server/src/inference/trim/unfinishedLine";
import { cutUnfinishedStatement } from "../../../../server/src/inference/trim/unfinishedStatement";
import { readGolden } from "./golden";

const STEPS: Readonly<Record<string, TrimStep>> = {
  blankEnd: dropBlankEnd,
  blankStart: dropBlankStart,
  brokenCharacter: cutBrokenCharacter,
  closedBracket: cutAtClosedBracket,
  commaBeforeBracket: dropCommaBeforeBracket,
  doubt: cutDoubtful,
  followsBelow: cutWhatFollowsBelow,
  followsOnLine: cutWhatFollowsOnLine,
  healedText: dropHealed,
  loop: cutLoop,
  oneLine: cutAfterLine,
  openedBeforeText: cutOpenedBeforeText,
  otherIndentation: cutOtherIndentation,
  outsideBlock: cutOutsideBlock,
  repeatedLines: cutRepeatedLines,
  unbalancing: cutUnbalancing,
  unclosedLines: cutUnclosedLines,
  unfinishedLine: cutUnfinishedLine,
  unfinishedStatement: cutUnfinishedStatement,
};

/** What the steps share. */
const SHARED = ["balance", "harmless", "index", "step"];

describe.each([...Object.entries(STEPS), ["chain", trim] as const])("%s", (name, step) => {
  it.each(readGolden(name).map((one) => [one.name, one] as const))("%s", (_, one) => {
    const { path, prefix, suffix, raw, healed, stop, lastLength } = one;
    const { start, end } = step(raw, {
      cursor: cursorContextOf({ path, prefix, suffix }),
      healed,
      stop,
      lastLength,
    });
    expect(raw.slice(start, end)).toBe(one.shown);
  });
});

it("has golden cases for every step, and a step for every golden file", () => {
  const names = (folder: string, extension: string): string[] =>
    readdirSync(folder)
      .map((file) => basename(file, extension))
      .sort();
  const sources = names(
    fileURLToPath(new URL("../../../../server/src/inference/trim", import.meta.url)),
    ".ts",
  );
  expect(sources.filter((source) => !SHARED.includes(source))).toEqual(Object.keys(STEPS));
  const golden = names(fileURLToPath(new URL("./golden", import.meta.url)), ".md").filter(
    (name) => name !== "chain",
  );
  expect(golden).toEqual(Object.keys(STEPS));
});
