import type { Repository } from "../../evidence/repository/repository";
import type { ModelState } from "../../protocol/messages";
import type { DocumentLocations } from "../documents/documentLocations";
import type { OpenDocument } from "../documents/openDocument";
import type { SettingsStore } from "../settingsStore";
import type { ProviderSource } from "./providerSource";

/** The model on this computer, which tells when its state changes. */
export interface LocalSource extends ProviderSource {
  onChange(listener: (state: ModelState) => void): void;
}

/** Where suggestions for each document come from: an enclave where the person agreed to one, else the model on this computer. */
export class DocumentProviders {
  constructor(
    readonly local: LocalSource,
    private readonly enclaves: { sourceOf(repository: Repository): Promise<ProviderSource | null> },
    private readonly locations: DocumentLocations,
    private readonly settings: SettingsStore,
  ) {}

  async of(document: OpenDocument): Promise<ProviderSource> {
    // Of an untrusted workspace nothing is looked at.
    if (!this.settings.current.trusted) {
      return this.local;
    }
    const { repository } = await this.locations.of(document);
    return (repository === null ? null : await this.enclaves.sourceOf(repository)) ?? this.local;
  }
}
