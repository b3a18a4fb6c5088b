import type { ChainReader } from "../chain/chain";
import { type AcceptedSuggestion, promptOf } from "../evidence/format/acceptedSuggestion";
import { REPOSITORY_FOLDER } from "../evidence/repository/places";
import type { RepositoryFiles } from "../evidence/repository/repository";
import { compareText } from "../platform/compareText";
import { inSlices } from "../platform/slices";
import { promptIn } from "../policy/claimPrompt";
import { claimsIn, EvidenceIndex, pathsIn } from "../policy/evidenceIndex";
import type { Policy } from "../policy/policy";
import { PromptShares } from "../policy/promptCheck";
import { countSummaries, type FileProblem, type Report, type VanishedEvidence } from "../policy/report";
import type { VerifierReplay } from "../policy/verifierReplays";
import { verifying } from "../policy/verifyEvidence";
import type { EnclaveOutcome, ReplayOutcome, VerifyParameters } from "../policy/verifyParameters";
import { checkChain } from "./checkAnchors";
import { findMoves } from "./findMoves";
import type { GrammarQuestions } from "./grammarQuestions";
import type { RepositoryContents } from "./readRepository";
import type { Replayable } from "./replay";
import { batchRootsOf } from "./unwritten";
import { type BaseEvidence, findVanished } from "./vanished";

export interface VerifyRepositoryParameters {
  readonly repository: RepositoryFiles;
  readonly contents: RepositoryContents;
  /** Accepted suggestions that are in no evidence file yet. */
  readonly journal: readonly AcceptedSuggestion[];
  /** Sealed ones whose evidence files are not in the repository yet. */
  readonly unwritten?: readonly AcceptedSuggestion[];
  readonly device: string;
  readonly policy: Policy;
  readonly chain: ChainReader;
  readonly grammars: GrammarQuestions;
  /** Evidence of a base to compare with; `null` for none. */
  readonly base: BaseEvidence | null;
  readonly replays: ReadonlyMap<string, ReplayOutcome>;
  /** Files and folders, by today's paths, whose verdicts are wanted; all without them. */
  readonly wanted?: WantedPaths;
  /** Claims that verifiers have replayed, by leaf hash. */
  readonly verifierReplays?: ReadonlyMap<string, VerifierReplay>;
  /** Outcomes of enclave checks by claim; without one an enclave counts as not checked. */
  readonly enclaves?: ReadonlyMap<string, EnclaveOutcome>;
  /** About how many claims to look at together. What comes out does not depend on it. */
  readonly claimsAtOnce?: number;
}

/** Paths of files and folders below a repository's top; the empty one is the top itself. */
export type WantedPaths = readonly string[];

/** Whether a path is one of some, or lies below one. */
export function isIn(wanted: WantedPaths): (path: string) => boolean {
  return (path) => wanted.some((one) => one === "" || path === one || path.startsWith(`${one}/`));
}

/** What a repository holds about some files, by today's paths. */
export function about<Contents extends Pick<RepositoryContents, "evidence" | "moves">>(
  contents: Contents,
  paths: ReadonlySet<string>,
): Contents {
  return { ...contents, evidence: EvidenceIndex.of(contents.evidence).about(paths, contents.moves) };
}

/**
 * Claims whose texts, prompts and places are in memory at once. Fewer would have batches read again and again that speak of many
 * files; more, and the memory of a verification would grow with its repository.
 */
const CLAIMS_AT_ONCE = 16_384;

/** Some files, by today's paths, in portions of about as many claims as may be looked at together; in the order of their paths. */
export function portionsOf(
  { evidence, moves }: Pick<RepositoryContents, "evidence" | "moves">,
  paths: ReadonlySet<string>,
  atOnce = CLAIMS_AT_ONCE,
): readonly ReadonlySet<string>[] {
  const index = EvidenceIndex.of(evidence);
  // Which of the files that no evidence names holds how much of what was moved is known only once all of it was looked at.
  const unnamed = [...paths].filter((path) => index.claimsAt(path) === 0).length;
  const left = [...moves.sourcesOf(new Set())].reduce((sum, path) => sum + index.claimsAt(path), 0);
  const moved = Math.ceil(left / Math.max(1, unnamed));
  const portions: Set<string>[] = [];
  let room = 0;
  for (const path of [...paths].sort(compareText)) {
    const claims = index.claimsAt(path) || moved;
    if (portions.length === 0 || claims > room) {
      portions.push(new Set());
      room = atOnce;
    }
    portions.at(-1)?.add(path);
    room -= claims;
  }
  return portions;
}

