import * as z from "zod";
import type { SealedBatch, SealedClaim } from "../evidence/format/sealedBatch";
import { visibleText } from "../protocol/visibleText";
import { isOfEvidence } from "../workflows/fileRemedy";
import type { Answer } from "./answers";
import { CommandError } from "./commandError";
import type { CommandResult } from "./output";
import type { Session } from "./session";
import { withWorkspace } from "./workspace";

/** `proofline evidence list`: every batch and its suggestions, as the files state them. Nothing is verified. */
export async function evidenceList(session: Session): Promise<CommandResult<Answer<"evidence list">>> {
  const batches = await readBatches(session);
  return {
    exitCode: 0,
    json: { batches: batches.map(({ why: _, ...batch }) => batch) },
    text:
      batches.length === 0
        ? ["There is no evidence in this repository yet."]
        : batches.flatMap(({ file, state, why, suggestions }) => [
            `${file}  ${state}${why === null ? "" : `: ${why}`}`,
            ...suggestions.map(({ id, path, line }) => `  ${id}  ${path}:${line}`),
          ]),
  };
}

/**
 * `proofline evidence show ID`: what a suggestion's evidence file states about it. The beginning of an id or of a leaf
 * hash is enough where only one claim begins so.
 */
export async function evidenceShow(
  session: Session,
  beginning: string,
): Promise<CommandResult<Answer<"evidence show">>> {
  if (beginning === "") {
    throw new CommandError(
      "usage",
      "No suggestion is named.",
      "Give the beginning of an id; `proofline evidence list` has them.",
    );
  }
  return withWorkspace(session, {}, async (workspace) => {
    const contents = await workspace.contents();
    const claims = contents.evidence.flatMap(({ path: file, reading }) => {
      if (reading.batch === null) {
        return [];
      }
      const { kind: state, batch } = reading;
      return claimsIn(batch, beginning).map((suggestion) => ({ file, state, batch, suggestion }));
    });
    const whole = claims.filter(({ suggestion: { record } }) => record.id === beginning);
    const found = whole.length > 0 ? whole : claims;
    const [only, another] = found;
    if (only === undefined) {
      throw new CommandError(
        "usage",
        `No evidence file${contents.problems.length === 0 ? "" : " that can be read"} here contains the suggestion ${beginning}.`,
        "List them with `proofline evidence list`; pending ones are not in it yet.",
      );
    }
    // The same batch may lie there under two names.
    if (
      another !== undefined &&
      found.some(({ suggestion }) => suggestion.leafHash !== only.suggestion.leafHash)
    ) {
      throw new CommandError(
        "usage",
        `${found.length} suggestions begin with ${beginning}: ${found.map(({ suggestion: { record, leafHash } }) => `${record.id} (leaf hash ${leafHash.slice(0, 12)})`).join(", ")}.`,
        "Give more of the id or of the leaf hash.",
      );
    }
    const { file, state, batch, suggestion } = found.find(({ state }) => state === "intact") ?? only;
    const { facts, batchRoot, device, sequence } = batch;
    const anchors = contents.anchors.filter((anchor) => anchor.batchRoot === batchRoot);
    const { record, leafHash, displayed, values } = suggestion;
    const pieces = suggestion.pieces.map(
      ({ path, start, end, copies, before, surroundings, accepted, saved }) => ({
        path,
        start,
        end,
        copies,
        before,
        surroundings,
        accepted,
        saved,
      }),
    );
    const shown = { record, leafHash, displayed, pieces, values };
    const json = { file, state, batchRoot, device, sequence, facts, suggestion: shown, anchors };
    return { exitCode: state === "intact" ? 0 : 1, json, text: describeValue(json) };
  });
}

function claimsIn(batch: SealedBatch, beginning: string): readonly SealedClaim[] {
  return batch.claims.filter(
    ({ record, leafHash }) => record.id.startsWith(beginning) || leafHash.startsWith(beginning),
  );
}

/** A place as files and editors have it. People count lines and columns from one. */
const Position = z.strictObject({ line: z.number(), character: z.number() });

/** Any value, a line for each fact: `suggestion.record.path  src/a.ts`. */
function describeValue(value: object): string[] {
  const facts = factsIn(value, "");
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, text]) => `${name.padEnd(width)}  ${visibleText(text)}`);
}

function factsIn(value: unknown, name: string): readonly (readonly [name: string, text: string])[] {
  if (Array.isArray(value) && value.every((item) => typeof item !== "object")) {
    return [[name, value.length === 0 ? "none" : value.join(" ")]];
  }
  const position = Position.safeParse(value);
  if (position.success) {
    const { line, character } = position.data;
    return [[name, `line ${line + 1}, column ${character + 1}`]];
  }
  if (typeof value !== "object" || value === null) {
    return [[name, value === null ? "none" : String(value)]];
  }
  return Object.entries(value).flatMap(([key, part]) => factsIn(part, name === "" ? key : `${name}.${key}`));
}

async function readBatches(session: Session) {
  return withWorkspace(session, {}, async (workspace) => {
    const { evidence, problems } = await workspace.contents();
    const unreadable = problems.filter(isOfEvidence);
    const read = evidence.map(({ path, reading }) => {
      const { batch } = reading;
      return {
        file: path,
        state: reading.kind,
        why: reading.kind === "intact" ? null : reading.reason,
        batchRoot: batch?.batchRoot ?? null,
        suggestions: (batch?.claims ?? []).flatMap(({ record, leafHash, pieces }) =>
          pieces.map(({ path, start }) => ({ id: record.id, claim: leafHash, path, line: start.line + 1 })),
        ),
      };
    });
    return [
      ...read,
      ...unreadable.map(({ path, problem }) => ({
        file: path,
        state: "unreadable" as const,
        why: problem,
        batchRoot: null,
        suggestions: [],
      })),
    ];
  });
}
