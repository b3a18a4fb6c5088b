import type { Position, Range } from "vscode-languageserver/node";
import type { AcceptedSuggestion } from "../../evidence/format/acceptedSuggestion";
import type { RepositoryIdentity } from "../../platform/acceptedRecords";
import { sha256 } from "../../platform/digests";
import { inSlices } from "../../platform/slices";
import { utc } from "../../platform/utc";
import { deviceName } from "../../policy/deviceName";
import { EvidenceIndex, type EvidenceInput } from "../../policy/evidenceIndex";
import { Moves } from "../../policy/moves";
import { PromptShares } from "../../policy/promptCheck";
import { keptLinesOf, remarksOn } from "../../policy/remarks";
import { countSummaries, type FileProblem, type Report } from "../../policy/report";
import { placeOf, type Verdict, verifierBehind } from "../../policy/verdict";
import { gatherVerifierReplays } from "../../policy/verifierReplays";
import { verifying } from "../../policy/verifyEvidence";
import type { EnclaveOutcome, ReplayOutcome } from "../../policy/verifyParameters";
import { lastLineOf } from "../../protocol/coveredLines";
import { DidChangeVerdicts, type ShownVerdict } from "../../protocol/messages";
import type { Summary } from "../../protocol/verdictWords";
import { worstFirst } from "../../protocol/worstFirst";
import { enclaveClaims } from "../../workflows/enclaveClaims";
import type { GrammarQuestions } from "../../workflows/grammarQuestions";
import type { KnownHere } from "../../workflows/knownHere";
import type { RepositoryContents } from "../../workflows/readRepository";
import type { Replayable } from "../../workflows/replay";
import { admissionBy, enforcementBy, policyProblems } from "../../workflows/repositoryPolicies";
import { quotedPaths, replayables } from "../../workflows/verify";
import type { DocumentListener } from "../documents/documentEvents";
import type { DocumentLocation } from "../documents/documentLocations";
import type { OpenDocument } from "../documents/openDocument";
import type { TextEdit } from "../documents/textEdits";
import type { Tracking } from "../documents/tracking";
import type { ServerContext } from "../serverContext";
import type { SuggestionEvent } from "../suggestions/suggestionStore";
import type { Authorities } from "./authorities";
import type { Diagnostics } from "./diagnostics";
import type { EnclaveQueue } from "./enclaveQueue";
import type { EvidenceFolders, FolderEvidence } from "./evidenceFolders";
import type { Identity } from "./identity";
import type { PlacedVerdict } from "./placedVerdict";
import type { ReplayQueue } from "./replayQueue";

type Place = Pick<DocumentLocation, "repositoryPath" | "path">;

export interface VerdictParts {
  readonly folders: EvidenceFolders;
  readonly replays: ReplayQueue;
  readonly enclaves: EnclaveQueue;
  readonly identity: Identity;
  readonly authorities: Authorities;
  readonly tracking: Tracking;
  readonly grammars: GrammarQuestions;
  readonly diagnostics: Diagnostics;
}

/**
 * Holds the verdict of every suggestion in every open document, versions of files included, keeps it up to date with text, journal, evidence,
 * chain and replays, and tells the client after each change.
 */
export class Verdicts implements DocumentListener {
  private readonly verdicts = new Map<string, readonly Verdict[]>();
  private readonly sent = new Map<string, readonly ShownVerdict[]>();
  /** This computer's own device as it was known when each document was verified. */
  private readonly devices = new Map<string, string | null>();
  private readonly shares = new PromptShares();
  /** How many verifications have begun, and the latest of each document that was shown. */
  private begun = 0;
  private readonly shownRuns = new WeakMap<OpenDocument, number>();
  /** The files that the prompts of each open document quote. */
  private readonly quotes = new Map<string, ReadonlySet<string>>();

