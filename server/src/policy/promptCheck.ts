import { letterCount } from "../evidence/locate/letterCount";
import { LineIndex } from "../evidence/locate/lineIndex";
import type { Located } from "../evidence/locate/locatePiece";
import { placeInPrompt, type ShareInPrompt, shareInPrompt, TELLING } from "../evidence/locate/promptShare";
import type { Prompt } from "../inference/suggestion";
import { Moves } from "./moves";
import type { Checks, Findings, PromptMisfit } from "./verdict";

/** Above this share of an output that stands in its prompt already, it is called copied. */
const MOST = 0.5;

/** What is asked: an open prompt, what was accepted of its answer, and where that stands today. */
export interface PromptQuestion {
  /** Who asked the prompt; files that it quotes are followed by what it accepted in them. */
  readonly device: string;
  readonly prompt: Prompt;
  readonly accepted: string;
  /** The path that the record gives, before anything was moved, and today's. */
  readonly recordedPath: string;
  readonly path: string;
  readonly located: Located;
  /** Today's text of the suggestion's own file. */
  readonly today: LineIndex;
  readonly quoted: QuotedFiles;
  readonly shares: PromptShares;
}

/** Today's files of the repository that prompts quote. Asking costs time linear in what is asked for. */
export class QuotedFiles {
  private readonly indices = new Map<string, LineIndex>();

  constructor(
    /** Texts with LF by today's path; a missing one is not there, or not a file that may be quoted. */
    private readonly texts: ReadonlyMap<string, string> = new Map(),
    private readonly moves: Moves = Moves.NONE,
  ) {}

  /** The zero-based lines, at most 64, of today's file that are this one apart from white space. */
  linesLike(device: string, path: string, line: string): readonly number[] {
    return this.indexOf(device, path)?.visiblePlacesOf(line) ?? [];
  }

  /** Whether a path that a device quotes names this file of today. */
  isSame(device: string, path: string, today: string): boolean {
    return this.moves.ofFile(device, path) === today;
  }

