import type { Repository } from "../../evidence/repository/repository";
import type { RepositoryIdentity } from "../../platform/acceptedRecords";
import { messageOf } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import type { VerifiedOnly } from "../../protocol/verifiedOnly";
import type { InstalledPin, ModelPlaces } from "../../workflows/installedPins";
import { type KnownHere, lookAround, NOTHING_KNOWN } from "../../workflows/knownHere";
import { enforcementBy, NO_RULES } from "../../workflows/repositoryPolicies";
import type { KnownRules } from "../policies/knownRules";
import type { SettingsStore } from "../settingsStore";
import type { SuggestionStore } from "../suggestions/suggestionStore";

/** Whom this installation knows, and what counts in which repository, as it was when somebody looked last. */
export class Identity {
  /** What is known for each repository, by its path and id; no repository's answer is another's. */
  private known = new Map<string, Promise<KnownHere>>();
  private identities = new Map<string, Promise<RepositoryIdentity>>();
  private pins: ReadonlyMap<Digest, InstalledPin> = new Map();

  constructor(
    private readonly settings: SettingsStore,
    private readonly models: Pick<ModelPlaces, "store" | "embedded">,
    private readonly rules: KnownRules,
    private readonly log: (line: string) => void,
  ) {}

  /** Looks again from now on when what becomes of suggestions may have changed something. */
  follow(store: SuggestionStore): void {
    store.onEvent(async ({ kind }) => {
      // The key appears with the first batch, whatever becomes of its file.
      if (kind === "sealed" || kind === "anchored" || kind === "obstacle") {
        await this.refresh();
      }
    });
  }

  /** What is known and what counts in a repository; `null`: outside of all. */
  of(repository: RepositoryIdentity | null): Promise<KnownHere> {
    const key = JSON.stringify(repository);
    const before = this.known.get(key);
    if (before !== undefined) {
      return before;
    }
    const looking = this.look(repository);
    this.known.set(key, looking);
    return looking;
  }

  /** The same of a repository of which nobody has read more. */
  async in(repository: Repository | null): Promise<KnownHere> {
    if (repository === null) {
      return this.of(null);
    }
    const identity = this.identities.get(repository.folder) ?? repository.identity();
    this.identities.set(repository.folder, identity);
    return this.of(await identity);
  }

  /** How strictly accepted lines of a repository must be verified: the strictest of the person's own wish and the policy's. */
  async levelIn(repository: RepositoryIdentity | null): Promise<VerifiedOnly> {
    const { rules } = await this.of(repository);
    return enforcementBy(rules, this.settings.current.verifiedOnly);
  }

  /** The folder of an installed pin's model; `null` where the pin is not installed. */
  modelOf(pin: Digest): string | null {
    return this.pins.get(pin)?.directory ?? null;
  }

  /** Looks again; the key appears with the first batch, the pins change with the model. */
  refresh(): Promise<void> {
    this.rules.refresh();
    return this.lookAgain();
  }

  /** The same without the rules, which are looked at again by themselves. */
  async lookAgain(): Promise<void> {
    const known = new Map<string, Promise<KnownHere>>();
    this.known = known;
    this.identities = new Map();
    const { pins } = await this.of(null);
    if (this.known === known) {
      this.pins = pins;
    }
  }

  private async look(repository: RepositoryIdentity | null): Promise<KnownHere> {
    const { home, current } = this.settings;
    try {
      const rules = repository === null ? NO_RULES : await this.rules.of(repository);
      const known = await lookAround(home, { ...this.models, own: current.modelPath }, repository, rules);
      for (const problem of known.problems) {
        this.log(problem);
      }
      return known;
    } catch (error) {
      this.log(messageOf(error));
      return NOTHING_KNOWN;
    }
  }
}
