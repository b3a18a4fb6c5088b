import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../../platform/durable";
import type { Digest } from "../../platform/primitives";
import type { AcceptedSuggestion } from "../format/acceptedSuggestion";

/**
 * Keeps values and salts of sealed suggestions whose prompt's opening did not travel: only with them can the prompt be
 * opened later. One file a batch under `<home>/vault`, readable by its owner alone. Resolves once they are durable.
 */
export async function keepInVault(
  home: string,
  batchRoot: Digest,
  suggestions: readonly AcceptedSuggestion[],
): Promise<void> {
  if (suggestions.length === 0) {
    return;
  }
  const folder = join(home, "vault");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(join(folder, `${batchRoot}.json`), `${JSON.stringify({ batchRoot, suggestions })}\n`, {
    mode: 0o600,
  });
}
