import type { ChainHash } from "../../platform/primitives";
import type { RegistryTestimony } from "../../providers/opengradient/registryTestimony";
import { askRegistry, type EnclaveRegistry } from "../../workflows/enclaveRegistry";

/** How long what the registry says of an enclave stands before it is asked again. */
const FRESH_MILLISECONDS = 600_000;
/** Later than any block. */
const NOW = Number.MAX_SAFE_INTEGER;

interface Remembered {
  readonly testimony: Promise<RegistryTestimony>;
  readonly until: number;
}

/** What the registry says of enclaves now, asked at most every ten minutes, and again where nothing came of it. */
export class RegistryAnswers {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly ask: typeof askRegistry = askRegistry,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws ProoflineError of the family `chain` */
  of(registry: EnclaveRegistry, enclave: ChainHash): Promise<RegistryTestimony> {
    const key = keyOf(registry, enclave);
    const known = this.remembered.get(key);
    if (known !== undefined && known.until > this.now()) {
      return known.testimony;
    }
    const testimony = this.ask(registry, enclave, NOW);
    this.remembered.set(key, { testimony, until: this.now() + FRESH_MILLISECONDS });
    testimony.catch(() => this.forget(registry, enclave));
    return testimony;
  }

  /** Somebody could not do with what it said: it is asked again the next time. */
  forget(registry: EnclaveRegistry, enclave: ChainHash): void {
    this.remembered.delete(keyOf(registry, enclave));
  }
}

function keyOf(registry: EnclaveRegistry, enclave: ChainHash): string {
  return JSON.stringify([registry, enclave]);
}
