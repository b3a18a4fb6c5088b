import type { OpenDocument } from "../documents/openDocument";
import type { ActiveSuggestion } from "../suggestions/activeSuggestions";
import type { Offer } from "./offer";
import type { Around } from "./requestAt";

/** A suggestion that stands this long is being read; until then, typing on is as likely. */
const READING_MILLISECONDS = 150;

interface Ahead extends Around {
  readonly uri: string;
  readonly controller: AbortController;
  readonly timer: NodeJS.Timeout;
  readonly offer: Promise<Offer>;
  /** Does not wait for the timer. */
  readonly begin: () => void;
}

/**
 * Asks for the suggestion after the one on show, in the text as it will be once that is accepted, while a person reads
 * it. At most one is under way or ready. It is shown only when the editor asks at that very place; until then it is
 * shown to nobody, and nothing is recorded of it.
 */
export class Prefetch {
  private ahead: Ahead | null = null;

  /** @param ask the model's answer for a document as it would be */
  constructor(
    private readonly ask: (document: OpenDocument, around: Around, signal: AbortSignal) => Promise<Offer>,
  ) {}

  /** A suggestion is on show. */
  shown(document: OpenDocument, suggestion: Pick<ActiveSuggestion, "before" | "text" | "after">): void {
    const around = { before: suggestion.before + suggestion.text, after: suggestion.after };
    if (this.ahead !== null && isAt(this.ahead, document.uri, around)) {
      return;
    }
    this.cancel();
    const controller = new AbortController();
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const ahead: Ahead = {
      uri: document.uri,
      ...around,
      controller,
      begin,
      timer: setTimeout(begin, READING_MILLISECONDS).unref(),
      offer: begun.then(() =>
        controller.signal.aborted ? CANCELLED : this.ask(document, around, controller.signal),
      ),
    };
    this.ahead = ahead;
  }

  /** What was asked for ahead, where it is for this very place: as soon as the answer is there. */
  async take(uri: string, around: Around): Promise<Offer | null> {
    const { ahead } = this;
    if (ahead === null || !isAt(ahead, uri, around)) {
      return null;
    }
    ahead.begin();
    const offer = await ahead.offer;
    if (this.ahead === ahead) {
      this.ahead = null;
    }
    return offer;
  }

  /** A document is another: what was asked ahead is only wanted while its text becomes what was asked for. */
  changed({ uri, text }: Pick<OpenDocument, "uri" | "text">): void {
    if (this.ahead === null || this.ahead.uri !== uri) {
      return;
    }
    const { before, after } = this.ahead;
    const isOnTheWay = text.endsWith(after) && before.startsWith(text.slice(0, text.length - after.length));
    if (!isOnTheWay) {
      this.cancel();
    }
  }

  /** The person does something else. */
  cancel(): void {
    if (this.ahead === null) {
      return;
    }
    clearTimeout(this.ahead.timer);
    this.ahead.controller.abort();
    this.ahead.begin();
    this.ahead = null;
  }
}

const CANCELLED: Offer = { kind: "nothing", reason: null };

function isAt(ahead: Ahead, uri: string, { before, after }: Around): boolean {
  return ahead.uri === uri && ahead.before === before && ahead.after === after;
}
