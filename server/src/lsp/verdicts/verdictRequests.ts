import { pathToFileURL } from "node:url";
import { blame, blameRows } from "../../policy/blame";
import { AnchorNow, GetBlame, LocateEvidence, ReplayNow, VerifyFile } from "../../protocol/messages";
import type { ChainAccess } from "../chains/chainAccess";
import type { OpenDocument } from "../documents/openDocument";
import type { Tracking } from "../documents/tracking";
import { EditorError } from "../editorError";
import { abortedBy, onQuestion, onRequest } from "../requests";
import type { Sealing } from "../sealing/sealing";
import type { ServerContext } from "../serverContext";
import type { Authorities } from "./authorities";
import type { EnclaveQueue } from "./enclaveQueue";
import type { EvidenceFolders } from "./evidenceFolders";
import type { ReplayQueue } from "./replayQueue";
import type { Verdicts } from "./verdicts";

export interface ActionParts {
  readonly verdicts: Verdicts;
  readonly replays: ReplayQueue;
  readonly sealing: Sealing;
  readonly folders: EvidenceFolders;
  readonly chain: ChainAccess;
  readonly enclaves: EnclaveQueue;
  readonly authorities: Authorities;
  readonly tracking: Tracking;
}

/** The requests behind the commands that a person runs: anchor, replay, verify, blame, open evidence. */
export function provideActions(context: ServerContext, parts: ActionParts): void {
  const { connection } = context;
  onQuestion(connection, AnchorNow, (token) => parts.sealing.now(abortedBy(token)));
  onRequest(connection, ReplayNow, ({ uri, id }, token) =>
    replay(context, parts, opened(context, uri), id ?? null, abortedBy(token)),
  );
  onRequest(connection, VerifyFile, ({ uri }) => verifyFile(context, parts, opened(context, uri)));
  onRequest(connection, GetBlame, ({ uri }) => blameDocument(context, parts, opened(context, uri)));
  onRequest(connection, LocateEvidence, async ({ id }) => locateEvidence(context, parts, id));
}

async function replay(
  context: ServerContext,
  { verdicts, replays }: ActionParts,
  document: OpenDocument,
  id: string | null,
  signal: AbortSignal,
): Promise<ReplayNow.Result> {
  const counts = { exact: 0, withinTolerance: 0, mismatch: 0, impossible: 0 };
  const reasons: string[] = [];
  const shown = verdicts.of(document).filter(({ verdict }) => id === null || verdict.key === id);
  const claims = new Set(shown.map(({ verdict }) => verdict.claim));
  for (const suggestion of await verdicts.replayables(document)) {
    if (!claims.has(suggestion.claim)) {
      continue;
    }
    if (signal.aborted) {
      break;
    }
    const outcome = await replays.now(suggestion, signal);
    counts[outcome.value === "notRun" ? "impossible" : outcome.value] += 1;
    if (outcome.reason !== undefined) {
      reasons.push(outcome.reason);
    }
  }
  await verdicts.update(document);
  context.log(`Replayed: ${JSON.stringify(counts)}`);
  return { ...counts, reasons };
}

async function verifyFile(
  context: ServerContext,
  { verdicts, folders, chain, enclaves, authorities, tracking }: ActionParts,
  document: OpenDocument,
): Promise<VerifyFile.Result> {
  context.locations.refresh();
  chain.reset();
  enclaves.expire();
  authorities.askAgain();
  // As another computer would, which has followed no edit.
  tracking.forget(document.uri);
  await verdicts.lookAgain();
  const { repositoryPath } = await context.locations.of(document);
  await verdicts.update(document);
  if (repositoryPath !== null) {
    await folders.reload(repositoryPath);
  }
  await verdicts.update(document);
  await Promise.all([enclaves.settled(), authorities.settled()]);
  await verdicts.update(document);
  const problems = (await verdicts.fileProblems(document)).map(({ path, problem }) => `${path}: ${problem}`);
  return { counts: verdicts.counts(document), problems };
}

async function blameDocument(
  { locations }: ServerContext,
  { verdicts }: ActionParts,
  document: OpenDocument,
): Promise<GetBlame.Result> {
  const { path } = await locations.of(document);
  const { device } = await verdicts.knownFor(document);
  const rows = blameRows(blame(path, document.text, verdicts.of(document), device), "short");
  return { version: document.version, rows: rows.map(({ head, summary }) => ({ head, summary })) };
}

function locateEvidence(context: ServerContext, { folders }: ActionParts, id: string): LocateEvidence.Result {
  const found = folders.claimOf(id);
  if (found !== null) {
    return { kind: "file", uri: pathToFileURL(found.file).href };
  }
  return { kind: "none", reason: reasonForNone(context, id) };
}

/** Why no evidence file holds a suggestion, as sentences. */
function reasonForNone({ store }: ServerContext, id: string): string {
  if (store.pending().some((one) => one.id === id)) {
    return "It is accepted but not sealed yet. Anchor Now seals it.";
  }
  return store.journal?.find(id)?.state === "sealed"
    ? "It is sealed, but its evidence file is not in the repository yet. Anchor Now writes it."
    : "No evidence file that is known here holds this suggestion.";
}

function opened(context: ServerContext, uri: string): OpenDocument {
  const document = context.shown.get(uri);
  if (document !== undefined) {
    return document;
  }
  throw new EditorError("document", "The document is not open.", "Open it and try again.");
}