/** Gathers what `verify` rests on (today's texts, the chain's answers) and asks for the verdicts. */
export async function verifyRepository(parameters: VerifyRepositoryParameters): Promise<Report> {
  const { repository, contents, journal, device, policy, chain, grammars, base, replays } = parameters;
  const { enclaves, wanted, claimsAtOnce } = parameters;
  const inJournal = (suggestions: readonly AcceptedSuggestion[]): readonly AcceptedSuggestion[] =>
    suggestions.filter(({ repository: repositoryPath }) => repositoryPath === repository.folder);
  const pending = inJournal(journal);
  const unwritten = inJournal(parameters.unwritten ?? []);
  const here = [...pending, ...unwritten];
  const problems = new Map<string, string>();
  // Whoever takes evidence away may move its file, too.
  const moves =
    base === null
      ? contents.moves
      : await findMoves(repository, [...contents.evidence, ...base.evidence], true);
  const everywhere = new Set([
    ...pathsOf(contents, here),
    ...pathsOf({ evidence: base?.evidence ?? [], moves }, []),
  ]);
  const paths = wanted === undefined ? everywhere : new Set([...everywhere].filter(isIn(wanted)));
  const inputs = {
    repositoryIds: contents.repositoryIds,
    evidence: contents.evidence,
    moves: contents.moves,
    journal: pending,
    unwritten,
    device,
    chain: await checkChain(chain, batchRootsOf(contents), contents.anchors),
    replays,
    ...(enclaves !== undefined && { enclaves }),
    ...(parameters.verifierReplays !== undefined && { verifierReplays: parameters.verifierReplays }),
    policy,
    sameTokens: grammars.sameTokens,
    linesOf: grammars.linesOf,
  };
  const textsOf = async (only: ReadonlySet<string>): Promise<Pick<VerifyParameters, "texts" | "only">> => {
    const texts = await repository.readTexts(only);
    for (const path of only) {
      const obstacle = texts.has(path) ? null : await repository.obstacleTo(path);
      if (obstacle !== null) {
        problems.set(
          path,
          `Evidence speaks of lines in it, but it ${obstacle}, so nobody can tell whether they stand.`,
        );
      }
    }
    return { texts, only };
  };
  const reports: Report[] = [];
  // Where there is no file, there may still be something to say of evidence that cannot be read.
  for (const portion of paths.size === 0 ? [paths] : portionsOf(contents, paths, claimsAtOnce)) {
    const quotes = quotedPaths(about(contents, portion), here, ({ path }) => portion.has(path));
    const quoted = await repository.readQuotables(quotes);
    const today = { ...inputs, ...(await textsOf(portion)), quoted, shares: new PromptShares() };
    reports.push(await grammars.settled(() => inSlices(verifying(today))));
  }
  let vanished: readonly VanishedEvidence[] = [];
  if (base !== null) {
    const before = { evidence: base.evidence, moves };
    const today = {
      ...inputs,
      moves,
      ...(await textsOf(new Set([...pathsOf(before, [])].filter((path) => paths.has(path))))),
      quoted: await repository.readQuotables(quotedPaths(before, [])),
    };
    const unreadable = new Set(contents.problems.map(({ path }) => path));
    vanished = await grammars.settled(() => findVanished(base, today, unreadable));
  }
  return {
    ...joined(reports),
    vanished,
    unattributed: [],
    files: [
      ...contents.problems,
      ...[...problems].map(([path, problem]) => ({ path, problem })),
      // What is wrong with evidence is told with each portion, and is the same each time.
      ...(reports[0]?.files ?? []),
      ...(base === null ? [] : idProblems(base.repositoryIds, contents.repositoryIds)),
    ],
  };
}

