import type { AnchorCheck } from "../chain/chain";
import { environmentDigest } from "../evidence/format/leaf";
import type { EvidenceReading } from "../evidence/format/readEvidence";
import type { AcceptedSuggestion, Position } from "../evidence/format/record";
import type { SealedBatch, SealedSuggestion } from "../evidence/format/sealedBatch";
import type { Located } from "../evidence/locate/locate";
import { locateSuggestions, type Placeable, type PlaceHints } from "../evidence/locate/locateSuggestions";
import type { ReplayResult } from "../inference/engine/engine";
import type { Environment, Prompt } from "../inference/suggestion";
import type { Digest } from "../platform/primitives";
import type { ExecutionProfile } from "../protocol/executionProfile";
import { SUMMARIES, type Summary } from "../protocol/verdictWords";
import { checkDevice, checkEnvironment, checkModelApproval, type Policy } from "./policy";
import {
  checkPrompt,
  type PromptAnswer,
  type PromptQuestion,
  PromptShares,
  QuotedFiles,
  SEALED,
} from "./promptCheck";
import { reasonFor } from "./reasons";
import type { FileProblem, Report } from "./report";
import { shortcomings, summarize } from "./summary";
import type { Checks, Findings, Verdict } from "./verdict";

/** What is known of a suggestion's replay: a result, or why there is none. */
export type ReplayOutcome =
  | ReplayResult
  | { readonly value: "notRun" | "impossible"; readonly reason: string };

/** One evidence file as it was read; its name means nothing but a place to point at. */
export interface EvidenceInput {
  readonly path: string;
  readonly reading: EvidenceReading;
}

/** Everything a verdict rests on. All of it was read before; nothing here touches a disk or a network. */
export interface VerifyParameters {
  /** The id in `.proofline/repository.json`; `null` where there is none. */
  readonly repositoryId: string | null;
  readonly evidence: readonly EvidenceInput[];
  /** Today's path of each file that has been moved, by its recorded path. */
  readonly moves?: ReadonlyMap<string, string>;
  /** Accepted suggestions that are in no evidence file yet. */
  readonly journal: readonly AcceptedSuggestion[];
  /** The device that the journal's suggestions will be signed by. */
  readonly device: string;
  /** What the chain says about each batch root. */
  readonly chain: ReadonlyMap<string, AnchorCheck>;
  /** Today's text of each file by its path, with LF; a missing path is a file that is not there. */
  readonly texts: ReadonlyMap<string, string>;
  /** Today's text of each file that open prompts quote, by its path, with LF; a missing one is in no repository. */
  readonly quoted?: ReadonlyMap<string, string>;
  readonly hints?: PlaceHints;
  /** Remembers what was computed about prompts from one verification to the next. */
  readonly shares?: PromptShares;
  /** Replay outcomes by claim: a leaf hash, or the id of what stands in the journal only. Ids of sealed ones are labels. */
  readonly replays: ReadonlyMap<string, ReplayOutcome>;
  readonly policy: Policy;
}

/** A suggestion on its way to a verdict, whatever it came from. */
interface Candidate extends Placeable {
  /** What a replay of it is known by: the leaf hash; while it stands in the journal only, its id. */
  readonly claim: string;
  /** Today's path; the recorded one where its file was not moved. */
  readonly path: string;
  readonly recordedPath: string;
  /** UTF-16 code units of the displayed text. */
  readonly displayed: number;
  readonly prompt: Prompt | null;
  readonly model: Findings["model"];
  readonly environment: Environment;
  readonly environmentDigest: Digest;
  readonly profile: ExecutionProfile;
  readonly device: string;
  readonly batchRoot: string | null;
  readonly evidenceFile: string | null;
  readonly evidence: Checks["evidence"];
  /** What an evidence file that is not intact was found to be, as a sentence. */
  readonly defect: string | null;
}

/**
 * The one verification pipeline, behind badge, hover, command line and CI. Pure: the same parameters give the same
 * report.
 *
 * Bad evidence never lowers a line that good evidence covers: the suggestions of a file that is malformed, tampered or
 * from another repository only get the places that good ones leave free, and the file itself is reported.
 */
export function verify(parameters: VerifyParameters): Report {
  const { good, bad, files } = candidates(parameters);
  const verdicts: Verdict[] = [];
  const gone: { id: string; path: string }[] = [];
  const quoted = new QuotedFiles(parameters.quoted, parameters.moves);
  const shares = parameters.shares ?? new PromptShares();
  for (const [path, here] of byPath([...good, ...bad])) {
    const text = parameters.texts.get(path) ?? "";
    const placedGood = locateSuggestions(text, here.filter(isIntact), parameters.hints);
    const taken = [...placedGood.values()].flatMap(({ range }) => (range === null ? [] : [range]));
    const placedBad = locateSuggestions(
      text,
      here.filter((candidate) => !isIntact(candidate)),
      parameters.hints,
    );
    for (const candidate of here) {
      const isGood = isIntact(candidate);
      const located = (isGood ? placedGood : placedBad).get(candidate.id);
      if (located === undefined || located.content === "gone") {
        if (isGood) {
          gone.push({ id: candidate.id, path });
        }
      } else if (isGood || !taken.some((range) => overlaps(range, located.range))) {
        verdicts.push(verdictOf(candidate, located, text, { quoted, shares }, parameters));
      }
    }
  }
  verdicts.sort(
    (a, b) => compare(a.path, b.path) || (a.startLine ?? 0) - (b.startLine ?? 0) || compare(a.id, b.id),
  );
  return { summary: countSummaries(verdicts), suggestions: verdicts, gone, files };
}

