import type { AnchorCheck } from "../chain/chain";
import { allCode, areReadAsSealed, type LinesOf } from "../evidence/locate/enclosure";
import { letterCount } from "../evidence/locate/letterCount";
import { LineIndex } from "../evidence/locate/lineIndex";
import { locate } from "../evidence/locate/locate";
import {
  FRAGMENT,
  type Located,
  locatePiece,
  type PieceToLocate,
  type SameTokens,
} from "../evidence/locate/locatePiece";
import type { PlaceHints } from "../evidence/locate/locateSuggestions";
import { visible } from "../evidence/locate/whiteSpace";
import type { ReplayResult } from "../inference/engine/engine";
import type { Environment } from "../inference/suggestion";
import { compareText } from "../platform/compareText";
import { unreachable } from "../platform/errors";
import { groupBy } from "../platform/groupBy";
import type { ChainHash } from "../platform/primitives";
import { atOnce } from "../platform/slices";
import { SUMMARIES, type Summary } from "../protocol/verdictWords";
import { visibleName } from "../protocol/visibleText";
import type { AnswerCheckName } from "../providers/attestation/answerReport";
import { type Claim, type ClaimPiece, type ClaimsParameters, gatherClaims } from "./claims";
import { LinePlaces, type Place } from "./linePlaces";
import { Moves } from "./moves";
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
import { type BesideVerdict, countSummaries, type Report } from "./report";
import { shortcomings, summarize, summarizeUnder } from "./summary";
import type { Checks, EnclaveCheck, Findings, Verdict } from "./verdict";
import type { VerifierReplay } from "./verifierReplays";

/** What is known of a claim's replay: a result, or why there is none. */
export type ReplayOutcome =
  | ReplayResult
  | { readonly value: "notRun" | "impossible"; readonly reason: string };

/** What is known of an attested claim's enclave. */
export interface EnclaveOutcome {
  readonly value: "enclaveSigned" | "enclaveUnchecked" | "enclaveContradicted";
  readonly reason: string;
  /** Each by itself, in the order of reading; none where nothing could be looked at. */
  readonly checks: readonly EnclaveCheck[];
  /** Whether the approval of the enclave's code was taken back after it had signed. */
  readonly isRevokedSince: boolean;
  /** What its code is measured as: keccak256 of PCR0 to PCR2; `null` where nobody told. */
  readonly measurement: ChainHash | null;
}

/** Everything a verdict rests on. All of it was read before; nothing here touches a disk or a network. */
export interface VerifyParameters extends Omit<ClaimsParameters, "moves"> {
  readonly moves?: Moves;
  /** Today's text of each file by its path, with LF; a missing path is a file that is not there. */
  readonly texts: ReadonlyMap<string, string>;
  /** Today's text of each file that open prompts quote, by its path, with LF; a missing one is in no repository. */
  readonly quoted?: ReadonlyMap<string, string>;
  /** By the keys of pieces. */
  readonly hints?: PlaceHints;
  /** Answers whether only meaningless white space differs; what it does not know yet is `edited`. */
  readonly sameTokens?: SameTokens;
  /** Answers how a compiler reads lines of a text; what it does not know yet is `edited`. Where nobody is asked, all is code. */
  readonly linesOf?: LinesOf;
  /** Remembers what was computed about prompts from one verification to the next. */
  readonly shares?: PromptShares;
  /** Replay outcomes by claim: a leaf hash, or the id of what stands in the journal only. Ids of sealed ones are labels. */
  readonly replays: ReadonlyMap<string, ReplayOutcome>;
  /** Claims that verifiers have replayed, by leaf hash. */
  readonly verifierReplays?: ReadonlyMap<string, VerifierReplay>;
  /** Outcomes of enclave checks by claim. */
  readonly enclaves?: ReadonlyMap<string, EnclaveOutcome>;
  readonly policy: Policy;
}

/**
 * The one verification pipeline, behind badge, hover, command line and CI. Pure: the same parameters give the same
 * report.
 *
 * Claims are judged before they take places. In a contested place the better one stands (the better summary, then the
 * older anchor, then the leaf hash), and the other is told of beside it; so nothing that is worse, broken, foreign or
 * unanchored lowers, hides or frees a line. Edited lines of a claim that is intact, signed and onchain are hidden by no
 * other claim, however good.
 */
export function verify(parameters: VerifyParameters): Report {
  return atOnce(verifying(parameters));
}

