import type { LikelyRequest } from "../../inference/engine/engine";
import { savesPower } from "../../platform/powerSaving";
import { DidRestCursor } from "../../protocol/messages";
import type { OpenDocument } from "../documents/openDocument";
import { onNotification } from "../requests";
import type { ServerContext } from "../serverContext";
import { requestAt } from "./requestAt";

/** A person's choice to save power is heard of after so long at most. */
const POWER_MILLISECONDS = 60_000;

interface Resting {
  readonly document: OpenDocument;
  readonly version: number;
  readonly offset: number;
}

/**
 * What is done before anybody asks: where the cursor rests, the model on this computer reads what a suggestion there will
 * need. Never for a provider that costs or sends anything, and never while the computer saves power.
 */
export class WorkAhead {
  /** `null` until the system has told, and nothing is done before. */
  private saving: boolean | null = null;
  private asked = Number.NEGATIVE_INFINITY;
  private resting: Resting | null = null;

  constructor(
    private readonly context: ServerContext,
    private readonly ask: () => Promise<boolean | null> = savesPower,
    private readonly now: () => number = () => performance.now(),
  ) {
    onNotification(context.connection, DidRestCursor, ({ uri, version, position }) => {
      const document = context.documents.get(uri);
      return document?.version === version ? this.rests(document, document.offsetAt(position)) : undefined;
    });
    context.settings.onChange(({ workAhead }) => {
      if (workAhead) {
        void this.read();
      } else {
        this.stop();
      }
    });
    // Where somebody was before there was a model is where they will ask.
    context.providers.local.onChange(({ kind }) => {
      if (kind === "ready") {
        void this.read();
      }
    });
    void this.hearOfPower();
  }

  /** Whether anything may be done that nobody asked for. */
  get isAllowed(): boolean {
    void this.hearOfPower();
    return this.context.settings.current.workAhead && this.saving === false;
  }

  /** The cursor is at an offset of a version of a document, where somebody is likely to ask next. */
  rests(document: OpenDocument, offset: number, version = document.version): Promise<void> {
    this.resting = { document, version, offset };
    return this.read();
  }

  /** A document is no longer open. */
  closed(document: OpenDocument): void {
    if (this.resting?.document === document) {
      this.resting = null;
      this.stop();
    }
  }

  private stop(): void {
    this.context.providers.local.provider?.readAhead(null);
  }

  private async read(): Promise<void> {
    const { resting } = this;
    if (resting === null || resting.document.version !== resting.version || !this.isAllowed) {
      return;
    }
    const { document, version, offset } = resting;
    if ((await this.context.gate.offReason(document)) !== null) {
      return;
    }
    const { provider, unasked } = await this.context.providers.of(document);
    if (provider === null || !unasked.ahead || unasked.refusal() !== null) {
      return;
    }
    const { text } = document;
    const around = { before: text.slice(0, offset), after: text.slice(offset) };
    const likely: LikelyRequest = await requestAt(this.context, document, around, "automatic");
    // Much can have changed meanwhile.
    if (document.version === version && this.resting === resting && this.isAllowed) {
      provider.readAhead(likely);
    }
  }

  /** Asks the system again, where it was not asked lately. What nobody can tell forbids nothing. */
  private async hearOfPower(): Promise<void> {
    const now = this.now();
    if (now - this.asked < POWER_MILLISECONDS) {
      return;
    }
    this.asked = now;
    const before = this.saving;
    this.saving = (await this.ask()) ?? false;
    if (this.saving) {
      this.stop();
    } else if (before !== false) {
      await this.read();
    }
  }
}
