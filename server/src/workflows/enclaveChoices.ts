import type { Repository } from "../evidence/repository/repository";
import { ProoflineError } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import { EnclaveConsents } from "../providers/opengradient/enclaveConsents";
import {
  describeTerms,
  type EnclaveTerms,
  type StandingEnclave,
  standingEnclave,
  termsDigest,
  termsFor,
} from "../providers/opengradient/enclaveTerms";
import { type EnclaveRegistry, RegistryReader } from "./enclaveRegistry";

/** An enclave, a model of it and how its answers are settled, as a person named them. */
export type WantedEnclave = Pick<EnclaveTerms, "enclave" | "model" | "settlement">;

/** How a person's settings have enclaves asked. */
export interface AskedBy {
  readonly registry: EnclaveRegistry;
  /** The program on this computer that is asked in the enclaves' place; `null` for none. */
  readonly relay: string | null;
}

/** What a person is shown before code is sent to an enclave. */
export interface EnclaveProposal {
  readonly terms: EnclaveTerms;
  /** Names exactly what is shown. */
  readonly digest: Digest;
  readonly lines: readonly string[];
}

/** More are not looked at. */
const MOST_LISTED = 64;

/**
 * The enclaves that may be asked now, of those that were ever registered.
 *
 * @throws ProoflineError of the family `chain`, also where servers do not tell which were registered
 */
export async function listEnclaves(registry: EnclaveRegistry): Promise<readonly StandingEnclave[]> {
  const reader = new RegistryReader(registry);
  try {
    const names = (await reader.registered()).slice(0, MOST_LISTED);
    const states = await Promise.all(
      names.map(async (name) => ({ name, state: await reader.newestStateOf(name) })),
    );
    return states.flatMap(({ name, state }) => {
      try {
        return [standingEnclave(name, state)];
      } catch (error) {
        if (error instanceof ProoflineError) {
          return [];
        }
        throw error;
      }
    });
  } finally {
    reader.close();
  }
}

/** Which enclave the code of a repository may be sent to: none, unless this machine's person agreed to its terms. */
export class EnclaveChoices {
  private readonly consents: EnclaveConsents;

  constructor(home: string) {
    this.consents = new EnclaveConsents(home);
  }

  /**
   * What there is to agree to, as the registry has it now.
   *
   * @throws ProoflineError `enclave.differs` where the enclave is none to ask; of the family `chain` where nobody can tell
   */
  async propose(
    { registry, relay }: AskedBy,
    { enclave, ...wanted }: WantedEnclave,
  ): Promise<EnclaveProposal> {
    const reader = new RegistryReader(registry);
    try {
      const terms = termsFor(standingEnclave(enclave, await reader.newestStateOf(enclave)), wanted, relay);
      return { terms, digest: termsDigest(terms), lines: describeTerms(terms) };
    } finally {
      reader.close();
    }
  }

  /**
   * Keeps that a person agreed to what they were shown.
   *
   * @param digest which terms that were
   * @throws ProoflineError `enclave.differs` where they are others by now; otherwise as `propose` does
   */
  async accept(repository: Repository, by: AskedBy, wanted: WantedEnclave, digest: Digest): Promise<void> {
    const proposal = await this.propose(by, wanted);
    if (proposal.digest !== digest) {
      throw new ProoflineError(
        "enclave.differs",
        "What was shown is not what the registry says of this enclave now, so nothing was accepted.",
        "tryAgain",
      );
    }
    await this.consents.accept(await repository.ensureIdentity(), proposal.terms);
  }

  /** What was agreed to for a repository; `problem` tells of what cannot be read, in a sentence. */
  async of(
    repository: Repository,
  ): Promise<{ readonly terms: EnclaveTerms | null; readonly problem: string | null }> {
    return this.consents.of(await repository.identity());
  }

  /** Takes it back. */
  forget(repository: Repository): Promise<void> {
    return this.consents.forget(repository);
  }
}
