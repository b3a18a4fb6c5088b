import type { Engine } from "../inference/engine/engine";
import { messageOf, ProoflineError } from "../platform/errors";
import type { ReplayOutcome } from "../policy/verifyParameters";
import type { KnownHere } from "../workflows/knownHere";
import {
  notInstalled,
  type Replayable,
  ReplayCache,
  replayObstacle,
  replaySuggestion,
} from "../workflows/replay";
import { inReadingOrder } from "../workflows/replayOrder";
import { type Session, withEngine } from "./session";
import { interruptible, showCount } from "./terminal";

export interface ReplayOptions {
  /** Whether the model runs for nothing, for what nothing is remembered of, or for all. */
  readonly replay: "none" | "missing" | "again";
  /** The suggestions that it runs for again; all where none is named. */
  readonly ids?: readonly string[];
}

/** What came of the replay of one claim. */
export interface Replayed {
  readonly id: string;
  readonly outcome: ReplayOutcome;
}

/** Remembered results of replays, completed by running the model where that is wanted and possible. */
export class Replays {
  private readonly cache: ReplayCache;
  private readonly ids = new Map<string, string>();
  private readonly found = new Map<string, ReplayOutcome>();
  private isInterrupted = false;

  constructor(
    private readonly session: Session,
    private readonly pins: KnownHere["pins"],
    private readonly options: ReplayOptions,
  ) {
    this.cache = new ReplayCache(session.home);
  }

  /** By claim. */
  get outcomes(): ReadonlyMap<string, ReplayOutcome> {
    return this.found;
  }

  get replayed(): readonly Replayed[] {
    return [...this.ids].flatMap(([claim, id]) => {
      const outcome = this.found.get(claim);
      return outcome === undefined ? [] : [{ id, outcome }];
    });
  }

  /** Finds out about some more claims; they are held no longer than that. */
  async complete(claims: readonly Replayable[]): Promise<void> {
    const { ids, replay } = this.options;
    const isAgain = ({ id }: Replayable): boolean => replay === "again" && (!ids?.length || ids.includes(id));
    // A claim with pieces in several files comes with each of them.
    const others = claims.filter(({ claim }) => !this.ids.has(claim));
    const known = await this.cache.getAll(others.filter((claim) => !isAgain(claim)));
    const open: Replayable[] = [];
    for (const suggestion of others) {
      this.ids.set(suggestion.claim, suggestion.id);
      const remembered = known.get(suggestion.claim);
      if (remembered !== undefined) {
        this.found.set(suggestion.claim, remembered);
      } else if (suggestion.values !== null && replay !== "none") {
        open.push(suggestion);
      } else if (suggestion.values === null) {
        this.found.set(suggestion.claim, { value: "impossible", reason: replayObstacle(suggestion) ?? "" });
      }
    }
    if (open.length > 0 && !this.isInterrupted) {
      await interruptible((signal) => this.run(open, signal));
    }
  }

  private async run(open: readonly Replayable[], signal: AbortSignal): Promise<void> {
    const progress = showCount("replayed", this.found.size + open.length);
    const digests = new Set(open.map(({ model }) => model.manifestDigest));
    for (const digest of digests) {
      const group = open.filter(({ model }) => model.manifestDigest === digest);
      const pin = this.pins.get(digest);
      if (pin === undefined) {
        for (const suggestion of group) {
          this.found.set(suggestion.claim, { value: "impossible", reason: notInstalled(suggestion) });
        }
        continue;
      }
      try {
        const replayGroup = async (engine: Engine): Promise<void> => {
          for (const suggestion of inReadingOrder(group)) {
            if (signal.aborted) {
              break;
            }
            this.found.set(suggestion.claim, await replaySuggestion(suggestion, engine, this.cache, signal));
            progress(this.found.size);
          }
        };
        await withEngine(this.session, replayGroup, pin.directory);
      } catch (error) {
        if (!(error instanceof ProoflineError)) {
          throw error;
        }
        for (const { claim } of group) {
          if (!this.found.has(claim)) {
            this.found.set(claim, { value: "impossible", reason: messageOf(error) });
          }
        }
      }
      if (signal.aborted) {
        this.isInterrupted = true;
        break;
      }
    }
  }
}
