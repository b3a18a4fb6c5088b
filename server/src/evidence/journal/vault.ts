import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { isErrno, writeWhole } from "../../platform/durable";
import { Digest } from "../../platform/primitives";
import { AcceptedSuggestion } from "../format/record";

/**
 * Values and salts of sealed suggestions whose prompt's opening did not travel: only with them can the prompt be
 * opened later. One file a batch under `<home>/vault`, readable by its owner alone.
 */
const VaultFile = z.strictObject({ root: Digest, suggestions: z.array(AcceptedSuggestion) });

/** Resolves once the suggestions are kept durably. */
export async function keepInVault(
  home: string,
  root: Digest,
  suggestions: readonly AcceptedSuggestion[],
): Promise<void> {
  if (suggestions.length === 0) {
    return;
  }
  const folder = join(home, "vault");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeWhole(join(folder, `${root}.json`), `${JSON.stringify({ root, suggestions })}\n`, {
    mode: 0o600,
  });
}

/** What the vault holds for a batch; empty where it holds nothing. */
export async function readVault(home: string, root: Digest): Promise<readonly AcceptedSuggestion[]> {
  try {
    const text = await readFile(join(home, "vault", `${Digest.parse(root)}.json`), "utf8");
    return VaultFile.parse(JSON.parse(text)).suggestions;
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return [];
    }
    throw error;
  }
}

/** The roots that the vault holds something for. */
export async function vaultRoots(home: string): Promise<readonly Digest[]> {
  try {
    const names = await readdir(join(home, "vault"));
    return names.flatMap((name) => Digest.safeParse(name.replace(/\.json$/, "")).data ?? []);
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return [];
    }
    throw error;
  }
}
