import { unreachable } from "../../platform/errors";
import { countsAt, KINDS } from "../../policy/decision";
import { makerOf, makerRefusal } from "../../policy/maker";
import type { ModelState } from "../../protocol/messages";
import { visibleName } from "../../protocol/visibleText";
import { enforcementBy, NO_RULES } from "../../workflows/repositoryPolicies";
import type { DocumentLocation, DocumentLocations } from "../documents/documentLocations";
import type { OpenDocument } from "../documents/openDocument";
import type { KnownRules } from "../policies/knownRules";
import type { SettingsStore } from "../settingsStore";
import type { SuggestionStore } from "../suggestions/suggestionStore";
import type { KnownPlaces } from "../verdicts/knownPlaces";
import type { DocumentProviders } from "./documentProviders";
import type { ProviderSource } from "./providerSource";
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
    private readonly rules: KnownRules,
    private readonly known: KnownPlaces,
    private readonly store: SuggestionStore,
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
      (await this.ruleReason(location, source))
    );
  }

  /** Why nothing that was accepted in a document may be recorded, as a sentence, or `null`. */
  async recordReason(document: OpenDocument): Promise<string | null> {
    if (!this.settings.current.trusted) {
      return "The workspace is not trusted, so nothing is written.";
    }
    return (await this.locations.of(document)).refusal;
  }

  /** Why nothing is offered where what falls short would be an error: it would be one from the beginning. */
  private async ruleReason(
    location: DocumentLocation,
    { offers, runs }: ProviderSource,
  ): Promise<string | null> {
    const { repository, path } = location;
    const rules = repository === null ? NO_RULES : await this.rules.of(repository);
    if (enforcementBy(rules, this.settings.current.verifiedOnly) !== "block") {
      return null;
    }
    if (this.store.problem !== null) {
      return `Only verified suggestions are wanted, and nothing can be recorded: ${this.store.problem}`;
    }
    const { policy, device } = await this.known.of(location);
    if (policy.hold !== null) {
      return `Only verified suggestions are wanted. ${policy.hold}`;
    }
    if (rules.file !== null && !countsAt(rules.file, offers, path)) {
      return `${KINDS[offers]} do not count at this place, as the policy ${visibleName(rules.file.name)} has it.`;
    }
    const refusal = makerRefusal(policy, makerOf(device, runs));
    return refusal === null ? null : `Only verified suggestions are wanted. ${refusal}`;
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
