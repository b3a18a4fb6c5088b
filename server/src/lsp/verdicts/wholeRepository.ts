import type { AcceptedSuggestion } from "../../evidence/format/acceptedSuggestion";
import type { Repository } from "../../evidence/repository/repository";
import { inSlices } from "../../platform/slices";
import { EvidenceIndex, type EvidenceInput } from "../../policy/evidenceIndex";
import { PromptShares } from "../../policy/promptCheck";
import type { Report } from "../../policy/report";
import { gatherVerifierReplays } from "../../policy/verifierReplays";
import { verifying } from "../../policy/verifyEvidence";
import type { ReplayOutcome } from "../../policy/verifyParameters";
import { enclaveClaims } from "../../workflows/enclaveClaims";
import type { GrammarQuestions } from "../../workflows/grammarQuestions";
import type { Replayable } from "../../workflows/replay";
import type { RepositoryRules } from "../../workflows/repositoryPolicies";
import { pathsOf, quotedPaths, replayables } from "../../workflows/verify";
import type { ServerContext } from "../serverContext";
import type { Authorities } from "./authorities";
import type { EnclaveQueue } from "./enclaveQueue";
import type { EvidenceFolders, FolderEvidence } from "./evidenceFolders";
import type { Identity } from "./identity";
import type { ReplayQueue } from "./replayQueue";

export interface WholeRepositoryParts {
  readonly folders: EvidenceFolders;
  readonly replays: ReplayQueue;
  readonly enclaves: EnclaveQueue;
  readonly identity: Identity;
  readonly authorities: Authorities;
  readonly grammars: GrammarQuestions;
}

/** What is accepted in one repository, wherever it stands by now. */
export interface AcceptedThere {
  readonly evidence: FolderEvidence;
  /** What the journal holds of it: not sealed yet, and sealed but not written yet. */
  readonly journal: readonly AcceptedSuggestion[];
  readonly unwritten: readonly AcceptedSuggestion[];
}

/** All that could be replayed of what is accepted in a repository. */
export function replayablesThere({ evidence, journal, unwritten }: AcceptedThere): readonly Replayable[] {
  return replayables({ evidence: evidence.files, moves: evidence.moves }, [...journal, ...unwritten]);
}

/** What a repository, or some files of it, come to, with all that this rests on. */
export interface WholeReport {
  readonly report: Report;
  readonly evidence: FolderEvidence;
  /** The files, by today's paths, that evidence and journal speak of, or that were asked about. */
  readonly paths: ReadonlySet<string>;
  /** The files that open prompts quote. */
  readonly quoted: ReadonlySet<string>;
  /** Today's texts of files that it speaks of, as far as there are any. */
  readonly texts: ReadonlyMap<string, string>;
  /** The address of this computer's own device; `WITHOUT_KEY` before it has one. */
  readonly device: string;
  readonly rules: RepositoryRules;
}

export async function acceptedThere(
  { store }: ServerContext,
  { folders }: WholeRepositoryParts,
  repository: Repository,
): Promise<AcceptedThere> {
  await store.begun;
  const evidence = await folders.of(repository);
  const journal = store.pending().filter((one) => one.repository === repository.folder);
  const unwritten = store.unwrittenIn(repository.folder, evidence.written);
  return { evidence, journal, unwritten };
}

/**
 * Verifies everything in a repository, or in some of its files, as open in the editor or as saved, in slices. Nothing is
 * replayed for it: what is known of replays counts.
 *
 * @param only those files, by today's paths; `null` for all
 */
export async function verifyWhole(
  context: ServerContext,
  parts: WholeRepositoryParts,
  repository: Repository,
  only: ReadonlySet<string> | null = null,
): Promise<WholeReport> {
  const { evidence, journal, unwritten } = await acceptedThere(context, parts, repository);
  const { repositoryIds, files, moves, chain } = evidence;
  const isWanted = ({ path }: { readonly path: string }): boolean => only === null || only.has(path);
  const contents = {
    evidence: only === null ? files : await inSlices(EvidenceIndex.of(files).gatherAbout(only, moves)),
    moves,
  };
  await inSlices(makeClaims(contents.evidence));
  const inJournal = [...journal, ...unwritten].filter(isWanted);
  const claims = replayables(contents, inJournal, isWanted);
  const paths = only ?? pathsOf(contents, inJournal);
  const texts = await textsOf(context, repository, paths);
  const known = await parts.identity.of({ folder: repository.folder, ids: repositoryIds });
  const { device, rules } = known;
  const policy = parts.authorities.policyIn(repository, known, evidence);
  const replays = new Map<string, ReplayOutcome>();
  for (const one of claims) {
    const outcome = await parts.replays.known(one);
    if (outcome !== null) {
      replays.set(one.claim, outcome);
    }
  }
  const enclaves = new Map(
    enclaveClaims(contents, isWanted).map((one) => [one.claim, parts.enclaves.outcomeOf(one)]),
  );
  const quoted = quotedPaths(contents, inJournal, isWanted);
  const inputs = {
    repositoryIds,
    evidence: files,
    moves,
    ...(only !== null && { only }),
    journal,
    unwritten,
    device,
    chain,
    texts,
    quoted: await repository.readQuotables(quoted),
    replays,
    enclaves,
    verifierReplays: await inSlices(gatherVerifierReplays(evidence.results, policy.verifiers)),
    policy,
    shares: new PromptShares(),
    sameTokens: parts.grammars.sameTokens,
    linesOf: parts.grammars.linesOf,
  };
  const report = await parts.grammars.settled(() => inSlices(verifying(inputs)));
  return { report, evidence, paths, quoted, texts, device, rules };
}

/** Makes the claims of each batch, so that whoever goes through all of them at once does not have to. */
function* makeClaims(files: readonly EvidenceInput[]): Generator<void, void, void> {
  for (const { reading } of files) {
    void reading.batch?.claims;
    yield;
  }
}

/** Today's texts of files of a repository: as open in the editor, else as saved. */
async function textsOf(
  { documents, locations }: ServerContext,
  repository: Repository,
  paths: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map(await repository.readTexts(paths));
  for (const document of documents.all()) {
    const { repositoryPath, path } = await locations.of(document);
    if (repositoryPath === repository.folder && texts.has(path)) {
      texts.set(path, document.text);
    }
  }
  return texts;
}
