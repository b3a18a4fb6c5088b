import { messageOf } from "../platform/errors";
import { Listeners } from "./listeners";

/** After so long the next question has somebody look again: a command line, or another window, may have changed something. */
export const LOOK_AGAIN_MILLISECONDS = 3_000;

interface Known<Value> {
  readonly value: Promise<Value>;
  /** By `performance.now()`. */
  lookedAt: number;
}

/** What lies on a disk, as it was when somebody looked last, so that nobody waits for the disk while a person types. */
export class LookedUp<Key, Value> {
  private known = new Map<string, Known<Value>>();
  private readonly listeners: Listeners<void>;

  /**
   * @param nameOf names a key among all
   * @param look looks at the disk
   */
  constructor(
    private readonly nameOf: (key: Key) => string,
    private readonly look: (key: Key) => Promise<Value>,
    private readonly log: (line: string) => void,
  ) {
    this.listeners = new Listeners(log);
  }

  /** Tells listeners when something turns out to be another than it was. */
  onChange(listener: () => void | Promise<void>): void {
    this.listeners.add(listener);
  }

  of(key: Key): Promise<Value> {
    const name = this.nameOf(key);
    const now = performance.now();
    const known = this.known.get(name) ?? { value: this.look(key), lookedAt: now };
    this.known.set(name, known);
    if (now - known.lookedAt >= LOOK_AGAIN_MILLISECONDS) {
      known.lookedAt = now;
      void this.lookAgain(key, name, known);
    }
    return known.value;
  }

  /** The next question looks, and waits for that. */
  refresh(): void {
    this.known = new Map();
  }

  private async lookAgain(key: Key, name: string, known: Known<Value>): Promise<void> {
    try {
      const now = JSON.stringify(await this.look(key));
      const before = await known.value.then(
        (value) => JSON.stringify(value),
        () => null,
      );
      if (this.known.get(name) === known && now !== before) {
        this.known.delete(name);
        await this.listeners.tell();
      }
    } catch (error) {
      this.log(`${name}: ${messageOf(error)}`);
    }
  }
}