function isIntact({ evidence }: Candidate): boolean {
  return evidence === "intact";
}

function byPath(all: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> {
  const groups = new Map<string, Candidate[]>();
  for (const candidate of all) {
    const group = groups.get(candidate.path);
    if (group === undefined) {
      groups.set(candidate.path, [candidate]);
    } else {
      group.push(candidate);
    }
  }
  return groups;
}

function candidates(parameters: VerifyParameters): {
  good: Candidate[];
  bad: Candidate[];
  files: FileProblem[];
} {
  const good = new Map<string, Candidate>();
  const bad: Candidate[] = [];
  const files: FileProblem[] = [];
  const moves = parameters.moves ?? new Map<string, string>();
  for (const { path, reading } of oldestFirst(parameters)) {
    if (reading.kind !== "intact") {
      files.push({ path, problem: reading.reason });
      const batch = reading.kind === "tampered" ? reading.batch : null;
      if (batch !== null) {
        bad.push(...fromBatch(batch, path, reading.kind, reading.reason, moves));
      }
      continue;
    }
    const { batch } = reading;
    if (parameters.repositoryId !== null && batch.facts.repositoryId !== parameters.repositoryId) {
      const problem = "It belongs to another repository: the repository ids differ.";
      files.push({ path, problem });
      bad.push(...fromBatch(batch, path, "foreign", problem, moves));
      continue;
    }
    for (const candidate of fromBatch(batch, path, "intact", null, moves)) {
      const before = good.get(candidate.id);
      if (before === undefined) {
        good.set(candidate.id, candidate);
      } else if (before.claim !== candidate.claim) {
        files.push({
          path,
          problem: `It reuses the suggestion id ${candidate.id} of an older file for other content.`,
        });
      }
    }
  }
  for (const accepted of parameters.journal) {
    if (!good.has(accepted.id)) {
      good.set(accepted.id, fromJournal(accepted, parameters.device));
    }
  }
  return {
    good: [...good.values()],
    bad: bad.filter((candidate) => !good.has(candidate.id)),
    files,
  };
}

/** Only an anchor's time is evidence of time: of two files that claim one suggestion, the older anchor's holds. */
function oldestFirst({ evidence, chain }: VerifyParameters): EvidenceInput[] {
  const time = ({ reading }: EvidenceInput): number =>
    reading.kind === "intact"
      ? (chain.get(reading.batch.batchRoot)?.anchor?.timestamp ?? Number.MAX_SAFE_INTEGER)
      : Number.MAX_SAFE_INTEGER;
  return [...evidence].sort((a, b) => time(a) - time(b) || compare(a.path, b.path));
}

function fromBatch(
  batch: SealedBatch,
  evidenceFile: string,
  evidence: Checks["evidence"],
  defect: string | null,
  moves: ReadonlyMap<string, string>,
): Candidate[] {
  const { model, environment, profile } = batch.facts;
  return batch.suggestions.map(({ record, leafHash, accepted, values }: SealedSuggestion) => ({
    claim: leafHash,
    id: record.id,
    path: moves.get(record.path) ?? record.path,
    recordedPath: record.path,
    position: record.position,
    accepted,
    displayed: record.counts.displayed,
    prompt: values?.prompt ?? null,
    model,
    environment,
    environmentDigest: batch.environmentDigest,
    profile,
    device: batch.device,
    batchRoot: batch.batchRoot,
    evidenceFile,
    evidence,
    defect,
  }));
}

function fromJournal(suggestion: AcceptedSuggestion, device: string): Candidate {
  const { model, environment, profile } = suggestion.execution;
  return {
    claim: suggestion.id,
    id: suggestion.id,
    path: suggestion.path,
    recordedPath: suggestion.path,
    position: suggestion.position,
    accepted: suggestion.values.accepted,
    displayed: suggestion.values.displayed.length,
    prompt: suggestion.values.prompt,
    model,
    environment,
    environmentDigest: environmentDigest(environment),
    profile,
    device,
    batchRoot: null,
    evidenceFile: null,
    evidence: "intact",
    defect: null,
  };
}

/** What prompts are checked against, the same for all suggestions of one verification. */
type PromptKnowledge = Pick<PromptQuestion, "quoted" | "shares">;

function verdictOf(
  candidate: Candidate,
  located: Located,
  text: string,
  prompts: PromptKnowledge,
  parameters: VerifyParameters,
): Verdict {
  const { policy } = parameters;
  const anchored = anchorOf(candidate, parameters.chain);
  const replay = replayOf(candidate, parameters.replays);
  const prompt = promptOf(candidate, located, text, prompts);
  const checks: Checks = {
    content:
      candidate.path !== candidate.recordedPath && located.content === "verbatim" ? "moved" : located.content,
    evidence: candidate.evidence,
    signature: candidate.evidence === "tampered" ? "invalid" : checkDevice(policy, candidate.device),
    anchor: anchored.status,
    anchorTrust: anchored.trust,
    model: checkModelApproval(policy, candidate.model.manifestDigest),
    environment: checkEnvironment(policy, candidate.environmentDigest),
    prompt: prompt.value,
    replay: replay.value,
  };
  const findings: Findings = {
    content: {
      kept: located.kept,
      total: located.total,
      displayed: candidate.displayed,
      accepted: candidate.accepted.length,
    },
    model: candidate.model,
    environment: {
      digest: candidate.environmentDigest,
      engine: engineOf(candidate.environment),
      platform: `${candidate.environment.platform.os} ${candidate.environment.platform.arch}`,
      profile: candidate.profile,
      device: candidate.device,
    },
    prompt: prompt.findings,
    replay: {
      tokens: "tokens" in replay ? replay.tokens : 0,
      exact: "exact" in replay ? replay.exact : 0,
      margin: "margin" in replay ? replay.margin : 0,
      tolerance: "tolerance" in replay ? replay.tolerance : { margin: 0, notFirst: 0 },
      ...(replay.reason === undefined ? {} : { reason: replay.reason }),
    },
    anchor: anchorFindings(candidate, anchored),
  };
  const reasons =
    candidate.defect === null
      ? shortcomings(checks, policy.requirements).map((name) => reasonFor(name, checks, findings, policy))
      : [`${reasonFor("evidence", checks, findings, policy)} ${candidate.defect}`];
  return {
    id: candidate.id,
    path: candidate.path,
    startLine: located.range === null ? null : located.range.start.line + 1,
    endLine: located.range === null ? null : located.range.end.line + 1,
    startColumn: located.range === null ? null : located.range.start.character + 1,
    endColumn: located.range === null ? null : located.range.end.character + 1,
    summary: summarize(checks, policy.requirements),
    checks,
    reasons,
    findings,
    evidenceFile: candidate.evidenceFile,
  };
}

/** The runtime, and what it computed on, unless that was the processor. */
function engineOf({ engine, executionProvider }: Environment): string {
  const graphics =
    executionProvider === "cpu" || executionProvider === "wasm" ? "" : ` by ${executionProvider}`;
  return `${engine.name} ${engine.version}${graphics}`;
}

const NOT_ANCHORED: AnchorCheck = { status: "pending", trust: "singleRpc", identity: null, anchor: null };

function anchorOf(candidate: Candidate, chain: ReadonlyMap<string, AnchorCheck>): AnchorCheck {
  if (candidate.batchRoot === null) {
    return { ...NOT_ANCHORED, reason: "Accepted; its batch is not sealed yet." };
  }
  return (
    chain.get(candidate.batchRoot) ?? { ...NOT_ANCHORED, reason: "Sealed; its batch is not anchored yet." }
  );
}

function anchorFindings(candidate: Candidate, { identity, anchor, reason }: AnchorCheck): Findings["anchor"] {
  return {
    batchRoot: candidate.batchRoot ?? "",
    ...(identity === null ? {} : { chainId: identity.chainId, chainName: identity.name }),
    ...(anchor === null
      ? {}
      : { blockNumber: anchor.block.number, transaction: anchor.transaction, time: anchor.timestamp }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function replayOf(candidate: Candidate, replays: ReadonlyMap<string, ReplayOutcome>): ReplayOutcome {
  if (candidate.evidence !== "intact") {
    return { value: "notRun", reason: "Evidence that is not intact is not replayed." };
  }
  const outcome = replays.get(candidate.claim);
  if (outcome !== undefined) {
    return outcome;
  }
  return candidate.prompt === null
    ? { value: "impossible", reason: "The prompt is sealed, so nobody else can replay it." }
    : { value: "notRun", reason: "Nobody here has replayed it yet." };
}

function promptOf(
  candidate: Candidate,
  located: Located,
  text: string,
  prompts: PromptKnowledge,
): PromptAnswer {
  const { prompt, accepted, recordedPath } = candidate;
  return prompt === null
    ? SEALED
    : checkPrompt({ prompt, accepted, recordedPath, located, text, ...prompts });
}

type Range = NonNullable<Located["range"]>;

function overlaps(a: Range, b: Range | null): boolean {
  return b !== null && before(a.start, b.end) && before(b.start, a.end);
}

function before(a: Position, b: Position): boolean {
  return a.line < b.line || (a.line === b.line && a.character < b.character);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function countSummaries(verdicts: readonly Verdict[]): Record<Summary, number> {
  const counts = Object.fromEntries(SUMMARIES.map((summary) => [summary, 0])) as Record<Summary, number>;
  for (const { summary } of verdicts) {
    counts[summary] += 1;
  }
  return counts;
}
