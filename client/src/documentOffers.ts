/** Where suggestions are offered in this window, and why not where they are not. */
import { EventEmitter, languages, RelativePattern, type TextDocument, workspace } from "vscode";
import { type ConfigurationSource, readExcluded, readOffers } from "./config";
import { whyNoOffer } from "./editor/offers";

export class DocumentOffers {
  /** What the running model was made for; `null` where nobody knows. */
  modelLanguages: readonly string[] | null = null;

  private until: number | null = null;
  private timer: NodeJS.Timeout | undefined;
  private readonly silences = new Map<string, string>();
  private readonly changed = new EventEmitter<void>();
  /** A snooze began or ended. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly configuration: ConfigurationSource) {}

  /** Until when nothing is offered on its own, in milliseconds since 1970; `null` for no such time. */
  get snoozedUntil(): number | null {
    return this.until;
  }

  /** Offers nothing on its own for some minutes, or again at once. */
  snooze(minutes: number | null): void {
    clearTimeout(this.timer);
    this.until = minutes === null ? null : Date.now() + minutes * 60_000;
    if (minutes !== null) {
      this.timer = setTimeout(() => this.snooze(null), minutes * 60_000);
    }
    this.changed.fire();
  }

  /** Why nothing is offered in a document, as a sentence; `null` where something may be. */
  whyNot(document: TextDocument, asked: boolean): string | null {
    const offers = { ...readOffers(this.configuration), snoozedUntil: this.until };
    const place = { languageId: document.languageId, excludedBy: this.excluding(document) };
    return whyNoOffer(offers, place, this.modelLanguages, asked, Date.now());
  }

  /** Why the last request in a document was not answered with a suggestion; `null` where it was. */
  silenceIn(uri: string): string | null {
    return this.silences.get(uri) ?? null;
  }

  wasSilent(uri: string, reason: string): void {
    this.silences.set(uri, reason);
  }

  hasOffered(uri: string): void {
    this.silences.delete(uri);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.changed.dispose();
  }

  /** The pattern that a document fits, below its folder or anywhere. */
  private excluding(document: TextDocument): string | null {
    const folder = workspace.getWorkspaceFolder(document.uri);
    const fits = (pattern: string): boolean =>
      languages.match({ pattern }, document) > 0 ||
      (folder !== undefined &&
        languages.match({ pattern: new RelativePattern(folder, pattern) }, document) > 0);
    return readExcluded(this.configuration).find(fits) ?? null;
  }
}
