import type { Cursor, Form, Kind } from "./cursors";
import type { Score } from "./measures";

/** What a suggester answered at one cursor. */
export interface Answer {
  readonly cursor: Cursor;
  readonly text: string;
  readonly shown: string;
  readonly bits: number | null;
  readonly score: Score;
  readonly shownScore: Score;
}

/** Results of one suggester for one kind of cursor; shares lie between 0 and 1. */
export interface Summary {
  readonly suggester: string;
  /** Of all kinds together where it is missing. */
  readonly kind?: Kind;
  readonly form: Form;
  readonly cursors: number;
  /** Bits per UTF-16 code unit of the author's text; null for a suggester without probabilities. */
  readonly bitsPerCharacter: number | null;
  readonly exact: number;
  readonly similarity: number;
  readonly parses: number;
  /** Cursors at which nothing is shown automatically: no answer, or none that its maker is sure of. */
  readonly suppressed: number;
  /** Share of shown answers that are right; null where nothing is shown. */
  readonly precision: number | null;
  /** UTF-16 code units shown, on average; null where nothing is shown. */
  readonly shownLength: number | null;
  /** Share of shown answers whose first word is right; null where nothing is shown. */
  readonly firstWord: number | null;
}

export function summarize(
  suggester: string,
  answers: readonly Answer[],
  group: { readonly form: Form; readonly kind?: Kind },
): Summary {
  const own = answers.filter(
    ({ cursor }) => cursor.form === group.form && cursor.kind === (group.kind ?? cursor.kind),
  );
  const given = own.filter(({ text }) => text !== "");
  const shown = own.filter(({ shown }) => shown !== "");
  const bits = own.map((answer) => answer.bits);
  const characters = own.reduce((sum, { cursor }) => sum + cursor.expected.length, 0);
  return {
    suggester,
    ...group,
    cursors: own.length,
    bitsPerCharacter: bits.includes(null)
      ? null
      : round(bits.reduce<number>((sum, value) => sum + (value ?? 0), 0) / characters),
    exact: share(own, ({ score }) => score.exact),
    similarity: round(own.reduce((sum, { score }) => sum + score.similarity, 0) / Math.max(1, own.length)),
    parses: share(given, ({ score }) => score.parses),
    suppressed: round(1 - shown.length / Math.max(1, own.length)),
    precision: shown.length === 0 ? null : share(shown, ({ shownScore }) => shownScore.right),
    shownLength:
      shown.length === 0
        ? null
        : round(shown.reduce((sum, { shown }) => sum + shown.length, 0) / shown.length),
    firstWord: shown.length === 0 ? null : share(shown, ({ shownScore }) => shownScore.firstWord),
  };
}

function share(answers: readonly Answer[], holds: (answer: Answer) => boolean): number {
  return round(answers.filter(holds).length / Math.max(1, answers.length));
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