/** The same in small steps, for whoever has something else to do between them. */
export function* verifying(parameters: VerifyParameters): Generator<void, Report, void> {
  const moves = parameters.moves ?? Moves.NONE;
  const { claims, files } = yield* gatherClaims({ ...parameters, moves });
  const prompts = {
    quoted: new QuotedFiles(parameters.quoted, moves),
    shares: parameters.shares ?? new PromptShares(),
  };
  const verdicts: Verdict[] = [];
  const beside: BesideVerdict[] = [];
  const gone: { claim: string; id: string; path: string }[] = [];
  for (const [path, here] of groupBy(yield* bestFirst(claims, parameters), ({ piece }) => piece.path)) {
    if (parameters.only?.has(path) === false) {
      continue;
    }
    const today = new LineIndex(parameters.texts.get(path) ?? "");
    const located = yield* locateAll(here, today, parameters);
    const taken = new LinePlaces<number>();
    // Places of claims that are better than the one whose turn it is.
    const better = new LinePlaces<number>();
    let equals: { readonly range: Place; readonly rank: number }[] = [];
    const shown: Shown[] = [];
    const standing: Standing[] = [];
    for (const ranked of here) {
      const { claim, piece, checks } = ranked;
      const place = located.get(piece.key);
      if (place === undefined || place.content === "gone") {
        gone.push({ claim: claim.claim, id: claim.id, path });
      } else {
        const verdict = verdictOf(claim, checks, piece, place, today, prompts, parameters);
        standing.push({ ...ranked, place, verdict, rank: rankOf(ranked, verdict) });
      }
      yield;
    }
    standing.sort(byRank);
    for (const { claim, piece, rank, place, verdict } of standing) {
      if (equals[0] !== undefined && equals[0].rank > rank) {
        for (const other of equals) {
          better.add(other.range, other.rank);
        }
        equals = [];
      }
      const why = whyBeside(piece, place, rank, taken, better);
      if (why === null) {
        shown.push({ verdict, place });
        if (place.range !== null && place.content !== "edited") {
          taken.add(place.range, rank);
          equals.push({ range: place.range, rank });
        }
      } else if (place.range !== null) {
        const line = place.range.start.line + 1;
        beside.push({ claim: claim.claim, id: claim.id, path, line, summary: verdict.summary, why });
      }
      yield;
    }
    for (const verdict of withShares(shown, today)) {
      verdicts.push(verdict);
      yield;
    }
  }
  verdicts.sort(
    (a, b) =>
      compareText(a.path, b.path) || (a.startLine ?? 0) - (b.startLine ?? 0) || compareText(a.key, b.key),
  );
  return {
    summary: countSummaries(verdicts),
    suggestions: verdicts,
    beside,
    gone,
    vanished: [],
    unattributed: [],
    files,
  };
}

interface Ranked {
  readonly claim: Claim;
  readonly checks: ClaimChecks;
  readonly piece: ClaimPiece;
  /** What the claim could be at best, were its text as it was accepted; higher is better. */
  readonly rank: number;
  /** When it was anchored, in seconds since 1970. */
  readonly time: number;
}

/** A piece that has a place, or of which nobody can tell which place is its own. */
interface Standing extends Ranked {
  readonly place: Located;
  readonly verdict: Verdict;
}

/**
 * How good a claim is in a contest. One whose text stands is as good as its verdict says; one that was edited, as good as
 * it was before, so that nothing worse can hide the edit.
 */
function rankOf({ rank }: Ranked, { checks, summary }: Verdict): number {
  return checks.content === "edited" || checks.content === "ambiguous" ? rank : goodness(checks, summary);
}

/**
 * How good a claim is among others; higher is better. What only a newer Proofline can read is worse than what failed: else
 * whoever wants a finding out of sight would sign something that nobody understands.
 */
function goodness({ evidence }: Pick<Checks, "evidence">, summary: Summary): number {
  return evidence === "newer" ? -1 : SUMMARIES.indexOf(summary);
}

/** The better first, then the one with the older anchor, then by leaf hash. */
function byRank(a: Ranked, b: Ranked): number {
  return b.rank - a.rank || a.time - b.time || compareText(a.claim.claim, b.claim.claim);
}