  constructor(
    private readonly context: ServerContext,
    private readonly parts: VerdictParts,
  ) {
    const { folders, tracking } = parts;
    tracking.onQuiet((document) => void this.update(document).then(() => this.updateQuoting(document)));
    folders.onChange((repository) => this.updateAll(repository));
    parts.authorities.onChange((repository) => this.updateAll(repository));
    context.store.onEvent((event) => this.follow(event));
  }

  /** What is known and what counts where a document lies. */
  async knownFor(document: OpenDocument): Promise<KnownHere> {
    const location = await this.context.locations.of(document);
    return this.knownAt(location, await this.evidenceFor(location));
  }

  /** The same with what the policy's authority says. */
  private async knownAt(location: DocumentLocation, evidence: FolderEvidence | null): Promise<KnownHere> {
    const known = await this.parts.identity.of(identityAt(location, evidence));
    const { repository } = location;
    return repository === null || evidence === null
      ? known
      : { ...known, policy: this.parts.authorities.policyIn(repository, known, evidence) };
  }

  /** Looks again at the device, the models and what was accepted of them. */
  lookAgain(): Promise<void> {
    return this.parts.identity.refresh();
  }

  async opened(document: OpenDocument): Promise<void> {
    await this.update(document);
    await this.updateQuoting(document);
  }

  /** Follows an edit and has the document verified again once nobody edits it any more. */
  edited(document: OpenDocument, edits: readonly TextEdit[]): void {
    this.parts.tracking.follow(document, edits);
  }

  async closed(document: OpenDocument): Promise<void> {
    this.forget(document.uri);
    await this.updateQuoting(document);
  }

  /** Verifies one open document against what is known, and tells the client. */
  async update(document: OpenDocument): Promise<void> {
    this.begun += 1;
    const run = this.begun;
    const show = await this.parts.grammars.settled(() => this.verifyNow(document));
    // One that began later may have been faster, and knows more.
    if (run > (this.shownRuns.get(document) ?? 0)) {
      this.shownRuns.set(document, run);
      show();
    }
  }

  /** Verifies the other open documents whose prompts quote this one, which has changed. */
  async updateQuoting(changed: OpenDocument): Promise<void> {
    const { repositoryPath, path } = await this.context.locations.of(changed);
    for (const document of this.context.shown.all()) {
      if (document === changed || this.quotes.get(document.uri)?.has(path) !== true) {
        continue;
      }
      if ((await this.context.locations.of(document)).repositoryPath === repositoryPath) {
        await this.update(document);
      }
    }
  }

  /** Verifies every open document, or those of one repository. */
  async updateAll(repository?: string): Promise<void> {
    for (const document of this.context.shown.all()) {
      if (
        repository === undefined ||
        (await this.context.locations.of(document)).repositoryPath === repository
      ) {
        await this.update(document);
      }
    }
  }

  /** The verdicts of an open document, where they stand now. */
  of(document: OpenDocument): readonly PlacedVerdict[] {
    return (this.verdicts.get(document.uri) ?? []).flatMap((verdict) => {
      const range = this.parts.tracking.rangeOf(document, verdict.key);
      return range === null ? [] : [this.placed(document, verdict, range)];
    });
  }

  /** The verdicts of an open document by what they came to, those without a place included. */
  counts(document: OpenDocument): Readonly<Record<Summary, number>> {
    return countSummaries(this.verdicts.get(document.uri) ?? []);
  }

  /** The verdicts on a line, in the order in which they are told. */
  onLine(document: OpenDocument, line: number): readonly PlacedVerdict[] {
    const here = this.of(document).filter(
      ({ range }) => range.start.line <= line && line <= lastLineOf(range),
    );
    return worstFirst(here, ({ verdict }) => ({
      summary: verdict.summary,
      isPart: remarksOn(verdict).includes("part"),
    }));
  }

  /** The same, beginning with the one around the place. */
  at(document: OpenDocument, { line, character }: Position): readonly PlacedVerdict[] {
    const here = this.onLine(document, line);
    const around = here.find(
      ({ range: { start, end } }) =>
        (start.line < line || start.character <= character) &&
        (line < end.line || character <= end.character),
    );
    return around === undefined ? here : [around, ...here.filter((one) => one !== around)];
  }

