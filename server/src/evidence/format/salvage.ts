import { Digest } from "../../platform/primitives";
import { lineDigests } from "./commitment";
import { environmentDigest } from "./leaf";
import { BatchFacts } from "./record";
import type { SealedBatch, SealedSuggestion } from "./sealedBatch";

const NO_DIGEST = Digest.parse("0".repeat(64));

/** Stands where facts cannot be read any more. */
const UNREADABLE: BatchFacts = {
  repositoryId: "0".repeat(32),
  device: `0x${"0".repeat(40)}`,
  model: { name: "unreadable", manifestDigest: NO_DIGEST, omsRoot: NO_DIGEST },
  environment: {
    serverDigest: NO_DIGEST,
    engine: { name: "onnxruntime-node", version: "unreadable", libraryDigest: NO_DIGEST },
    executionProvider: "cpu",
    threads: 0,
    platform: { os: "unreadable", arch: "unreadable" },
    cpu: { model: "unreadable", features: [] },
  },
  profile: "native/v1",
};

/**
 * Makes out which suggestions a damaged evidence file spoke of, so that people can be shown where: whatever a few
 * changed bytes leave readable, found by shape, without asking for valid JSON. `null` where nothing is left. Nothing
 * of it is checked and nothing of it is to be believed.
 */
export function salvage(bytes: Uint8Array): SealedBatch | null {
  const file = Buffer.from(bytes).toString("utf8");
  const statement = readStatement(file);
  const texts = file.split(/"accepted"\s*:/).slice(1);
  const suggestions = statement
    .split('"record":')
    .slice(1)
    .map((record, index) => readSuggestion(record, texts[index] ?? ""))
    .filter((suggestion) => suggestion !== null);
  if (suggestions.length === 0) {
    return null;
  }
  const facts = readFacts(statement);
  const batchRoot = UNREADABLE.model.omsRoot;
  return {
    facts,
    environmentDigest: environmentDigest(facts.environment),
    device: facts.device,
    batchRoot,
    suggestionsRoot: batchRoot,
    seal: batchRoot,
    sequence: 0,
    previousSeal: null,
    suggestions,
  };
}

/** The signed statement's text. A byte that base64 does not know counts as one wrong digit, so the rest stays in step. */
function readStatement(file: string): string {
  const payload = /"payload"\s*:\s*"([^"]*)/.exec(file)?.[1] ?? /"([A-Za-z0-9+/]{400}[^"]*)/.exec(file)?.[1];
  return Buffer.from((payload ?? "").replace(/[^A-Za-z0-9+/]/g, "A"), "base64").toString("utf8");
}

function readSuggestion(record: string, texts: string): SealedSuggestion | null {
  const path = readString(record, /"path":("[^"\\]*(?:\\.[^"\\]*)*")/);
  const line = /"line":(\d{1,9})\}/.exec(record)?.[1];
  const character = /"character":(\d{1,9}),/.exec(record)?.[1];
  const acceptedLength = Number(/"accepted":(\d{1,9})/.exec(record)?.[1] ?? 0);
  const [acceptedPart = "", displayedPart = ""] = texts.split(/"displayed"\s*:/);
  const accepted = readString(acceptedPart, /"text"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")/);
  const displayed = readString(displayedPart, /"text"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")/);
  const salt = Digest.safeParse(/"salt"\s*:\s*"([^"]*)"/.exec(acceptedPart)?.[1]).data;
  const candidates = [accepted, displayed?.slice(0, acceptedLength)].filter((text) => text);
  // Both texts hold what was accepted; the line digests tell which one is still right.
  const text =
    candidates.find((candidate) => salt !== undefined && fitsLines(candidate, salt, record)) ?? candidates[0];
  if (path === undefined || line === undefined || character === undefined || !text) {
    return null;
  }
  return {
    record: {
      id: /"id":"([^"]*)"/.exec(record)?.[1] ?? "unreadable",
      path,
      position: { line: Number(line), character: Number(character) },
      acceptance: "partial",
      trim: "trim/v1",
      lines: salt === undefined ? [] : lineDigests(text, salt),
      counts: { tokens: 0, displayed: displayed?.length ?? 0, accepted: text.length },
    },
    leafHash: UNREADABLE.model.omsRoot,
    displayed: displayed ?? text,
    accepted: text,
    values: null,
  };
}

function fitsLines(text: string | undefined, salt: Digest, record: string): boolean {
  return text !== undefined && lineDigests(text, salt).every(({ digest }) => record.includes(digest));
}

function readString(text: string, pattern: RegExp): string | undefined {
  try {
    const value: unknown = JSON.parse(pattern.exec(text)?.[1] ?? "null");
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function readFacts(statement: string): BatchFacts {
  try {
    const { repositoryId, device, model, environment, profile } = JSON.parse(statement).predicate;
    return BatchFacts.parse({ repositoryId, device, model, environment, profile });
  } catch {
    return UNREADABLE;
  }
}
