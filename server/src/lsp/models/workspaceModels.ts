import { openRepository } from "../../evidence/repository/openRepository";
import type { Repository } from "../../evidence/repository/repository";
import { describeSource } from "../../models/modelSource";
import { describeSignature } from "../../models/signature/signature";
import { ModelChoices } from "../../models/store/modelChoice";
import { ModelStore } from "../../models/store/modelStore";
import { messageOf } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import { namesakesAmong } from "../../policy/policy";
import type { ListWorkspaceModels } from "../../protocol/messages";
import { type InstalledPin, installedPins } from "../../workflows/installedPins";
import { modelsOf, type PinPlaces } from "../../workflows/pinModel";
import { EditorError } from "../editorError";
import { openWorkspaceFolder } from "../workspaceFolder";

/**
 * The models of this machine, those that the workspace's repositories name, and which of them the person accepted and
 * chose. What a repository names is only ever named: nothing here loads or fetches it.
 */
export class WorkspaceModels {
  readonly store: ModelStore;
  readonly choices: ModelChoices;

  constructor(
    home: string,
    /** The folder of the model that comes with Proofline. */
    private readonly embedded: string,
    /** The workspace's folders as absolute paths. */
    private folders: readonly string[],
    private readonly log: (line: string) => void,
  ) {
    this.store = new ModelStore(home);
    this.choices = new ModelChoices(home, this.store);
  }

  follow(folders: readonly string[]): void {
    this.folders = folders;
  }

  /**
   * The folder of the model that was chosen for the first workspace folder that has a choice; `null` without one.
   *
   * @throws ProoflineError `model.missing` where the chosen model is gone
   */
  async chosenDirectory(): Promise<string | null> {
    for (const { folder: repositoryPath } of await this.repositories()) {
      const chosen = await this.choices.of(repositoryPath);
      if (chosen !== null) {
        return chosen.path;
      }
    }
    return null;
  }

  /** The name of a model that a repository proposes and that is not the one in use; `null` without one. */
  async proposal(inUse: string | null): Promise<string | null> {
    for (const repository of await this.repositories()) {
      try {
        const file = await modelsOf(repository);
        const proposed = file.models.find(({ manifestDigest }) => manifestDigest === file.default);
        if (proposed !== undefined && proposed.manifestDigest !== inUse) {
          return proposed.manifest.name;
        }
      } catch (error) {
        this.log(messageOf(error));
      }
    }
    return null;
  }

  /** Where a pin for a workspace folder goes. */
  async placesOf(folder: string | null): Promise<PinPlaces> {
    return { store: this.store, repository: folder === null ? null : await openWorkspaceFolder(folder) };
  }

  /** What the repository of a workspace folder names and what else is installed, with what is known of each. */
  async list(folder: string): Promise<readonly ListWorkspaceModels.Model[]> {
    const repository = await openWorkspaceFolder(folder);
    const [file, installed, chosen, accepted, pins] = await Promise.all([
      modelsOf(repository),
      this.store.list(),
      this.choices.chosen(repository.folder),
      repository.identity().then((identity) => this.store.accepted.of(identity)),
      this.pins(),
    ]);
    const about = (name: string, manifestDigest: Digest) => ({
      name,
      manifestDigest,
      namesakes: namesakesAmong(pins, { name, manifestDigest }),
      accepted: accepted.models.has(manifestDigest),
      proposed: manifestDigest === file.default,
      chosen: manifestDigest === chosen,
    });
    const named = file.models.map(({ manifest, manifestDigest, source }) => {
      const here = installed.find((one) => one.manifestDigest === manifestDigest);
      return {
        ...about(manifest.name, manifestDigest),
        // Where this machine got it counts before where the repository says it is from.
        from: describeSource(here?.source ?? source),
        size: manifest.files.reduce((sum, { size }) => sum + size, 0),
        named: true,
        installed: here !== undefined,
        fetchable: source.kind === "huggingface",
        signature: here === undefined ? null : describeSignature(here.signature),
      };
    });
    const digests = new Set(named.map(({ manifestDigest }) => manifestDigest));
    const others = installed
      .filter(({ manifestDigest }) => !digests.has(manifestDigest))
      .map(({ name, manifestDigest, source, storedBytes, signature }) => ({
        ...about(name, manifestDigest),
        from: describeSource(source),
        size: storedBytes,
        named: false,
        installed: true,
        fetchable: source.kind === "huggingface",
        signature: describeSignature(signature),
      }));
    return [...named, ...others];
  }

  /** The digests of models that are installed here under a name with another pin. */
  async namesakesOf(name: string, manifestDigest: Digest): Promise<readonly Digest[]> {
    return namesakesAmong(await this.pins(), { name, manifestDigest });
  }

  /** One line about the signature of an installed model, as it was checked when it was pinned; `null` without one. */
  async signatureOf(manifestDigest: Digest): Promise<string | null> {
    const model = await this.store.find(manifestDigest);
    return model === null || model.signature.kind === "absent" ? null : describeSignature(model.signature);
  }

  /**
   * Chooses an installed model for a workspace folder's repository, and accepts it there: the person was shown it.
   *
   * @throws EditorError `model.missing` for one that nobody approved on this machine
   */
  async choose(folder: string, manifestDigest: Digest | null): Promise<void> {
    if (manifestDigest !== null) {
      await this.accept(folder, manifestDigest);
    }
    const { folder: repositoryPath } = await openWorkspaceFolder(folder);
    await this.choices.choose(repositoryPath, manifestDigest);
  }

  /**
   * Lets an installed model count for a workspace folder's repository.
   *
   * @throws EditorError `model.missing` for one that is not installed on this machine
   */
  async accept(folder: string, manifestDigest: Digest): Promise<void> {
    const repository = await openWorkspaceFolder(folder);
    if ((await this.store.find(manifestDigest)) === null) {
      throw new EditorError(
        "model.missing",
        "This model is not installed on this machine.",
        "Fetch it with Proofline: Use the Workspace's Model…, or pin its folder.",
      );
    }
    await this.store.accepted.accept(await repository.ensureIdentity(), manifestDigest);
  }

  /** Takes that back. A model that no longer counts in a repository is no longer used there, either. */
  async reject(folder: string, manifestDigest: Digest): Promise<void> {
    const repository = await openWorkspaceFolder(folder);
    await this.store.accepted.reject(repository, manifestDigest);
    if ((await this.choices.chosen(repository.folder)) === manifestDigest) {
      await this.choices.choose(repository.folder, null);
    }
  }

  private async pins(): Promise<readonly InstalledPin[]> {
    const pins = await installedPins({ store: this.store, embedded: this.embedded, own: null });
    return [...pins.values()];
  }

  private async repositories(): Promise<readonly Repository[]> {
    const found = this.folders.map((folder) => openRepository(folder, this.folders).catch(() => null));
    return (await Promise.all(found)).filter((repository) => repository !== null);
  }
}