  /** A verdict in an open document by its key, and that document; `null` where none is open that has it. */
  find(key: string): { readonly document: OpenDocument; readonly verdict: Verdict } | null {
    for (const document of this.context.shown.all()) {
      const verdict = this.verdicts.get(document.uri)?.find((one) => one.key === key);
      if (verdict !== undefined) {
        return { document, verdict };
      }
    }
    return null;
  }

  /** What completes a verdict's word where that alone would mislead; `null` where nothing must. */
  noteFor(document: OpenDocument, verdict: Verdict): string | null {
    const verifier = verifierBehind(verdict);
    if (verifier !== null) {
      return `by ${verifier}`;
    }
    const { summary, evidenceFile, path } = verdict;
    if (summary !== "pending" || evidenceFile !== null) {
      return null;
    }
    if (path === document.uri) {
      return "journal only: not in a folder";
    }
    const repository = this.context.locations.repositoryPathOf(document);
    return repository === null ? null : this.context.store.obstacleIn(repository);
  }

  /** What can be replayed of a document. */
  async replayables(document: OpenDocument): Promise<readonly Replayable[]> {
    const location = await this.context.locations.of(document);
    const evidence = await this.evidenceFor(location);
    return this.replayablesAt(location, evidence, await inSlices(sealedAt(location, evidence)));
  }

  /** What is wrong with the evidence and anchor files of a document's repository. */
  async fileProblems(document: OpenDocument): Promise<readonly FileProblem[]> {
    const evidence = await this.evidenceFor(await this.context.locations.of(document));
    return evidence?.problems ?? [];
  }

  /** What became of accepted suggestions changes what is said of them. */
  private async follow(event: SuggestionEvent): Promise<void> {
    switch (event.kind) {
      case "accepted":
      case "withdrawn":
      case "bound": {
        const document = this.context.shown.get(event.uri);
        if (document !== undefined) {
          await this.update(document);
        }
        return;
      }
      case "obstacle":
      case "dropped":
        return this.updateAll(event.repository);
      // A batch brings what is known of its device with it, and the chain's state may be another for all.
      case "opened":
      case "sealed":
      case "anchored":
        return this.updateAll();
    }
  }

  /** Verifies a document, and returns what shows the outcome where the document is still the same. */
  private async verifyNow(document: OpenDocument): Promise<() => void> {
    const location = await this.context.locations.of(document);
    const evidence = await this.evidenceFor(location);
    const sealed = await inSlices(sealedAt(location, evidence));
    const quoted = await this.quotedBy(document, location, evidence, sealed);
    const known = await this.knownAt(location, evidence);
    const isOpen = (): boolean => this.context.shown.get(document.uri) === document;
    if (!isOpen()) {
      return () => {};
    }
    const { version } = document;
    const report = await inSlices(this.verify(document, location, evidence, sealed, quoted, known));
    return () => {
      // Whoever has edited it since has it verified again.
      if (isOpen() && document.version === version) {
        this.devices.set(document.uri, known.device);
        this.show(document, location, evidence, report, known);
      }
    };
  }

  private forget(uri: string): void {
    this.parts.tracking.forget(uri);
    this.verdicts.delete(uri);
    this.sent.delete(uri);
    this.devices.delete(uri);
    this.quotes.delete(uri);
    this.parts.diagnostics.forget(uri);
  }

  private replayablesAt(
    location: Place,
    evidence: FolderEvidence | null,
    sealed: Sealed,
  ): readonly Replayable[] {
    const journal = [...this.pendingAt(location), ...this.unwrittenAt(location, evidence)];
    return replayables(sealed, journal, ({ path }) => path === location.path);
  }

  private pendingAt({ repositoryPath, path }: Place): readonly AcceptedSuggestion[] {
    return this.context.store
      .pending()
      .filter((one) => one.repository === repositoryPath && one.path === path);
  }