/** Pieces with those of better claims first. */
function* bestFirst(
  claims: readonly Claim[],
  parameters: VerifyParameters,
): Generator<void, readonly Ranked[], void> {
  const ranked: Omit<Ranked, "piece">[] = [];
  for (const claim of claims) {
    const checks = claimChecks(claim, parameters);
    ranked.push({
      claim,
      checks,
      rank: goodness(checks, summarize({ ...checks, ...AT_BEST }, parameters.policy.requirements)),
      time:
        (claim.batchRoot === null ? undefined : parameters.chain.get(claim.batchRoot))?.anchor?.timestamp ??
        Number.MAX_SAFE_INTEGER,
    });
    yield;
  }
  return ranked.flatMap((one) => one.claim.pieces.map((piece) => ({ ...one, piece }))).sort(byRank);
}

/** The checks that depend on today's text, where it speaks for the claim. */
const AT_BEST = { content: "verbatim", prompt: "bound", copied: "no" } as const;

/** Where each piece stands, by its key. What is sealed is found by whole lines, what is not yet by its text. */
function* locateAll(
  pieces: readonly Ranked[],
  today: LineIndex,
  { hints, sameTokens = () => false, linesOf = (_path, _text, spans) => allCode(spans) }: VerifyParameters,
): Generator<void, ReadonlyMap<string, Located>, void> {
  const found = new Map<string, Located>();
  const inputs = pieces.flatMap(({ piece: { key, place } }) => {
    if (place.kind === "sealed") {
      return [];
    }
    const hint = hints?.get(key);
    return [{ ...place.input, id: key, ...(hint !== undefined && { hint }) }];
  });
  for (const [key, place] of locate(today.text, inputs)) {
    found.set(key, place);
  }
  const standing: { readonly piece: PieceToLocate; readonly key: string; readonly place: Located }[] = [];
  for (const { piece } of pieces) {
    if (piece.place.kind !== "sealed") {
      continue;
    }
    const hint = hints?.get(piece.key);
    const wanted = { ...piece.place.piece, ...(hint !== undefined && { hint }) };
    const place = locatePiece(wanted, today, sameTokens);
    found.set(piece.key, place);
    if (place.range !== null && place.content !== "edited") {
      standing.push({ piece: wanted, key: piece.key, place });
    }
    yield;
  }
  for (const [key, place] of contradictedMoves(pieces, found)) {
    found.set(key, place);
  }
  // One question for all pieces of the file. Those of better claims come first, as everywhere here: what may be looked at in one file
  // is bounded, and a stranger's claims must not use it up.
  const [first] = standing;
  const readings =
    first === undefined
      ? null
      : linesOf(
          first.piece.path,
          today.text,
          standing.map(({ place: { range } }) => ({
            first: range?.start.line ?? 0,
            last: range?.end.line ?? 0,
          })),
        );
  for (const [index, { piece, key, place }] of standing.entries()) {
    const { path, surroundings, surroundingsSalt } = piece;
    if (!areReadAsSealed(path, surroundings, surroundingsSalt, readings?.[index] ?? null)) {
      found.set(key, { ...place, content: "edited", surroundings: "changed" });
    }
  }
  return found;
}

/**
 * Pieces that were moved while something like them stands changed at their place, and is no text of a claim as good as theirs: nobody
 * can tell whether they were moved, or changed, and their old lines kept where nothing runs.
 */
function* contradictedMoves(
  pieces: readonly Ranked[],
  found: ReadonlyMap<string, Located>,
): Generator<[string, Located], void, void> {
  const claimed = new Map<number, number>();
  for (const { piece, rank } of pieces) {
    const { range, content } = found.get(piece.key) ?? { range: null, content: "gone" };
    for (
      let at = range?.start.line ?? 0;
      range !== null && content !== "edited" && at <= range.end.line;
      at += 1
    ) {
      claimed.set(at, Math.max(rank, claimed.get(at) ?? rank));
    }
  }
  for (const { piece, rank } of pieces) {
    const place = found.get(piece.key);
    if (place?.alikeAt !== undefined && (claimed.get(place.alikeAt) ?? -2) < rank) {
      yield [piece.key, { content: "ambiguous", range: null, kept: 0, total: place.total }];
    }
  }
}

function whyBeside(
  { accepted }: ClaimPiece,
  { content, range }: Located,
  rank: number,
  taken: LinePlaces<number>,
  better: LinePlaces<number>,
): BesideVerdict["why"] | null {
  if (letterCount(accepted) < FRAGMENT) {
    return "fragment";
  }
  const isContested =
    range !== null &&
    (content === "edited" ? rank < EDITED && better.hasOverlap(range) : taken.hasOverlap(range));
  return isContested ? "contested" : null;
}