  /** Why a quoted chunk does not stand in its file, whole lines one after the other, or `null` where it does. */
  misfitOf(device: string, { path, text }: Prompt["context"][number]): "missing" | "changed" | null {
    const index = this.indexOf(device, path);
    if (index === null) {
      return "missing";
    }
    const lines = (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
    return index.placesOf(lines).length > 0 ? null : "changed";
  }

  private indexOf(device: string, path: string): LineIndex | null {
    const today = this.moves.ofFile(device, path);
    const text = this.texts.get(today);
    if (text === undefined) {
      return null;
    }
    const index = this.indices.get(today) ?? new LineIndex(text);
    this.indices.set(today, index);
    return index;
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
  const { share, wholeLines } = shares.of(prompt, accepted);
  const { copied, copiedFrom } =
    share > MOST || wholeLines.length > 0 ? sourceOf(question, { share, wholeLines }) : ORIGINAL;
  return {
    value: misfits.length === 0 ? "bound" : "disclosed",
    copied,
    findings: {
      share,
      copiedFrom,
      quotes: [...new Set(prompt.context.map(({ path }) => path))],
      misfits,
    },
  };
}

const ORIGINAL = { copied: "no", copiedFrom: null } as const;

/** Nothing is known of a sealed prompt. */
export const SEALED: PromptAnswer = {
  value: "sealed",
  copied: "unknown",
  findings: { share: null, copiedFrom: null, quotes: [], misfits: [] },
};

/**
 * Where a copied output comes from: `fromToday` where most of it stands in lines of the prompt that stand whole in the file
 * that the prompt names, today and outside of the piece itself. White space does not count, as it does not in the share: a
 * formatter takes nothing away that anybody could read. Those anybody can read; that a word or two stand there, too,
 * tells nobody anything. What only the prompt holds may have been put there for this answer, be it most of the output or a
 * single line of it, and however short it is.
 */
function sourceOf(
  question: PromptQuestion,
  all: ShareInPrompt,
): Pick<Findings["prompt"], "copiedFrom"> & Pick<PromptAnswer, "copied"> {
  const { device, prompt, accepted, located, today, path, quoted } = question;
  const { range } = located;
  const own = (line: string): readonly number[] =>
    range === null
      ? []
      : today.visiblePlacesOf(line).filter((at) => at < range.start.line || at > range.end.line);
  // What a prompt quotes of the suggestion's own file may be the suggestion itself.
  const placesOfChunk =
    ({ path: file }: Prompt["context"][number]) =>
    (line: string): readonly number[] =>
      quoted.isSame(device, file, path) ? own(line) : quoted.linesLike(device, file, line);
  const standing = {
    path: null,
    prefix: standingLines(prompt.prefix, own),
    suffix: standingLines(prompt.suffix, own),
    context: prompt.context.map((chunk) => ({
      ...chunk,
      text: standingLines(chunk.text, placesOfChunk(chunk)),
    })),
  };
  const { share, wholeLines } = shareInPrompt(accepted, standing);
  const known = new Set(wholeLines);
  if ((all.share > MOST && share <= MOST) || all.wholeLines.some((one) => !known.has(one))) {
    return { copied: "fromPrompt", copiedFrom: null };
  }
  if (all.share <= MOST || letterCount(accepted) < TELLING) {
    return ORIGINAL;
  }
  const { part, line } = placeInPrompt(accepted, standing);
  const chunk = typeof part === "number" ? standing.context[part] : undefined;
  const file = chunk?.path ?? path;
  const text = chunk?.text ?? (part === "suffix" ? standing.suffix : standing.prefix);
  const [at] = (chunk === undefined ? own : placesOfChunk(chunk))(text.split("\n")[line] ?? "");
  return { copied: "fromToday", copiedFrom: { path: file, line: at === undefined ? null : at + 1 } };
}

/**
 * The lines of a part of a prompt that stand somewhere, in their order. Between two that do not follow each other where they
 * stand, blank lines aside, is a line of what no text holds: nobody can read there what only the prompt puts together.
 */
function standingLines(text: string, places: (line: string) => readonly number[]): string {
  const standing: string[] = [];
  let before: readonly number[] | null = null;
  let distance = 1;
  for (const line of text.split("\n")) {
    if (line.trim() === "") {
      distance += 1;
      continue;
    }
    const here = places(line);
    if (here.length === 0) {
      before = null;
      continue;
    }
    const known: ReadonlySet<number> = new Set(here);
    if (before === null || !before.some((at) => known.has(at + distance))) {
      standing.push(APART);
    }
    standing.push(line);
    before = here;
    distance = 1;
  }
  return standing.join("\n");
}

/** A line that is in no text: half of a surrogate pair. */
const APART = "\ud800";

function misfitsOf({ device, prompt, recordedPath, located, today, quoted }: PromptQuestion): PromptMisfit[] {
  const { text } = today;
  const misfits: PromptMisfit[] = [];
  if (prompt.path !== null && !`/${recordedPath}`.endsWith(`/${prompt.path}`)) {
    misfits.push({ part: "path", path: prompt.path });
  }
  if (located.range === null) {
    misfits.push({ part: "place" });
  } else {
    const start = today.offsetOf(located.range.start);
    const end = today.offsetOf(located.range.end);
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
    const why = quoted.misfitOf(device, chunk);
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
  private readonly known = new WeakMap<
    Prompt,
    { readonly accepted: string; readonly shared: ShareInPrompt }
  >();

  of(prompt: Prompt, accepted: string): ShareInPrompt {
    const known = this.known.get(prompt);
    if (known?.accepted === accepted) {
      return known.shared;
    }
    const shared = shareInPrompt(accepted, prompt);
    this.known.set(prompt, { accepted, shared });
    return shared;
  }
}