  /** What is sealed of a file, and not written into its repository. */
  private unwrittenAt(
    { repositoryPath, path }: Place,
    evidence: FolderEvidence | null,
  ): readonly AcceptedSuggestion[] {
    return repositoryPath === null || evidence === null
      ? []
      : this.context.store.unwrittenIn(repositoryPath, evidence.written).filter((one) => one.path === path);
  }

  private async evidenceFor({ repository }: DocumentLocation): Promise<FolderEvidence | null> {
    return repository === null ? null : this.parts.folders.of(repository);
  }

  /** Today's text of the files that a document's prompts quote: as open in the editor, else as saved. */
  private async quotedBy(
    { uri }: OpenDocument,
    location: DocumentLocation,
    evidence: FolderEvidence | null,
    sealed: Sealed,
  ): Promise<ReadonlyMap<string, string>> {
    const { repository, repositoryPath, path } = location;
    const texts = new Map<string, string>();
    if (repository === null) {
      return texts;
    }
    const paths = quotedPaths(
      sealed,
      [...this.pendingAt(location), ...this.unwrittenAt(location, evidence)],
      (suggestion) => suggestion.path === path,
    );
    this.quotes.set(uri, paths);
    if (paths.size === 0) {
      return texts;
    }
    const open = new Map<string, OpenDocument>();
    for (const document of this.context.documents.all()) {
      const location = await this.context.locations.of(document);
      if (location.repositoryPath === repositoryPath && location.refusal === null) {
        open.set(location.path, document);
      }
    }
    const saved = await repository.readQuotables([...paths].filter((quoted) => !open.has(quoted)));
    for (const quoted of paths) {
      const text = open.get(quoted)?.text ?? saved.get(quoted);
      if (text !== undefined) {
        texts.set(quoted, text);
      }
    }
    return texts;
  }

  private *verify(
    document: OpenDocument,
    { repositoryPath, path }: DocumentLocation,
    evidence: FolderEvidence | null,
    sealed: Sealed,
    quoted: ReadonlyMap<string, string>,
    known: KnownHere,
  ): Generator<void, Report, void> {
    const replays = new Map<string, ReplayOutcome>();
    for (const one of this.replayablesAt({ repositoryPath, path }, evidence, sealed)) {
      replays.set(one.claim, this.parts.replays.outcomeOf(one));
      yield;
    }
    const enclaves = new Map<string, EnclaveOutcome>();
    for (const one of enclaveClaims(sealed, (suggestion) => suggestion.path === path)) {
      enclaves.set(one.claim, this.parts.enclaves.outcomeOf(one));
      yield;
    }
    const verifierReplays = yield* gatherVerifierReplays(evidence?.results ?? [], known.policy.verifiers);
    return yield* verifying({
      repositoryIds: evidence?.repositoryIds ?? [],
      evidence: evidence?.files ?? NO_EVIDENCE,
      moves: evidence?.moves ?? Moves.NONE,
      only: new Set([path]),
      journal: this.pendingAt({ repositoryPath, path }),
      unwritten: this.unwrittenAt({ repositoryPath, path }, evidence),
      device: known.device,
      chain: evidence?.chain ?? new Map(),
      texts: new Map([[path, document.text]]),
      quoted,
      hints: this.parts.tracking.hints(document),
      shares: this.shares,
      sameTokens: this.parts.grammars.sameTokens,
      linesOf: this.parts.grammars.linesOf,
      replays,
      enclaves,
      verifierReplays,
      policy: known.policy,
    });
  }