/** A claim that could be no better than this before it was edited is broken, foreign, unanchored or refused. */
const EDITED = SUMMARIES.indexOf("edited");

interface Shown {
  readonly verdict: Verdict;
  readonly place: Located;
}

/** Visible text of a line, in UTF-16 code units: all of it, and what no claim as good speaks for. */
interface LineShare {
  readonly all: number;
  readonly others: number;
}

/** Says of each verdict whether, and how far, its lines hold visible text that no claim as good as this one speaks for. */
function* withShares(all: readonly Shown[], today: LineIndex): Generator<Verdict, void, void> {
  const places = new LinePlaces<number>();
  for (const { verdict, place } of all) {
    if (place.range !== null && place.content !== "edited") {
      places.add(place.range, goodness(verdict.checks, verdict.summary));
    }
  }
  // One line may have many verdicts, but those of one summary share the answer.
  const known = new Map<string, LineShare>();
  const shareOf = (line: number, good: number): LineShare => {
    const key = `${line} ${good}`;
    const text = today.lines[line] ?? "";
    const share = known.get(key) ?? {
      all: visible(text).length,
      others: visible(places.outside(text, line, (other) => other >= good)).length,
    };
    known.set(key, share);
    return share;
  };
  for (const { verdict, place } of all) {
    const { range } = place;
    let [all, others] = [0, 0];
    for (let line = range?.start.line ?? 0; range !== null && line <= range.end.line; line += 1) {
      const share = shareOf(line, goodness(verdict.checks, verdict.summary));
      all += share.all;
      others += share.others;
    }
    const part = range === null || others > 0;
    const content = { ...verdict.findings.content, part, share: all === 0 ? 0 : (all - others) / all };
    yield { ...verdict, findings: { ...verdict.findings, content } };
  }
}

/** The checks that do not depend on where the claim's text stands. */
type ClaimChecks = Omit<Checks, keyof typeof AT_BEST>;

function claimChecks(claim: Claim, parameters: VerifyParameters): ClaimChecks {
  const { policy, chain, enclaves } = parameters;
  const { execution } = claim;
  const anchored = anchorOf(claim, chain, policy);
  const time = anchored.anchor?.timestamp ?? null;
  return {
    evidence: claim.evidence,
    signature: claim.signature === "invalid" ? "invalid" : checkDevice(policy, claim.device, time),
    anchor: anchored.status,
    anchorTrust: anchored.trust,
    execution: executionOf(claim, parameters).value,
    model: execution.kind === "replayable" ? checkModelApproval(policy, execution.model, time) : "unproved",
    environment: environmentOf(claim, policy, enclaves, time),
  };
}

function environmentOf(
  { claim, execution, environmentDigest }: Claim,
  policy: Policy,
  enclaves: VerifyParameters["enclaves"],
  time: number | null,
): Checks["environment"] {
  if (environmentDigest !== null) {
    return checkEnvironment(policy, environmentDigest, time);
  }
  const enclave = execution.kind === "attested" ? enclaves?.get(claim) : undefined;
  if (enclave?.value !== "enclaveSigned") {
    return "declaredUnknown";
  }
  if (enclave.isRevokedSince) {
    return "attestedRevoked";
  }
  const isRebuilt = enclave.measurement !== null && policy.enclaveCode.has(enclave.measurement);
  return isRebuilt ? "attestedRebuilt" : "attested";
}

/** What prompts are checked against, the same for all claims of one verification. */
type PromptKnowledge = Pick<PromptQuestion, "quoted" | "shares">;