/** The verdicts of one portion of files after the other. */
function joined(reports: readonly Report[]): Omit<Report, "vanished" | "unattributed" | "files"> {
  const suggestions = reports.flatMap((report) => report.suggestions);
  return {
    summary: countSummaries(suggestions),
    suggestions,
    beside: reports.flatMap(({ beside }) => beside),
    gone: reports.flatMap(({ gone }) => gone),
  };
}

/** Ids that a base has and today's folder does not; the evidence that bears them does not count any more. */
function idProblems(before: readonly string[], now: readonly string[]): readonly FileProblem[] {
  const why =
    now.length === 0
      ? "so nobody can tell whether its evidence belongs to it."
      : "so evidence that bears it counts as foreign.";
  return before
    .filter((id) => !now.includes(id))
    .map((id) => ({
      path: `${REPOSITORY_FOLDER}/${id}.json`,
      problem: `The repository had this id at the base and ${now.length === 0 ? "has none" : "does not have it"} now, ${why}`,
    }));
}

/** What a replay could be asked for, each claim once: all of it, or what stands in some files, by today's paths. */
export function replayables(
  { evidence, moves }: Pick<RepositoryContents, "evidence" | "moves">,
  journal: readonly AcceptedSuggestion[],
  isWanted: (suggestion: { readonly path: string }) => boolean = () => true,
): readonly Replayable[] {
  const found = new Map<string, Replayable>();
  for (const { reading } of evidence) {
    if (reading.kind !== "intact") {
      continue;
    }
    const { execution } = reading.batch.facts;
    if (execution.kind !== "replayable") {
      continue;
    }
    const { model, profile } = execution;
    const { device, claims } = reading.batch;
    for (const { record, leafHash, pieces, values } of claims) {
      // Of a claim that travels twice, the copy that can be replayed counts.
      const isBetter = values !== null || !found.has(leafHash);
      if (
        isBetter &&
        "trim" in record &&
        pieces.some(({ path }, index) => isWanted({ path: moves.ofPiece(device, leafHash, index, path) }))
      ) {
        const output = values?.kind === "replayable" ? values : null;
        const { id, trim } = record;
        found.set(leafHash, { claim: leafHash, id, model, profile, trim, values: output });
      }
    }
  }
  for (const suggestion of journal.filter(isWanted)) {
    if (suggestion.kind !== "replayable") {
      continue;
    }
    const { id, execution, trim, values } = suggestion;
    found.set(id, { claim: id, id, model: execution.model, profile: execution.profile, trim, values });
  }
  return [...found.values()];
}

/** The files, by today's paths, that open prompts quote: all of them, or those of some suggestions. */
export function quotedPaths(
  { evidence, moves }: Pick<RepositoryContents, "evidence" | "moves">,
  journal: readonly AcceptedSuggestion[],
  isWanted: (suggestion: { readonly path: string }) => boolean = () => true,
): ReadonlySet<string> {
  const paths = new Set(
    journal.filter(isWanted).flatMap((one) => promptOf(one)?.context.map(({ path }) => path) ?? []),
  );
  for (const { reading } of evidence) {
    if (reading.batch === null) {
      continue;
    }
    const { device, claims } = reading.batch;
    for (const { leafHash, pieces, values } of claims) {
      const prompt = promptIn(values);
      if (
        prompt !== null &&
        pieces.some(({ path }, index) => isWanted({ path: moves.ofPiece(device, leafHash, index, path) }))
      ) {
        for (const { path } of prompt.context) {
          paths.add(moves.ofFile(device, path));
        }
      }
    }
  }
  return paths;
}

/** The files, by today's paths, that evidence and journal speak of. */
export function pathsOf(
  contents: Pick<RepositoryContents, "evidence" | "moves">,
  journal: readonly AcceptedSuggestion[],
): ReadonlySet<string> {
  const paths = new Set(journal.map(({ path }) => path));
  for (const input of contents.evidence) {
    const device = input.reading.batch?.device ?? "";
    for (const recorded of pathsIn(input)) {
      if (!contents.moves.isLeft(recorded)) {
        paths.add(recorded);
        continue;
      }
      for (const { leafHash, pieces } of claimsIn(input, recorded)) {
        for (const [index, { path }] of pieces.entries()) {
          paths.add(contents.moves.ofPiece(device, leafHash, index, path));
        }
      }
    }
  }
  return paths;
}
