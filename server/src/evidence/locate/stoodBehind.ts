import type { Position } from "../format/record";
import { amongCopies, linesBefore } from "./copies";
import { LineIndex } from "./lineIndex";

/** A text that was accepted, and what is known of where. */
export interface AcceptedText {
  /** Where it began when it was recorded. */
  readonly position: Position;
  readonly accepted: string;
  /** The text before it when it was accepted, where that is known: the open prompt's prefix. */
  readonly before?: string;
  /** The text behind it when it was accepted, where that is known: the open prompt's suffix. */
  readonly after?: string;
}

/** What a prompt tells of the lines that an accepted text stood behind. */
export interface StoodBehind {
  /** Whether its whole lines stood elsewhere in the prompt, too. */
  readonly hadCopies: boolean;
  /** How many lines tell it from these; there may have been fewer. */
  readonly wanted: number;
  /** The nearest lines before it with letters and digits enough, as far as they are known, without blanks and tabs. */
  readonly lines: readonly string[];
  /** Whether these are all that stood before it, and whether the first of them may be the end of a line only. */
  readonly reach: "all" | "wholeLines" | "cutLine";
}

/** What a suggestion stood behind when it was accepted, as far as its prompt tells: as few lines as tell it from its copies there. */
export function stoodBehind({ before, after = "", accepted, position }: AcceptedText): StoodBehind {
  if (before === undefined) {
    return { hadCopies: false, wanted: 1, lines: [], reach: "wholeLines" };
  }
  const text = new LineIndex(`${before}${accepted}${after}`.replace(/\r\n?/g, "\n"));
  const first = before.split(/\r\n?|\n/).length - 1;
  const { copies, before: telling } = amongCopies(text, first, first + accepted.split("\n").length - 1);
  const wanted = telling?.wanted ?? 1;
  const lines = linesBefore(text, first, wanted) ?? [];
  const isCut =
    lines.length >
    (linesBefore(new LineIndex(text.lines.slice(1).join("\n")), first - 1, wanted) ?? []).length;
  const reach = first === position.line ? "all" : isCut ? "cutLine" : "wholeLines";
  return { hadCopies: copies > 1, wanted, lines, reach };
}

/** Whether a suggestion may stand on a line of a text: whether what is known of the lines that it stood behind stands before it. */
export function mayStandOn(text: LineIndex, line: number, { wanted, lines, reach }: StoodBehind): boolean {
  const today = linesBefore(text, line, wanted);
  if (today === null) {
    return false;
  }
  if (reach === "all") {
    return today.length === lines.length && today.every((one, index) => one === lines[index]);
  }
  const nearest = today.slice(today.length - lines.length);
  return (
    today.length >= lines.length &&
    lines.every((one, index) =>
      index === 0 && reach === "cutLine" ? nearest[index]?.endsWith(one) : nearest[index] === one,
    )
  );
}
