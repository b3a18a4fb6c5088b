import type { Repository } from "../../evidence/repository/repository";
import { ProoflineError } from "../../platform/errors";
import {
  type EnclaveTerms,
  standingEnclave,
  termsDigest,
  termsFor,
} from "../../providers/opengradient/enclaveTerms";
import {
  type AskableEnclave,
  OpenGradientProvider,
  type Payer,
  RELAY_PAYER,
} from "../../providers/opengradient/openGradientProvider";
import { UptoPayer } from "../../providers/opengradient/uptoPayer";
import type { EnclaveChoices } from "../../workflows/enclaveChoices";
import type { DocumentListener } from "../documents/documentEvents";
import type { SettingsStore } from "../settingsStore";
import { EnclaveSource } from "./enclaveSource";
import type { EnclaveSpending } from "./enclaveSpending";
import { RegistryAnswers } from "./registryAnswers";
import { RequestBudget } from "./requestBudget";

/**
 * The enclaves that a person agreed to, each for its repository. What was agreed to is looked up again, and the registry asked at most
 * every ten minutes, before each request; where either says something else by now, nothing leaves.
 */
export class EnclaveHost implements DocumentListener {
  private readonly answers = new RegistryAnswers();
  private readonly budget = new RequestBudget();
  /** By the repository's top; what was found there last. */
  private readonly found = new Map<string, Promise<EnclaveSource | null>>();
  /** By the repository's top and what was agreed to there: a source keeps its session while nothing changes. */
  private readonly sources = new Map<string, EnclaveSource>();

  private readonly payers = new Map<string, UptoPayer>();

  constructor(
    private readonly settings: SettingsStore,
    private readonly choices: EnclaveChoices,
    private readonly spending: EnclaveSpending,
    /** The private key that pays; `null` where none is set. */
    private readonly key: () => Promise<string | null>,
    private readonly log: (line: string) => void,
  ) {
    settings.onChange(() => this.lookAgain());
  }

  /** The enclave for a repository; `null` where the person agreed to none. */
  sourceOf(repository: Repository): Promise<EnclaveSource | null> {
    const known = this.found.get(repository.folder) ?? this.find(repository);
    this.found.set(repository.folder, known);
    return known;
  }

  /** Something may have been agreed to, or taken back, by this window or another. */
  lookAgain(): void {
    this.found.clear();
  }

  opened(): void {
    this.lookAgain();
  }

  private async find(repository: Repository): Promise<EnclaveSource | null> {
    const { terms, problem } = await this.choices.of(repository);
    if (problem !== null) {
      this.log(`${repository.folder}: ${problem}`);
    }
    if (terms === null) {
      return null;
    }
    await this.spending.refresh();
    const key = `${repository.folder}\n${termsDigest(terms)}`;
    const source =
      this.sources.get(key) ??
      new EnclaveSource(
        this.providerFor(repository, terms),
        terms,
        this.spending,
        this.settings,
        this.budget,
      );
    this.sources.set(key, source);
    return source;
  }

  private providerFor(repository: Repository, terms: EnclaveTerms): OpenGradientProvider {
    return new OpenGradientProvider({
      enclave: terms.enclave,
      model: terms.model,
      settlement: terms.settlement,
      payer: this.payerFor(terms),
      now: this.spending.now,
      askable: async () => {
        const askable = await this.askable(repository, terms);
        this.budget.spend();
        return askable;
      },
    });
  }

  /** Sessions are with an enclave, whichever repository asks for them. */
  private payerFor({ enclave, endpoint, certificate, payee, most }: EnclaveTerms): Payer {
    if (certificate === null) {
      return RELAY_PAYER;
    }
    const key = JSON.stringify([enclave, endpoint, certificate, payee, most]);
    const payer =
      this.payers.get(key) ??
      new UptoPayer({
        agreed: { payee, most: BigInt(most.session) },
        limits: { hour: BigInt(most.hour), day: BigInt(most.day) },
        key: this.key,
        commitments: () => this.spending.commitments(),
        now: this.spending.now,
      });
    this.payers.set(key, payer);
    return payer;
  }

  /** @throws ProoflineError where it may not be asked, or nobody can tell */
  private async askable(repository: Repository, terms: EnclaveTerms): Promise<AskableEnclave> {
    const agreed = await this.choices.of(repository);
    const registry = this.settings.enclaveRegistry;
    if (agreed.terms === null || termsDigest(agreed.terms) !== termsDigest(terms)) {
      this.lookAgain();
      throw differs("You no longer agree to what was agreed to for this repository, so nothing was sent.");
    }
    if (registry === null) {
      throw new ProoflineError(
        "enclave.differs",
        "Nobody is named to ask OpenGradient's registry of, so nothing was sent.",
        "checkRegistryServers",
      );
    }
    const testimony = await this.answers.of(registry, terms.enclave);
    try {
      const relay = this.settings.current.enclaveUse.address;
      const standing = standingEnclave(terms.enclave, testimony.now);
      if (termsDigest(termsFor(standing, terms, relay)) !== termsDigest(terms)) {
        throw differs(
          "The address, certificate or payee of the enclave is another by now than you agreed to, so nothing was sent.",
        );
      }
      const endpoint = relay === null ? standing.endpoint : { url: relay, certificate: null };
      return { endpoint, testimony };
    } catch (error) {
      this.answers.forget(registry, terms.enclave);
      throw error;
    }
  }
}

function differs(reason: string): ProoflineError {
  return new ProoflineError("enclave.differs", reason, "chooseEnclave");
}
