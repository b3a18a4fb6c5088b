import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { canonicalJson } from "../../platform/canonicalJson";
import { sha256, toDigest } from "../../platform/digests";
import { removeIfThere, writeWhole } from "../../platform/durable";
import { ProoflineError } from "../../platform/errors";
import { Digest } from "../../platform/primitives";
import type { InstalledModel, ModelStore } from "./modelStore";

const Choice = z.strictObject({ repository: z.string(), manifestDigest: Digest });

/**
 * Which model this machine's person chose for a repository, kept outside of it: one small file each below
 * `<home>/models/choices`, named by the SHA-256 of the repository's path. What a repository proposes is no choice.
 */
export class ModelChoices {
  private readonly folder: string;

  constructor(
    home: string,
    private readonly store: ModelStore,
  ) {
    this.folder = join(home, "models", "choices");
  }

  /**
   * The chosen model; `null` where nothing is chosen.
   *
   * @throws ProoflineError `model.missing` where what was chosen is gone or was pinned anew: another model in its place
   * would not be what the person chose
   */
  async of(repository: string): Promise<InstalledModel | null> {
    const manifestDigest = await this.read(repository);
    if (manifestDigest === null) {
      return null;
    }
    const model = await this.store.find(manifestDigest);
    if (model !== null) {
      return model;
    }
    throw new ProoflineError(
      "model.missing",
      `The model that was chosen for ${repository} (${manifestDigest.slice(0, 12)}) is no longer installed as it was pinned.`,
      "chooseModelAgain",
    );
  }

  /** The digest of the chosen model, whether it is there or not. */
  chosen(repository: string): Promise<Digest | null> {
    return this.read(repository);
  }

  /** Chooses an approved model for a repository; `null` goes back to the model of the settings. */
  async choose(repository: string, manifestDigest: Digest | null): Promise<void> {
    if (manifestDigest === null) {
      await removeIfThere(this.file(repository));
    } else {
      await writeWhole(this.file(repository), canonicalJson({ repository, manifestDigest }), {
        mode: 0o600,
      });
    }
  }

  private async read(repository: string): Promise<Digest | null> {
    try {
      const choice = Choice.parse(JSON.parse(await readFile(this.file(repository), "utf8")));
      return choice.repository === repository ? choice.manifestDigest : null;
    } catch {
      // Absent or damaged: nothing is chosen, which is the careful reading.
      return null;
    }
  }

  private file(repository: string): string {
    return join(this.folder, `${toDigest(sha256(repository))}.json`);
  }
}
