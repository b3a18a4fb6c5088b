import type { EnclaveOutcome } from "../../policy/verifyEvidence";
import type { OpenGradientSettings } from "../../protocol/openGradientSettings";
import { type AnswerChecker, checkEnclaves, NOBODY_ASKED } from "../../workflows/checkEnclaves";
import type { EnclaveClaim } from "../../workflows/enclaveClaims";
import type { SettingsStore } from "../settingsStore";

/** How long an outcome stands before the registry is asked again: an enclave's code may lose its approval. */
const FRESH_MILLISECONDS = 600_000;
/** The same where nothing could be decided. */
const RETRY_MILLISECONDS = 30_000;

interface Known {
  readonly outcome: EnclaveOutcome;
  /** By `performance.now()`. */
  readonly until: number;
}

/**
 * Checks the enclaves of attested claims in the background, and knows what came of each. Nobody is asked unless the person has named
 * RPC servers for it.
 */
export class EnclaveQueue {
  private readonly outcomes = new Map<string, Known>();
  private readonly waiting = new Map<string, EnclaveClaim>();
  private readonly resultListeners: (() => void)[] = [];
  private running = false;
  private ended = false;

  constructor(
    private readonly settings: SettingsStore,
    private readonly checker: AnswerChecker,
  ) {
    settings.onChange(({ openGradient, trusted }, before) => {
      if (!isSame(openGradient, before.openGradient) || trusted !== before.trusted) {
        this.outcomes.clear();
      }
    });
  }

  /** Who wants to know that something came of a check. */
  onResult(listener: () => void): void {
    this.resultListeners.push(listener);
  }

  /** What is known of a claim's enclave so far; asks for it in the background where nothing is, or no longer is. */
  outcomeOf(claim: EnclaveClaim): EnclaveOutcome {
    const known = this.outcomes.get(claim.claim);
    if ((known?.until ?? 0) <= performance.now() && !this.ended) {
      this.waiting.set(claim.claim, claim);
      void this.run();
    }
    return known?.outcome ?? NOT_YET;
  }

  close(): void {
    this.ended = true;
    this.waiting.clear();
  }

  private async run(): Promise<void> {
    if (this.running) {
      return;
    }
    this.running = true;
    try {
      // Those that are asked for at the same time go together.
      await null;
      while (this.waiting.size > 0) {
        const { openGradient } = this.settings.current;
        const claims = [...this.waiting.values()];
        for await (const [claim, outcome] of checkEnclaves(
          claims,
          this.checker,
          this.settings.enclaveRegistry,
        )) {
          this.waiting.delete(claim);
          if (this.ended) {
            return;
          }
          if (!isSame(openGradient, this.settings.current.openGradient)) {
            // Others are to be asked now.
            break;
          }
          const isDecided = outcome.value !== "enclaveUnchecked" || outcome.reason === NOBODY_ASKED;
          const until = performance.now() + (isDecided ? FRESH_MILLISECONDS : RETRY_MILLISECONDS);
          this.outcomes.set(claim, { outcome, until });
        }
        for (const listener of this.resultListeners) {
          listener();
        }
      }
    } finally {
      this.running = false;
    }
  }
}

const NOT_YET: EnclaveOutcome = {
  value: "enclaveUnchecked",
  reason: "Its enclave is being checked.",
  checks: [],
  isRevokedSince: false,
};

function isSame(one: OpenGradientSettings, other: OpenGradientSettings): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
