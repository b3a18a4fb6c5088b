import { EMBEDDED_CHAIN_ID } from "../../chain/embedded/chainId";
import type { Repository } from "../../evidence/repository/repository";
import type { ExecutionFacts } from "../../inference/suggestion";
import { countsAt, KINDS } from "../../policy/decision";
import { type AnchoringChain, makerOf, makerRefusal } from "../../policy/maker";
import type { ChainSettings } from "../../protocol/settings";
import { visibleName } from "../../protocol/visibleText";
import type { Offered } from "../../providers/provider";
import type { KnownHere } from "../../workflows/knownHere";
import { enforcementBy, NO_RULES } from "../../workflows/repositoryPolicies";
import type { DocumentLocation } from "../documents/documentLocations";
import { LOOK_AGAIN_MILLISECONDS, type LookedUp } from "../lookedUp";
import type { SettingsStore } from "../settingsStore";
import type { SuggestionStore } from "../suggestions/suggestionStore";
import type { Authorities } from "../verdicts/authorities";
import type { Identity } from "../verdicts/identity";
import type { KnownRules } from "./knownRules";

interface OfferRulesParts {
  readonly settings: SettingsStore;
  readonly store: SuggestionStore;
  readonly rules: KnownRules;
  readonly identity: Identity;
  readonly authorities: Authorities;
  /** The chains that count in repositories. */
  readonly chains: LookedUp<Repository, ChainSettings>;
}

/** Where what falls short is an error (`block`), nothing is offered that would be one from the beginning, as far as that is known. */
export class OfferRules {
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: OfferRulesParts) {}

  /**
   * Why nothing of a kind is offered at a place, as a sentence, or `null`.
   *
   * @param runs what makes it; `null` where only an answer tells, or nothing runs yet
   */
  async refusal(
    location: DocumentLocation,
    kind: Offered["kind"],
    runs: ExecutionFacts | null,
  ): Promise<string | null> {
    const { settings, store, rules, identity } = this.parts;
    const { repository, path } = location;
    const counting = repository === null ? NO_RULES : await rules.of(repository);
    if (enforcementBy(counting, settings.current.verifiedOnly) !== "block") {
      return null;
    }
    if (store.problem !== null) {
      return `Only verified suggestions are wanted, and nothing can be recorded: ${store.problem}`;
    }
    if (counting.hold !== null) {
      return `Only verified suggestions are wanted. ${counting.hold}`;
    }
    if (counting.file !== null && !countsAt(counting.file, kind, path)) {
      return `${KINDS[kind]} do not count at this place, as the policy ${visibleName(counting.file.name)} has it.`;
    }
    const known = await identity.in(repository);
    const refusal = known.deviceProblem ?? (await this.makerRefusal(repository, known, runs));
    if (refusal === null) {
      return null;
    }
    this.lookAgain();
    return `Only verified suggestions are wanted. ${refusal}`;
  }

  private async makerRefusal(
    repository: Repository | null,
    known: KnownHere,
    runs: ExecutionFacts | null,
  ): Promise<string | null> {
    const { settings, chains, authorities } = this.parts;
    const chain = repository === null ? settings.current.chain : await chains.of(repository);
    const maker = makerOf(known.device, runs, anchoringChain(chain));
    const policy = repository === null ? known.policy : authorities.policyFor(maker, repository, known);
    return policy.hold ?? makerRefusal(policy, maker);
  }

  /** A refusal has somebody look again whom this computer knows: a command line may have accepted a model. */
  private lookAgain(): void {
    const now = performance.now();
    if (now - this.lookedAt >= LOOK_AGAIN_MILLISECONDS) {
      this.lookedAt = now;
      void this.parts.identity.lookAgain();
    }
  }
}

function anchoringChain(chain: ChainSettings): AnchoringChain {
  return chain.kind === "embedded"
    ? { id: EMBEDDED_CHAIN_ID, contract: null, isLocal: true }
    : { id: chain.id, contract: chain.contract, isLocal: false };
}
