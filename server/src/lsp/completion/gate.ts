import { unreachable } from "../../platform/errors";
import type { ModelState } from "../../protocol/messages";
import type { Offered } from "../../providers/provider";
import type { DocumentLocations } from "../documents/documentLocations";
import type { OpenDocument } from "../documents/openDocument";
import type { OfferRules } from "../policies/offerRules";
import type { SettingsStore } from "../settingsStore";
import type { DocumentProviders } from "./documentProviders";
import { textOffReason } from "./textLimits";

/**
 * Says why a document gets no suggestions, as a sentence, or `null` when it does. Everything slow behind an answer is
 * cached: nothing here reads a disk between a keystroke and ghost text, but for a document's first one.
 */
export class Gate {
  private readonly texts = new WeakMap<OpenDocument, { version: number; reason: string | null }>();

  constructor(
    private readonly settings: SettingsStore,
    private readonly providers: DocumentProviders,
    private readonly locations: DocumentLocations,
    private readonly offers: OfferRules,
  ) {}

  async offReason(document: OpenDocument): Promise<string | null> {
    const { trusted, enabled } = this.settings.current;
    if (!trusted) {
      return "The workspace is not trusted, so no model is loaded.";
    }
    if (!enabled) {
      return "Suggestions are turned off in the settings.";
    }
    const source = await this.providers.of(document);
    const location = await this.locations.of(document);
    return (
      modelReason(source.state) ??
      this.documentReason(document) ??
      location.refusal ??
      (await this.offers.refusal(location, source.offers, source.runs))
    );
  }

  /** Why something that was made before is not shown in a document: other rules may count, or another model run by now. */
  async offeredReason(document: OpenDocument, offered: Offered): Promise<string | null> {
    const runs = offered.kind === "replayable" ? offered.facts : null;
    return this.offers.refusal(await this.locations.of(document), offered.kind, runs);
  }

  /** Why nothing that was accepted in a document may be recorded, as a sentence, or `null`. */
  async recordReason(document: OpenDocument): Promise<string | null> {
    if (!this.settings.current.trusted) {
      return "The workspace is not trusted, so nothing is written.";
    }
    return (await this.locations.of(document)).refusal;
  }

  private documentReason(document: OpenDocument): string | null {
    switch (document.scheme) {
      case "file":
      case "untitled":
        return this.textReason(document);
      case "vscode-notebook-cell":
        return "Notebooks get no suggestions yet.";
      default:
        return `Suggestions are for files, and this document is not one (${document.scheme}).`;
    }
  }

  private textReason(document: OpenDocument): string | null {
    const known = this.texts.get(document);
    if (known?.version === document.version) {
      return known.reason;
    }
    const reason = textOffReason(document.text, document.languageId);
    this.texts.set(document, { version: document.version, reason });
    return reason;
  }
}

function modelReason(state: ModelState): string | null {
  switch (state.kind) {
    case "failed":
      return `${state.reason} ${state.remedy}`;
    case "off":
      return state.reason;
    case "loading":
    case "ready":
    case "relayed":
      return null;
    default:
      return unreachable(state);
  }
}
