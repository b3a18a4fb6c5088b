import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { writeWhole } from "../../platform/durable";
import { Digest, Text } from "../../platform/primitives";
import { AcceptedSuggestion } from "../format/acceptedSuggestion";

/** What a person's own computer keeps of a sealed batch, and nobody else has. */
const Vault = z.strictObject({
  batchRoot: Digest,
  prompts: z.array(z.strictObject({ suggestion: AcceptedSuggestion, reason: Text })),
});

/**
 * Keeps values and salts of sealed suggestions whose prompt's opening did not travel, and why it did not: only with them can the
 * prompt be opened later. One file a batch under `<home>/vault`, readable by its owner alone. Resolves once they are durable.
 */
export async function keepInVault(
  home: string,
  batchRoot: Digest,
  prompts: z.infer<typeof Vault>["prompts"],
): Promise<void> {
  if (prompts.length === 0) {
    return;
  }
  await mkdir(join(home, "vault"), { recursive: true, mode: 0o700 });
  await writeWhole(fileOf(home, batchRoot), `${JSON.stringify({ batchRoot, prompts })}\n`, { mode: 0o600 });
}

/** Why the prompt of a suggestion that this computer sealed did not travel, as a sentence; `null` where nothing is known of it. */
export async function whySealed(home: string, batchRoot: Digest, id: string): Promise<string | null> {
  try {
    const { prompts } = Vault.parse(JSON.parse(await readFile(fileOf(home, batchRoot), "utf8")));
    return prompts.find(({ suggestion }) => suggestion.id === id)?.reason ?? null;
  } catch {
    // Sealed elsewhere, or not settled yet.
    return null;
  }
}

function fileOf(home: string, batchRoot: Digest): string {
  return join(home, "vault", `${batchRoot}.json`);
}
