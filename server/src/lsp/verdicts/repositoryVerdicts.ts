import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CancellationToken } from "vscode-languageserver/node";
import type { Repository } from "../../evidence/repository/repository";
import { nameOf } from "../../policy/reasons";
import { remarksOn } from "../../policy/remarks";
import { placeOf, type Verdict } from "../../policy/verdict";
import {
  DidAdvanceReplays,
  type ListedRepository,
  type ListedSuggestion,
  ListSuggestions,
  ReplayAll,
  type ReplayNow,
} from "../../protocol/messages";
import type { Replayable } from "../../workflows/replay";
import { inReadingOrder } from "../../workflows/replayOrder";
import { enforcementBy, policyProblems } from "../../workflows/repositoryPolicies";
import { abortedBy, onQuestion } from "../requests";
import type { ServerContext } from "../serverContext";
import type { Diagnostics } from "./diagnostics";
import { ownText } from "./ownText";
import { acceptedThere, replayablesThere, verifyWhole, type WholeRepositoryParts } from "./wholeRepository";

export interface RepositoryVerdictParts extends WholeRepositoryParts {
  readonly diagnostics: Diagnostics;
}

/** A list that a person scrolls. */
const MOST_LISTED = 20_000;
/** Nothing else that a broken file says is believed, so nothing of it is shown. */
const NOT_BELIEVED = "not known, as the evidence cannot be believed";
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

async function list(
  context: ServerContext,
  parts: RepositoryVerdictParts,
  repository: Repository,
): Promise<ListedRepository> {
  const { report, evidence, texts, device, rules } = await verifyWhole(context, parts, repository);
  await parts.diagnostics.showFiles(
    repository.folder,
    enforcementBy(rules, context.settings.current.verifiedOnly),
    [evidence.problems, report.files, policyProblems(rules)],
    { repositoryIds: evidence.repositoryIds, evidence: evidence.files },
  );
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
    problems: [...evidence.problems, ...report.files],
  };
}

function listed(
  verdict: Verdict,
  { folder }: Repository,
  own: string,
  lineAt: (path: string, line: number) => string,
): ListedSuggestion | null {
  const { key, path, checks, findings } = verdict;
  const isBelieved = checks.evidence === "intact";
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
    model: isBelieved ? nameOf(findings.model) : NOT_BELIEVED,
    device: isBelieved ? findings.device : NOT_BELIEVED,
    isOwnDevice: isBelieved && findings.device === own,
    text: ownText(range, (line) => lineAt(path, line)).slice(0, LONGEST_TEXT),
  };
}

async function replayAll(
  context: ServerContext,
  parts: WholeRepositoryParts,
  token: CancellationToken,
): Promise<ReplayNow.Result> {
  const signal = abortedBy(token);
  const claims: Replayable[] = [];
  for (const repository of await context.locations.here()) {
    claims.push(...replayablesThere(await acceptedThere(context, parts, repository)));
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
