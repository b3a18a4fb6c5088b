import type { AcceptedSuggestion, StatedSuggestion } from "../evidence/format/acceptedSuggestion";
import { newSalts } from "../evidence/format/claimSalts";
import type { Journal } from "../evidence/journal/journal";
import type { Repository } from "../evidence/repository/repository";
import { type StatedPiece, statedPieces } from "../policy/interop/statedPieces";
import type { StatedRange } from "../policy/interop/statedRange";
import { newSuggestionId } from "./accept";
import type { RepositoryContents } from "./readRepository";

export interface ImportParameters {
  readonly repository: Repository;
  readonly contents: Pick<RepositoryContents, "evidence">;
  /** What this machine's journals hold and no evidence file does. */
  readonly journal: readonly AcceptedSuggestion[];
  readonly ranges: readonly StatedRange[];
  /** The commit whose lines these are; `null` for what is saved now. */
  readonly commit: string | null;
}

/** What another tool says, as this device would state it. */
export interface StatedImport {
  readonly suggestions: readonly StatedSuggestion[];
  /** Their lines. */
  readonly lines: number;
  /** Lines that say too little, or too much, to be stated. */
  readonly leftOut: number;
  /** Statements that are there already. */
  readonly known: number;
  /** Files of which nothing is recorded, and why, as a sentence each. */
  readonly refused: readonly string[];
}

/**
 * Makes statements of what another tool says; nothing is recorded yet. What is stated already, with the same words of the same lines, is not
 * stated again.
 *
 * @throws ProoflineError `interop.input` where the ranges do not fit the files, `repository` where git cannot read the commit
 */
export async function statedImport(parameters: ImportParameters): Promise<StatedImport> {
  const { repository, contents, journal, ranges, commit } = parameters;
  const named = [...new Set(ranges.map(({ path }) => path))];
  const refusals = await repository.refusals.ofAll(named);
  const wanted = ranges.filter(({ path }) => !refusals.has(path));
  const paths = named.filter((path) => !refusals.has(path));
  const texts =
    commit === null ? await repository.readTexts(paths) : await repository.revisions.textsAt(commit, paths);
  const state = commit === null ? "the folder" : `commit ${commit.slice(0, 12)}`;
  const { pieces, leftOut } = statedPieces(wanted, texts, state);
  const counts = countsOf([...statedIn(contents), ...statedAmong(journal)]);
  const fresh = pieces.filter((piece) => {
    const key = keyOf(piece);
    const left = counts.get(key) ?? 0;
    counts.set(key, left - 1);
    return left <= 0;
  });
  return {
    suggestions: fresh.map((piece) => suggestionOf(piece, repository)),
    lines: fresh.reduce((sum, { accepted }) => sum + accepted.split("\n").length, 0),
    leftOut,
    known: pieces.length - fresh.length,
    refused: [...refusals.values()],
  };
}

/** Records statements: from then on they are pending, and sealed like any other suggestion. */
export async function recordStated(
  journal: Pick<Journal, "accept">,
  suggestions: readonly StatedSuggestion[],
): Promise<void> {
  for (const suggestion of suggestions) {
    await journal.accept(suggestion);
  }
}

function suggestionOf({ path, line, accepted, tool, session, model }: StatedPiece, { folder }: Repository) {
  return {
    kind: "stated" as const,
    id: newSuggestionId(),
    repository: folder,
    path,
    position: { line, character: 0 },
    values: { tool, session, model, accepted },
    salts: newSalts(),
  };
}

type StatedText = Pick<StatedPiece, "path" | "tool" | "session" | "model" | "accepted">;

function keyOf({ path, tool, session, model, accepted }: StatedText): string {
  return JSON.stringify([path, tool, session, model, accepted]);
}

function countsOf(texts: readonly StatedText[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    counts.set(keyOf(text), (counts.get(keyOf(text)) ?? 0) + 1);
  }
  return counts;
}

function statedIn({ evidence }: Pick<RepositoryContents, "evidence">): readonly StatedText[] {
  return evidence.flatMap(({ reading }) =>
    reading.kind === "intact" && reading.batch.facts.execution.kind === "stated"
      ? reading.batch.claims.flatMap(({ pieces, values }) =>
          values?.kind === "stated"
            ? pieces.map(({ path, accepted }) => ({
                ...{ path, accepted },
                ...{ tool: values.tool, session: values.session, model: values.model },
              }))
            : [],
        )
      : [],
  );
}

function statedAmong(journal: readonly AcceptedSuggestion[]): readonly StatedText[] {
  return journal.flatMap((one) => (one.kind === "stated" ? [{ path: one.path, ...one.values }] : []));
}
