import { sha256, toDigest } from "../../platform/digests";
import { Digest } from "../../platform/primitives";
import { BatchFacts } from "./record";
import type { SealedBatch, SealedClaim } from "./sealedBatch";
import { MAX_BATCH_SIZE } from "./statement";

const NO_DIGEST = Digest.parse("0".repeat(64));

/** Stands where facts cannot be read any more. */
const UNREADABLE: BatchFacts = {
  repositoryId: "0".repeat(32),
  device: `0x${"0".repeat(40)}`,
  execution: { kind: "stated" },
};

/**
 * Makes out which claims a damaged evidence file spoke of, so that people can be shown where: whatever a few changed
 * bytes leave readable, found by shape, without asking for valid JSON; of each claim its first piece. `null` where
 * nothing is left. Nothing of it is checked and nothing of it is to be believed. Takes time linear in the bytes.
 */
export function salvage(bytes: Uint8Array): SealedBatch | null {
  const file = Buffer.from(bytes).toString("utf8");
  const statement = readStatement(file);
  const first = claimsOfFirst(file, statement);
  const claims = first.length > 0 ? first : claimsIn(file);
  if (claims.length === 0) {
    return null;
  }
  const facts = readFacts(statement);
  return {
    facts,
    device: facts.device,
    batchRoot: NO_DIGEST,
    suggestionsRoot: NO_DIGEST,
    seal: NO_DIGEST,
    sequence: 0,
    previousSeal: null,
    claims,
  };
}

/** The signed statement's text. A byte that base64 does not know counts as one wrong digit, so the rest stays in step. */
function readStatement(file: string): string {
  const payload = /"payload"\s*:\s*"([^"]*)/.exec(file)?.[1] ?? /"([A-Za-z0-9+/]{400}[^"]*)/.exec(file)?.[1];
  const digits = (payload ?? "").replace(/={1,2}$/, "").replace(/[^A-Za-z0-9+/]/g, "A");
  return Buffer.from(digits, "base64").toString("utf8");
}

/** Of the first version, whose records are signed while the texts stand beside them. */
function claimsOfFirst(file: string, statement: string): readonly SealedClaim[] {
  const texts = file.split(/"accepted"\s*:/, MAX_BATCH_SIZE + 1).slice(1);
  return statement
    .split('"record":', MAX_BATCH_SIZE + 1)
    .slice(1)
    .flatMap((record, index) => {
      const own = texts[index] ?? "";
      const accepted = readString(own, /"texts"\s*:\s*\[\s*("[^"\\]*(?:\\.[^"\\]*)*")/);
      const saved = readString(own, /"saved"\s*:\s*\[\s*("[^"\\]*(?:\\.[^"\\]*)*")/);
      const displayed = readString(own, /"text"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")/);
      return claimOf(record, { accepted, displayed, saved }, own) ?? [];
    });
}

/** Of the second version, where all of a claim stands together. */
function claimsIn(file: string): readonly SealedClaim[] {
  return file
    .split(/"displayed"\s*:/, MAX_BATCH_SIZE + 1)
    .slice(1)
    .flatMap((claim) => {
      const accepted = readString(claim, /"accepted"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")/);
      const saved = readString(claim, /"lines"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")/);
      const displayed = readString(claim, /^\s*("[^"\\]*(?:\\.[^"\\]*)*")/);
      return claimOf(claim, { accepted, displayed, saved }, "") ?? [];
    });
}

interface Texts {
  readonly accepted: string | undefined;
  readonly displayed: string | undefined;
  readonly saved: string | undefined;
}

function claimOf(record: string, { accepted, displayed, saved }: Texts, beside: string): SealedClaim | null {
  const path = readString(record, /"path"\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")/);
  const start = readStart(record);
  const text = accepted ?? displayed ?? saved;
  if (path === undefined || start === null || text === undefined || text === "") {
    return null;
  }
  const lines = text.split("\n");
  const lastLength = lines.at(-1)?.length ?? 0;
  const end = {
    line: start.line + lines.length - 1,
    character: lines.length === 1 ? start.character + lastLength : lastLength,
  };
  const piece = { path, start, end, lines: [], copies: 1, before: null, surroundings: null };
  const leafHash = toDigest(sha256(record, "\0", beside));
  return {
    record: {
      id: /"id"\s*:\s*"([^"]*)"/.exec(record)?.[1] ?? "unreadable",
      pieces: [piece],
      counts: { accepted: text.length },
    },
    // It has no leaf; this only tells it from the others.
    leafHash,
    displayed: displayed ?? null,
    pieces: [
      {
        ...piece,
        accepted: text,
        saved: saved?.split("\n") ?? null,
        lineSalts: [],
        linesBeforeSalt: new Uint8Array(32),
        surroundingsSalt: new Uint8Array(32),
      },
    ],
    values: null,
  };
}

function readStart(record: string): { line: number; character: number } | null {
  const match = /"start"\s*:\s*\{\s*"character"\s*:\s*(\d{1,9}),\s*"line"\s*:\s*(\d{1,9})/.exec(record);
  return match === null ? null : { character: Number(match[1]), line: Number(match[2]) };
}

function readString(text: string, pattern: RegExp): string | undefined {
  try {
    const value: unknown = JSON.parse(pattern.exec(text)?.[1] ?? "null");
    return typeof value === "string" && value.isWellFormed() ? value : undefined;
  } catch {
    return undefined;
  }
}

function readFacts(statement: string): BatchFacts {
  try {
    const { repositoryId, device, execution } = JSON.parse(statement).predicate;
    return BatchFacts.parse({ repositoryId, device, execution });
  } catch {
    return UNREADABLE;
  }
}