  private show(
    document: OpenDocument,
    { repositoryPath, path }: DocumentLocation,
    evidence: FolderEvidence | null,
    report: Report,
    { rules }: KnownHere,
  ): void {
    const followed = this.of(document);
    const own = report.suggestions.filter((verdict) => verdict.path === path);
    const verdicts = document.revision === null ? own : own.map((verdict) => keyedFor(document, verdict));
    this.verdicts.set(document.uri, verdicts);
    this.parts.tracking.found(document, rangesOf(document, verdicts));
    this.tell(document, followed);
    // Nobody can mend what stands in a version that is over, or is no file's.
    if (document.revision !== null) {
      return;
    }
    const level = enforcementBy(rules, this.context.settings.current.verifiedOnly);
    this.parts.diagnostics.showLines(document.uri, level, admissionBy(rules), () => this.of(document));
    if (repositoryPath !== null && evidence !== null) {
      const { repositoryIds, files, problems } = evidence;
      const contents = { repositoryIds, evidence: files };
      void this.parts.diagnostics.showFiles(
        repositoryPath,
        level,
        [problems, report.files, policyProblems(rules)],
        contents,
      );
    }
  }

  /** Sends the document's verdicts, unless the client knows them and has followed them to the same places. */
  private tell(document: OpenDocument, followed: readonly PlacedVerdict[]): void {
    const places = new Map(followed.map(({ verdict, range }) => [verdict.key, range]));
    const before = this.sent.get(document.uri)?.map((shown) => {
      return { ...shown, range: places.get(shown.id) ?? shown.range };
    });
    const now = this.of(document).map(
      ({ verdict, range, note }): ShownVerdict => ({
        id: verdict.key,
        range,
        summary: verdict.summary,
        remarks: remarksOn(verdict),
        keptLines: keptLinesOf(verdict),
        note,
        ...whoseAndSince(verdict, this.devices.get(document.uri) ?? null),
      }),
    );
    this.sent.set(document.uri, now);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(now)) {
      return;
    }
    const { uri, version } = document;
    void this.context.connection.sendNotification(DidChangeVerdicts.type, { uri, version, verdicts: now });
  }

  private placed(document: OpenDocument, verdict: Verdict, range: Range): PlacedVerdict {
    return { verdict, range, note: this.noteFor(document, verdict) };
  }
}

type Sealed = Pick<RepositoryContents, "evidence" | "moves">;

const NO_EVIDENCE: readonly EvidenceInput[] = [];

/** What is sealed of one file. */
function* sealedAt(
  { path }: Pick<Place, "path">,
  evidence: FolderEvidence | null,
): Generator<void, Sealed, void> {
  if (evidence === null) {
    return { evidence: NO_EVIDENCE, moves: Moves.NONE };
  }
  const { files, moves } = evidence;
  return { evidence: yield* EvidenceIndex.of(files).gatherAbout(new Set([path]), moves), moves };
}

function identityAt(
  { repository }: DocumentLocation,
  evidence: FolderEvidence | null,
): RepositoryIdentity | null {
  return repository === null ? null : { folder: repository.folder, ids: evidence?.repositoryIds ?? [] };
}

/** The same claim may stand in a file and in versions of it, and come to another verdict in each. */
function keyedFor({ uri }: OpenDocument, verdict: Verdict): Verdict {
  return { ...verdict, key: `${verdict.key}.${sha256(uri).toString("hex").slice(0, 16)}` };
}

function whoseAndSince(
  { checks, findings }: Verdict,
  own: string | null,
): Pick<ShownVerdict, "device" | "since"> {
  if (checks.evidence !== "intact") {
    return { device: null, since: null };
  }
  const { device, anchor } = findings;
  return {
    device: deviceName(device, device === own),
    since: anchor.time === undefined ? null : utc(anchor.time),
  };
}

/** Where verdicts stand. One whose place cannot be decided has none, and no badge. */
function rangesOf(document: OpenDocument, verdicts: readonly Verdict[]): ReadonlyMap<string, Range> {
  const ranges = new Map<string, Range>();
  for (const verdict of verdicts) {
    const place = placeOf(verdict);
    if (place !== null) {
      const { start, end } = place;
      ranges.set(verdict.key, document.rangeOf(document.offsetAt(start), document.offsetAt(end)));
    }
  }
  return ranges;
}
