import type { EnclaveOutcome } from "../../policy/verifyParameters";
import type { OpenGradientSettings } from "../../protocol/openGradientSettings";
import { type AnswerChecker, checkEnclaves, NOBODY_ASKED } from "../../workflows/checkEnclaves";
import type { EnclaveClaim } from "../../workflows/enclaveClaims";
import type { SettingsStore } from "../settingsStore";

/** How long an outcome stands before the registry is asked again: an enclave's code may lose its approval. */
const FRESH_MILLISECONDS = 600_000;
/** The same where something could not be decided, or is still to come. */
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
  private running: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;
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
      this.running ??= this.run();
    }
    return known?.outcome ?? NOT_YET;
  }

  /** From now on nothing that is known is fresh: it is asked for again when somebody wants to know it. */
  expire(): void {
    for (const [claim, { outcome }] of this.outcomes) {
      this.outcomes.set(claim, { outcome, until: 0 });
    }
  }

  /** Waits until all that was asked for has its outcome. */
  async settled(): Promise<void> {
    await this.running;
  }

  close(): void {
    this.ended = true;
    this.waiting.clear();
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
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
          const until = performance.now() + (isFinal(outcome) ? FRESH_MILLISECONDS : RETRY_MILLISECONDS);
          this.outcomes.set(claim, { outcome, until });
        }
        this.tell();
      }
    } finally {
      this.running = null;
    }
    if ([...this.outcomes.values()].some(({ outcome }) => !isFinal(outcome))) {
      // Whoever is told looks again at what is open, and so asks.
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.tell();
      }, RETRY_MILLISECONDS).unref();
    }
  }

  private tell(): void {
    for (const listener of this.resultListeners) {
      listener();
    }
  }
}

/** Whether nothing more is to be learned of it soon. */
function isFinal({ value, reason, checks }: EnclaveOutcome): boolean {
  const isDecided = value !== "enclaveUnchecked" || reason === NOBODY_ASKED;
  return isDecided && !checks.some((check) => check.value === "pending");
}

const NOT_YET: EnclaveOutcome = {
  value: "enclaveUnchecked",
  reason: "Its enclave is being checked.",
  checks: [],
  isRevokedSince: false,
  measurement: null,
};

function isSame(one: OpenGradientSettings, other: OpenGradientSettings): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
