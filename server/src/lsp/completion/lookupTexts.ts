import type { Provider } from "../../providers/provider";
import type { OpenDocument } from "../documents/openDocument";
import type { ServerContext } from "../serverContext";

/** Of the document, so much on either side of the cursor; of each other file, so much. In UTF-16 code units. */
const OWN_CHARACTERS = 30_000;
const OTHER_CHARACTERS = 15_000;
const MAX_OTHERS = 4;

/** Somebody who types changes little of all this at a time. */
const LASTING_MILLISECONDS = 10_000;

/** Tells the provider what stands in a document and in the other open files, for it to look up what comes next. */
export class LookupTexts {
  private told: { readonly provider: Provider; readonly uri: string; readonly time: number } | null = null;

  constructor(private readonly context: Pick<ServerContext, "sources" | "locations">) {}

  /** Somebody is at an offset of a document, for which a provider is asked. */
  follow(
    provider: Provider | null,
    document: OpenDocument,
    offset: number,
    now: number = performance.now(),
  ): void {
    if (provider === null) {
      return;
    }
    const { told } = this;
    const isFresh =
      told?.provider === provider && told.uri === document.uri && now - told.time < LASTING_MILLISECONDS;
    if (isFresh) {
      return;
    }
    this.told = { provider, uri: document.uri, time: now };
    const repository = this.context.locations.repositoryPathOf(document);
    const others =
      repository === null ? [] : this.context.sources.textsBeside(document, repository).slice(-MAX_OTHERS);
    const { text } = document;
    const own = [
      text.slice(offset, offset + OWN_CHARACTERS),
      text.slice(Math.max(0, offset - OWN_CHARACTERS), offset),
    ];
    provider.prepare([...others.map((other) => other.slice(0, OTHER_CHARACTERS)), ...own]);
  }
}