function verdictOf(
  claim: Claim,
  claimChecked: ClaimChecks,
  piece: ClaimPiece,
  located: Located,
  today: LineIndex,
  prompts: PromptKnowledge,
  parameters: VerifyParameters,
): Verdict {
  const { policy } = parameters;
  const anchored = anchorOf(claim, parameters.chain, policy);
  const outcome = executionOf(claim, parameters);
  const prompt = promptOf(claim, piece, located, today, prompts);
  const isMoved = piece.path !== piece.recordedPath && located.content === "verbatim";
  const checks: Checks = {
    ...claimChecked,
    content: isMoved ? "moved" : located.content,
    prompt: prompt.value,
    copied: prompt.copied,
  };
  const findings: Findings = {
    content: {
      kept: located.kept,
      total: located.total,
      surroundings: located.surroundings ?? "same",
      part: true,
      share: 0,
      displayed: claim.displayed,
      accepted: claim.accepted,
    },
    ...factsOf(claim, policy),
    device: claim.device,
    prompt: prompt.findings,
    execution: {
      kind: claim.execution.kind,
      tokens: "tokens" in outcome ? outcome.tokens : 0,
      exact: "exact" in outcome ? outcome.exact : 0,
      margin: "margin" in outcome ? outcome.margin : 0,
      tolerance: "tolerance" in outcome ? outcome.tolerance : { margin: 0, notFirst: 0 },
      ...("verifier" in outcome && { verifier: outcome.verifier }),
      ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
      ...("checks" in outcome && { checks: enclaveChecksUnder(policy, outcome) }),
    },
    anchor: anchorFindings(claim, anchored),
  };
  const reasons = [
    ...(policy.hold === null ? [] : [policy.hold]),
    ...shortcomings(checks, policy.requirements).map((name) => reasonFor(name, checks, findings, policy)),
  ];
  const { range } = located;
  return {
    key: piece.key,
    claim: claim.claim,
    id: claim.id,
    path: piece.path,
    startLine: range === null ? null : range.start.line + 1,
    endLine: range === null ? null : range.end.line + 1,
    startColumn: range === null ? null : range.start.character + 1,
    endColumn: range === null ? null : range.end.character + 1,
    summary: summarizeUnder(checks, policy.requirements, policy.hold),
    checks,
    // Of evidence that contradicts itself nothing else is worth saying.
    reasons:
      claim.defect === null
        ? reasons
        : [`${reasonFor("evidence", checks, findings, policy)} ${claim.defect}`],
    findings,
    evidenceFile: claim.evidenceFile,
  };
}

/** The checks of an enclave, with what the rules say of its code. */
function enclaveChecksUnder(
  { enclaveCode, name }: Policy,
  { checks, measurement }: EnclaveOutcome,
): EnclaveOutcome["checks"] {
  const rebuilt = measurement === null ? undefined : enclaveCode.get(measurement);
  return rebuilt === undefined
    ? checks
    : checks.map((check) =>
        check.name === REBUILT_CHECK
          ? {
              ...check,
              value: "passed",
              reason: `The ${name} names this code as rebuilt: ${visibleName(rebuilt)}.`,
            }
          : check,
      );
}

/** What the list of checks calls that somebody has rebuilt an enclave's code. */
const REBUILT_CHECK = "environmentKnown" satisfies AnswerCheckName;

function factsOf(
  { execution, environmentDigest, told }: Claim,
  policy: Policy,
): Pick<Findings, "model" | "environment"> {
  switch (execution.kind) {
    case "replayable": {
      const { model, environment, profile } = execution;
      const pin = policy.models.pinned.get(model.manifestDigest);
      const { manifestDigest, omsRoot } = model;
      return {
        model: { name: pin?.name ?? null, told: model.name, manifestDigest, omsRoot },
        environment: environmentDigest && {
          digest: environmentDigest,
          engine: engineOf(environment),
          platform: `${environment.platform.os} ${environment.platform.arch}`,
          profile,
        },
      };
    }
    case "attested":
      return { model: unpinned(execution.model.name), environment: null };
    case "stated":
      return {
        model: { ...unpinned(told?.model ?? ""), ...(told !== null && { tool: told.tool }) },
        environment: null,
      };
    default:
      return unreachable(execution);
  }
}

function unpinned(told: string): Findings["model"] {
  return { name: null, told, manifestDigest: null, omsRoot: null };
}

/** The runtime, and what it computed on, unless that was the processor. */
function engineOf({ engine, executionProvider }: Environment): string {
  const graphics =
    executionProvider === "cpu" || executionProvider === "wasm" ? "" : ` by ${executionProvider}`;
  return `${engine.name} ${engine.version}${graphics}`;
}

const NOT_ANCHORED: AnchorCheck = { status: "pending", trust: "singleRpc", identity: null, anchor: null };

/** Why a claim is not onchain, by how far it has come. */
const NOT_YET: Readonly<Record<Claim["stage"], string>> = {
  accepted: "Accepted; its batch is not sealed yet.",
  sealed:
    "Sealed, and kept in the journal: its evidence file is not in the repository yet; anchoring writes it.",
  written: "Sealed; its batch is not anchored yet.",
};

