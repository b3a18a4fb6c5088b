import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CancellationToken } from "vscode-languageserver/node";
import type { AcceptedSuggestion } from "../../evidence/format/acceptedSuggestion";
import type { Repository } from "../../evidence/repository";
import { inSlices } from "../../platform/slices";
import { PromptShares } from "../../policy/promptCheck";
import { nameOf } from "../../policy/reasons";
import { remarksOn } from "../../policy/remarks";
import type { Report } from "../../policy/report";
import { placeOf, type Verdict } from "../../policy/verdict";
import { type ReplayOutcome, verifying } from "../../policy/verifyEvidence";
import {
  DidAdvanceReplays,
  type ListedRepository,
  type ListedSuggestion,
  ListSuggestions,
  ReplayAll,
  type ReplayNow,
} from "../../protocol/messages";
import type { GrammarQuestions } from "../../workflows/grammarQuestions";
import type { Replayable } from "../../workflows/replay";
import { inReadingOrder } from "../../workflows/replayOrder";
import { pathsOf, quotedPaths, replayables } from "../../workflows/verify";
import { abortedBy, onQuestion } from "../requests";
import type { ServerContext } from "../serverContext";
import type { EvidenceFolders, FolderEvidence } from "./evidenceFolders";
import type { Identity } from "./identity";
import type { ReplayQueue } from "./replayQueue";

export interface RepositoryVerdictParts {
  readonly folders: EvidenceFolders;
  readonly replays: ReplayQueue;
  readonly identity: Identity;
  readonly grammars: GrammarQuestions;
}

/** A list that a person scrolls. */
const MOST_LISTED = 20_000;
/** Of a line, in UTF-16 code units. */
const LONGEST_TEXT = 120;

/** `proofline/listSuggestions` and `proofline/replayAll`: what is asked of whole repositories, worked out when it is asked. */
export function provideRepositoryVerdicts(context: ServerContext, parts: RepositoryVerdictParts): void {
  const { connection, locations } = context;
  onQuestion(connection, ListSuggestions, async (token) => {
    const listed: ListedRepository[] = [];
    for (const repository of await locations.here()) {
      if (token.isCancellationRequested) {
        break;
      }
      listed.push(await list(context, parts, repository));
    }
    return listed;
  });
  onQuestion(connection, ReplayAll, (token) => replayAll(context, parts, token));
}

/** What is accepted in one repository, wherever it stands by now. */
interface Accepted {
  readonly evidence: FolderEvidence;
  /** What the journal holds of it: not sealed yet, and sealed but not written yet. */
  readonly journal: readonly AcceptedSuggestion[];
  readonly unwritten: readonly AcceptedSuggestion[];
  readonly claims: readonly Replayable[];
}

async function acceptedIn(
  { store }: ServerContext,
  { folders }: RepositoryVerdictParts,
  repository: Repository,
): Promise<Accepted> {
  const evidence = await folders.of(repository);
  const journal = store.pending().filter((one) => one.repository === repository.folder);
  const unwritten = store.unwrittenIn(repository.folder, evidence.written);
  const contents = { evidence: evidence.files, moves: evidence.moves };
  return { evidence, journal, unwritten, claims: replayables(contents, [...journal, ...unwritten]) };
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

async function list(
  context: ServerContext,
  parts: RepositoryVerdictParts,
  repository: Repository,
): Promise<ListedRepository> {
  const { evidence, journal, unwritten, claims } = await acceptedIn(context, parts, repository);
  const { repositoryIds, files, moves, chain, problems } = evidence;
  const contents = { evidence: files, moves };
  const inJournal = [...journal, ...unwritten];
  const texts = await textsOf(context, repository, pathsOf(contents, inJournal));
  const { policy, device } = await parts.identity.of({ folder: repository.folder, ids: repositoryIds });
  const replays = new Map<string, ReplayOutcome>();
  for (const one of claims) {
    const outcome = await parts.replays.known(one);
    if (outcome !== null) {
      replays.set(one.claim, outcome);
    }
  }
  const quoted = await repository.readQuotables(quotedPaths(contents, inJournal));
  const inputs = {
    repositoryIds,
    evidence: files,
    moves,
    journal,
    unwritten,
    device: device ?? "",
    chain,
    texts,
    quoted,
    replays,
    policy,
    shares: new PromptShares(),
    sameTokens: parts.grammars.sameTokens,
    linesOf: parts.grammars.linesOf,
  };
  const report: Report = await parts.grammars.settled(() => inSlices(verifying(inputs)));
  const lines = new Map<string, readonly string[]>();
  const lineAt = (path: string, line: number): string => {
    const known = lines.get(path) ?? (texts.get(path) ?? "").split(/\r\n|\r|\n/);
    lines.set(path, known);
    return known[line] ?? "";
  };
  const suggestions = report.suggestions.slice(0, MOST_LISTED).map((verdict) => {
    return listed(verdict, repository, device, lineAt);
  });
  return {
    folder: repository.folder,
    suggestions: suggestions.flatMap((one) => one ?? []),
    more: report.suggestions.length - suggestions.length,
    problems: [...problems, ...report.files],
  };
}

function listed(
  verdict: Verdict,
  { folder }: Repository,
  own: string | null,
  lineAt: (path: string, line: number) => string,
): ListedSuggestion | null {
  const { key, path, findings } = verdict;
  const range = placeOf(verdict);
  if (range === null) {
    return null;
  }
  return {
    id: key,
    uri: pathToFileURL(join(folder, path)).href,
    path,
    range,
    summary: verdict.summary,
    remarks: remarksOn(verdict),
    model: nameOf(findings.model),
    device: findings.device,
    isOwnDevice: findings.device === own,
    text: lineAt(path, range.start.line).trim().slice(0, LONGEST_TEXT),
  };
}

async function replayAll(
  context: ServerContext,
  parts: RepositoryVerdictParts,
  token: CancellationToken,
): Promise<ReplayNow.Result> {
  const signal = abortedBy(token);
  const claims: Replayable[] = [];
  for (const repository of await context.locations.here()) {
    claims.push(...(await acceptedIn(context, parts, repository)).claims);
  }
  const counts = { exact: 0, withinTolerance: 0, mismatch: 0, impossible: 0 };
  const reasons = new Set<string>();
  let done = 0;
  for (const claim of inReadingOrder(claims)) {
    if (signal.aborted) {
      break;
    }
    const outcome =
      claim.values === null ? await parts.replays.known(claim) : await parts.replays.now(claim, signal);
    const value = outcome?.value ?? "notRun";
    counts[value === "notRun" ? "impossible" : value] += 1;
    if (outcome?.reason !== undefined) {
      reasons.add(outcome.reason);
    }
    done += 1;
    void context.connection.sendNotification(DidAdvanceReplays.type, { done, total: claims.length });
  }
  return { ...counts, reasons: [...reasons] };
}
