import type { Position } from "../evidence/format/record";
import type { Located } from "../evidence/locate/locate";
import { type InPrompt, shareInPrompt } from "../evidence/locate/promptShare";
import { holdsLines } from "../evidence/locate/whiteSpace";
import type { Prompt } from "../inference/suggestion";
import type { Checks, CopiedFrom, Findings, PromptMisfit } from "./verdict";

/** Above this share of an output that stands in its prompt already, it is called copied. */
const MOST = 0.5;

/** What is asked: an open prompt, what was accepted of its answer, and where that stands today. */
export interface PromptQuestion {
  readonly prompt: Prompt;
  readonly accepted: string;
  /** The path that the record gives, before anything was moved, and today's. */
  readonly recordedPath: string;
  readonly path: string;
  readonly located: Located;
  /** Today's text of the suggestion's own file, with LF. */
  readonly text: string;
  readonly quoted: QuotedFiles;
  readonly shares: PromptShares;
}

/** Today's files of the repository that prompts quote. */
export class QuotedFiles {
  constructor(
    /** Texts with LF by today's path; a missing one is not there, or not a file that may be quoted. */
    private readonly texts: ReadonlyMap<string, string> = new Map(),
    /** Today's path of each file that has been moved, by its recorded path. */
    private readonly moves: ReadonlyMap<string, string> = new Map(),
  ) {}

  /** The one-based line of today's file at which a line of a quoted chunk stands; `null` where the chunk does not. */
  lineOf({ path, text }: Prompt["context"][number], line: number): number | null {
    const whole = this.texts.get(this.moves.get(path) ?? path);
    const at = whole === undefined ? -1 : `\n${whole}`.indexOf(`\n${text}`);
    return whole === undefined || at === -1 ? null : whole.slice(0, at).split("\n").length + line;
  }

  /** Why a quoted chunk does not stand in its file, whole lines one after the other, or `null` where it does. */
  misfitOf({ path, text }: Prompt["context"][number]): "missing" | "changed" | null {
    const today = this.moves.get(path) ?? path;
    const whole = this.texts.get(today);
    if (whole === undefined) {
      return "missing";
    }
    return holdsLines(whole, text) ? null : "changed";
  }
}

/** What the checks of a prompt came to, and what they found. */
export interface PromptAnswer {
  readonly value: Checks["prompt"];
  readonly copied: Checks["copied"];
  readonly findings: Findings["prompt"];
}

/**
 * `bound` where every part of an open prompt was found where it belongs: the path is the
 * file's, the prefix ends where the accepted text begins, the suffix begins where it ends, and each chunk stands in
 * the file that it names. `disclosed` where any part was not, with those parts.
 */
export function checkPrompt(question: PromptQuestion): PromptAnswer {
  const { prompt, accepted, shares } = question;
  const misfits = misfitsOf(question);
  const value = misfits.length === 0 ? "bound" : "disclosed";
  const found = shares.of(prompt, accepted);
  const isCopied = found.share > MOST;
  return {
    value,
    copied: !isCopied ? "no" : value === "bound" ? "fromBound" : "fromDisclosed",
    findings: {
      share: found.share,
      copiedFrom: isCopied ? sourceOf(found, question) : null,
      quotes: [...new Set(prompt.context.map(({ path }) => path))],
      misfits,
    },
  };
}

/** Nothing is known of a sealed prompt. */
export const SEALED: PromptAnswer = {
  value: "sealed",
  copied: "unknown",
  findings: { share: null, copiedFrom: null, quotes: [], misfits: [] },
};

/** Which file and line of today's text hold what the output repeats. */
function sourceOf({ part, line }: InPrompt, { prompt, path, located, quoted }: PromptQuestion): CopiedFrom {
  const { range } = located;
  switch (part) {
    case "path":
      return { path, line: null };
    case "prefix": {
      const lines = prompt.prefix.split("\n").length;
      return { path, line: range === null ? null : positive(range.start.line + 1 - (lines - 1 - line)) };
    }
    case "suffix":
      return { path, line: range === null ? null : range.end.line + 1 + line };
    default: {
      const chunk = prompt.context[part];
      return chunk === undefined
        ? { path: null, line: null }
        : { path: chunk.path, line: quoted.lineOf(chunk, line) };
    }
  }
}

function positive(line: number): number | null {
  return line >= 1 ? line : null;
}

function misfitsOf({ prompt, recordedPath, located, text, quoted }: PromptQuestion): PromptMisfit[] {
  const misfits: PromptMisfit[] = [];
  if (prompt.path !== null && !`/${recordedPath}`.endsWith(`/${prompt.path}`)) {
    misfits.push({ part: "path", path: prompt.path });
  }
  if (located.range === null) {
    misfits.push({ part: "place" });
  } else {
    const start = offsetAt(text, located.range.start);
    const end = offsetAt(text, located.range.end);
    if (located.content === "edited") {
      misfits.push({ part: "output" });
    }
    if (!text.slice(0, start).endsWith(prompt.prefix)) {
      misfits.push({ part: "prefix" });
    }
    if (!text.startsWith(prompt.suffix, end)) {
      misfits.push({ part: "suffix" });
    }
  }
  for (const chunk of prompt.context) {
    const why = quoted.misfitOf(chunk);
    if (why !== null) {
      misfits.push({ part: "context", path: chunk.path, why });
    }
  }
  return misfits;
}

/**
 * How much of accepted texts stands in their prompts, remembered for each prompt as long as it lives. Whoever verifies
 * again and again, as an editor does after each edit, keeps one of these.
 */
export class PromptShares {
  private readonly known = new WeakMap<Prompt, { readonly accepted: string; readonly share: InPrompt }>();

  of(prompt: Prompt, accepted: string): InPrompt {
    const known = this.known.get(prompt);
    if (known?.accepted === accepted) {
      return known.share;
    }
    const share = shareInPrompt(accepted, prompt);
    this.known.set(prompt, { accepted, share });
    return share;
  }
}

function offsetAt(text: string, { line, character }: Position): number {
  let offset = 0;
  for (let index = 0; index < line; index += 1) {
    const newline = text.indexOf("\n", offset);
    if (newline === -1) {
      return text.length;
    }
    offset = newline + 1;
  }
  return Math.min(offset + character, text.length);
}