function anchorOf(
  { batchRoot, stage }: Claim,
  chain: ReadonlyMap<string, AnchorCheck>,
  policy: Policy,
): AnchorCheck {
  const known = batchRoot === null ? undefined : chain.get(batchRoot);
  if (known === undefined) {
    return { ...NOT_ANCHORED, reason: NOT_YET[stage] };
  }
  const { identity, anchor } = known;
  const isElsewhere =
    policy.chain !== null &&
    identity !== null &&
    (identity.chainId !== policy.chain.id || identity.contract !== policy.chain.contract);
  return isElsewhere && anchor !== null
    ? {
        ...known,
        status: "wrongChain",
        anchor: null,
        reason: `It is anchored on ${identity.name}, and under the ${policy.name} only anchors of contract ${policy.chain.contract} on chain ${policy.chain.id} count.`,
      }
    : known;
}

function anchorFindings(
  { batchRoot }: Claim,
  { identity, anchor, reason, trust, operators, transactionUnsure, remarks }: AnchorCheck,
): Findings["anchor"] {
  return {
    batchRoot: batchRoot ?? "",
    ...(identity === null ? {} : { chainId: identity.chainId, chainName: identity.name }),
    ...(anchor === null
      ? {}
      : {
          blockNumber: anchor.block.number,
          // Where a proof speaks, nobody was asked about the transaction that the file names.
          ...(trust === "stateProof" || trust === "offlineProof" || transactionUnsure
            ? {}
            : { transaction: anchor.transaction }),
          time: anchor.timestamp,
        }),
    ...(reason === undefined ? {} : { reason }),
    ...(operators === undefined ? {} : { operators }),
    ...(remarks === undefined ? {} : { remarks }),
  };
}

type ExecutionOutcome =
  | ReplayOutcome
  | { readonly value: "verifierReplayed"; readonly verifier: string; readonly reason?: never }
  | EnclaveOutcome
  | { readonly value: "stated"; readonly reason: string };

function executionOf(
  claim: Claim,
  { replays, enclaves, verifierReplays }: Pick<VerifyParameters, "replays" | "enclaves" | "verifierReplays">,
): ExecutionOutcome {
  const { kind } = claim.execution;
  switch (kind) {
    case "stated":
      return { value: "stated", reason: statementOf(claim) };
    case "attested":
      return (
        enclaves?.get(claim.claim) ?? {
          value: "enclaveUnchecked",
          reason: "The enclave's signature has not been checked here.",
          checks: [],
          isRevokedSince: false,
          measurement: null,
        }
      );
    case "replayable":
      return replayedBy(claim, replayOf(claim, replays), verifierReplays);
    default:
      return unreachable(kind);
  }
}

/** What a replay here came to; where there was none, a verifier's. */
function replayedBy(
  { claim, evidence }: Claim,
  here: ReplayOutcome,
  replays: VerifyParameters["verifierReplays"],
): ExecutionOutcome {
  const replay = evidence === "intact" && isMissing(here) ? replays?.get(claim) : undefined;
  return replay === undefined
    ? here
    : { value: "verifierReplayed", verifier: `${visibleName(replay.name)} (${replay.verifier})` };
}

function isMissing({ value }: ReplayOutcome): boolean {
  return value === "notRun" || value === "impossible";
}

function statementOf({ told }: Claim): string {
  const nothing = "Nothing but the statement is there.";
  return told === null || told.tool === ""
    ? nothing
    : `The device says that ${visibleName(told.tool)} says that it wrote this. ${nothing}`;
}

function replayOf(
  { claim, evidence, prompt }: Claim,
  replays: ReadonlyMap<string, ReplayOutcome>,
): ReplayOutcome {
  if (evidence !== "intact") {
    return { value: "notRun", reason: "Evidence that is not intact is not replayed." };
  }
  return (
    replays.get(claim) ??
    (prompt === null
      ? { value: "impossible", reason: "The prompt is sealed, so nobody else can replay it." }
      : { value: "notRun", reason: "Nobody here has replayed it yet." })
  );
}

function promptOf(
  { device, prompt }: Claim,
  { accepted, recordedPath, path }: ClaimPiece,
  located: Located,
  today: LineIndex,
  prompts: PromptKnowledge,
): PromptAnswer {
  return prompt === null
    ? SEALED
    : checkPrompt({ device, prompt, accepted, recordedPath, path, located, today, ...prompts });
}
