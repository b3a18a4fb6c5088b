import { messageOf } from "../platform/errors";

/** Who wants to know of events. Each hears of one after the other, in the order in which they asked to. */
export class Listeners<Event> {
  private readonly all: ((event: Event) => void | Promise<void>)[] = [];

  constructor(private readonly log: (line: string) => void) {}

  add(listener: (event: Event) => void | Promise<void>): void {
    this.all.push(listener);
  }

  /** Resolves once all have done what the event asks of them. What fails in one is logged; the others still hear. */
  async tell(event: Event): Promise<void> {
    for (const listener of this.all) {
      try {
        await listener(event);
      } catch (error) {
        this.log(`After an event: ${messageOf(error)}`);
      }
    }
  }
}
