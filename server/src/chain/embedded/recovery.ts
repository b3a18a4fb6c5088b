import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isErrno, removeIfThere, writeWhole } from "../../platform/durable";
import { Count } from "../../platform/primitives";

/**
 * That the local chain's file ended within a block, and was cut after the last whole one: kept in `chain/recovery.json`
 * until a person was told. Whoever sent the cut transaction was never answered, so nothing that was confirmed is gone.
 */
export const Recovery = z.strictObject({
  /** The last whole block. */
  block: Count,
  /** How many bytes were cut off. */
  bytes: Count,
  /** Seconds since 1970, by this computer's clock. */
  time: Count,
});
export type Recovery = z.infer<typeof Recovery>;

function pathIn(folder: string): string {
  return join(folder, "recovery.json");
}

export async function noteRecovery(folder: string, recovery: Recovery): Promise<void> {
  await writeWhole(pathIn(folder), `${JSON.stringify(recovery)}\n`, { mode: 0o600 });
}

/** What was not told yet. A file that cannot be read tells nothing, and keeps nothing from starting. */
export async function untoldRecovery(folder: string): Promise<Recovery | null> {
  let text: string;
  try {
    text = await readFile(pathIn(folder), "utf8");
  } catch {
    return null;
  }
  try {
    return Recovery.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export async function forgetRecovery(folder: string): Promise<void> {
  await removeIfThere(pathIn(folder)).catch((error: unknown) => {
    if (!isErrno(error, "EACCES") && !isErrno(error, "EROFS")) {
      throw error;
    }
  });
}

/** The recovery in a sentence for people. */
export function recoverySentence({ block, bytes }: Recovery): string {
  return `The local chain's file ended within a block, as a crash leaves it; ${bytes} bytes after block ${block} were cut off. No anchor that was confirmed is lost.`;
}
