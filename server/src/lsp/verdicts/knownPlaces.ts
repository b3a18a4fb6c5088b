import type { KnownHere } from "../../workflows/knownHere";
import type { DocumentLocation } from "../documents/documentLocations";
import type { Authorities } from "./authorities";
import type { EvidenceFolders, FolderEvidence } from "./evidenceFolders";
import type { Identity } from "./identity";

/** What is known and what counts where a document lies, with what the policy's authority says. */
export class KnownPlaces {
  constructor(
    private readonly folders: EvidenceFolders,
    private readonly identity: Identity,
    private readonly authorities: Authorities,
  ) {}

  async of(location: DocumentLocation): Promise<KnownHere> {
    const { repository } = location;
    return this.at(location, repository === null ? null : await this.folders.of(repository));
  }

  /** The same where its repository was read. */
  async at({ repository }: DocumentLocation, evidence: FolderEvidence | null): Promise<KnownHere> {
    if (repository === null || evidence === null) {
      return this.identity.of(null);
    }
    const known = await this.identity.of({ folder: repository.folder, ids: evidence.repositoryIds });
    return { ...known, policy: this.authorities.policyIn(repository, known, evidence) };
  }
}
