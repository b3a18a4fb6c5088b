import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { canonicalJson } from "../provenance/canonicalJson";
import { removeIfThere, writeWhole } from "../provenance/durable";
import { Digest } from "../provenance/primitives";
import { sha256, toDigest } from "../provenance/sha256";
import type { InstalledModel, ModelStore } from "./modelStore";

const Choice = z.strictObject({ root: z.string(), manifestDigest: Digest });

/**
 * Which model this machine's person chose for a repository, kept outside of it: one small file each below
 * `<home>/models/choices`, named by the SHA-256 of the repository's path. What a repository proposes is no choice.
 */
export class ModelChoices {
  readonly #folder: string;

  constructor(
    home: string,
    private readonly store: ModelStore,
  ) {
    this.#folder = join(home, "models", "choices");
  }

  /** The chosen model, approved and there; `null` where there is none. */
  async of(root: string): Promise<InstalledModel | null> {
    const manifestDigest = await this.#read(root);
    return manifestDigest === null ? null : this.store.find(manifestDigest);
  }

  /** Chooses an approved model for a repository; `null` goes back to the model of the settings. */
  async choose(root: string, manifestDigest: Digest | null): Promise<void> {
    if (manifestDigest === null) await removeIfThere(this.#file(root));
    else await writeWhole(this.#file(root), canonicalJson({ root, manifestDigest }), { mode: 0o600 });
  }

  async #read(root: string): Promise<Digest | null> {
    try {
      const choice = Choice.parse(JSON.parse(await readFile(this.#file(root), "utf8")));
      return choice.root === root ? choice.manifestDigest : null;
    } catch {
      // Absent or damaged: nothing is chosen, which is the careful reading.
      return null;
    }
  }

  #file(root: string): string {
    return join(this.#folder, `${toDigest(sha256(root))}.json`);
  }
}
