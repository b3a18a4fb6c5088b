import { CommandError } from "./commandError";
import type { CommandResult } from "./output";
import type { Session } from "./session";
import { withWorkspace } from "./workspace";

/** `proofline evidence list`: every batch and its suggestions, as the files state them. Nothing is verified. */
export async function evidenceList(session: Session): Promise<CommandResult> {
  const batches = await readBatches(session);
  return {
    exitCode: 0,
    json: { batches },
    text:
      batches.length === 0
        ? ["There is no evidence in this repository yet."]
        : batches.flatMap(({ file, state, suggestions }) => [
            `${file}  ${state}`,
            ...suggestions.map(({ id, path, line }) => `  ${id}  ${path}:${line}`),
          ]),
  };
}

/** `proofline evidence show ID`: what a suggestion's evidence file states about it. */
export async function evidenceShow(session: Session, id: string): Promise<CommandResult> {
  return withWorkspace(session, {}, async (workspace) => {
    const contents = await workspace.contents();
    for (const { path: file, reading } of contents.evidence) {
      const { batch } = reading;
      const found = batch?.claims.find(({ record }) => record.id === id);
      if (found === undefined || batch === null) {
        continue;
      }
      const { facts, batchRoot, device, sequence } = batch;
      const anchors = contents.anchors.filter((anchor) => anchor.batchRoot === batchRoot);
      const json = {
        file,
        state: reading.kind,
        batchRoot,
        device,
        sequence,
        facts,
        suggestion: found,
        anchors,
      };
      return {
        exitCode: reading.kind === "intact" ? 0 : 1,
        json,
        text: [{ block: JSON.stringify(json, null, 2) }],
      };
    }
    throw new CommandError(
      "usage",
      `No evidence file here contains the suggestion ${id}.`,
      'List them with "proofline evidence list"; pending ones are not in it yet.',
    );
  });
}

async function readBatches(session: Session) {
  return withWorkspace(session, {}, async (workspace) => {
    const { evidence } = await workspace.contents();
    return evidence.map(({ path, reading }) => {
      const { batch } = reading;
      return {
        file: path,
        state: reading.kind,
        batchRoot: batch?.batchRoot ?? null,
        suggestions: (batch?.claims ?? []).flatMap(({ record, leafHash, pieces }) =>
          pieces.map(({ path, start }) => ({ id: record.id, claim: leafHash, path, line: start.line + 1 })),
        ),
      };
    });
  });
}
