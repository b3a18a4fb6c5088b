import { setTimeout as delay } from "node:timers/promises";
import { ProoflineError } from "../../platform/errors";
import type { Anchor } from "../chain";
import type { Connection } from "../rpc/connection";
import { checkRoot } from "./checkRoot";
import { CHECKED_HERE } from "./proofChecker";

/** How long servers may take to hear of a block that one of them shows, and how often they are asked. */
export const PATIENCE_MILLISECONDS = 30_000;
export const PAUSE_MILLISECONDS = 1_000;

/**
 * The anchor that one server showed, once all of them confirm it as a reader's would have to; or the one that they show
 * themselves, where it is another.
 *
 * @throws ProoflineError `chain.rejected` where they say otherwise, `chain.unreachable` where some cannot say it in time; and what
 * `checkRoot` throws.
 */
export async function confirmAnchor(
  connection: Connection,
  anchor: Anchor,
  signal?: AbortSignal,
): Promise<Anchor> {
  const deadline = performance.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    const {
      anchor: confirmed,
      status,
      reason,
    } = await checkRoot(connection, anchor.batchRoot, [anchor], CHECKED_HERE);
    const isContradicted = confirmed === null && status !== "unreachable";
    const shown = isContradicted
      ? (await checkRoot(connection, anchor.batchRoot, [], CHECKED_HERE)).anchor
      : confirmed;
    if (shown !== null) {
      return shown;
    }
    if (status !== "unreachable" || performance.now() > deadline) {
      throw new ProoflineError(
        status === "unreachable" ? "chain.unreachable" : "chain.rejected",
        reason ?? "The servers do not confirm the anchor.",
        "anchorLater",
      );
    }
    await delay(PAUSE_MILLISECONDS, undefined, { ...(signal !== undefined && { signal }) });
  }
}
