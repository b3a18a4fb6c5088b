import { ProoflineError } from "../../platform/errors";
import type { Digest } from "../../platform/primitives";
import type { ListEnclaves } from "../../protocol/messages";
import {
  type AskedBy,
  type EnclaveChoices,
  type EnclaveProposal,
  listEnclaves,
  type WantedEnclave,
} from "../../workflows/enclaveChoices";
import type { EnclaveRegistry } from "../../workflows/enclaveRegistry";
import { EditorError } from "../editorError";
import { editorText } from "../editorRemedies";
import type { SettingsStore } from "../settingsStore";
import { openWorkspaceFolder } from "../workspaceFolder";
import type { EnclaveSpending } from "./enclaveSpending";

/** Which enclave the code of a workspace folder's repository may be sent to, and what the person says of it. */
export class WorkspaceEnclaves {
  constructor(
    private readonly settings: SettingsStore,
    private readonly choices: EnclaveChoices,
    private readonly spending: EnclaveSpending,
  ) {}

  /** The enclaves that may be asked now. */
  async list(): Promise<ListEnclaves.Result> {
    try {
      const enclaves = await listEnclaves(this.registry());
      return {
        enclaves: enclaves.map(({ enclave, endpoint, entry }) => ({
          name: enclave,
          endpoint: endpoint.url,
          registeredAt: entry.registeredAt,
        })),
        problem: null,
      };
    } catch (error) {
      if (error instanceof ProoflineError) {
        return { enclaves: [], problem: editorText(error) };
      }
      throw error;
    }
  }

  /** What there is to agree to. */
  async review(wanted: WantedEnclave): Promise<EnclaveProposal> {
    const proposal = await this.choices.propose(this.askedBy(), wanted);
    await this.spending.refresh();
    const spent = `Committed to enclaves from this computer within the last 24 hours: ${this.spending.ofToday ?? "nothing"}`;
    return { ...proposal, lines: [...proposal.lines, spent] };
  }

  /** @param digest names what the person was shown */
  async use(folder: string, wanted: WantedEnclave, digest: Digest): Promise<void> {
    const by = this.askedBy();
    await this.choices.accept(await openWorkspaceFolder(folder), by, wanted, digest);
  }

  async useLocalModel(folder: string): Promise<void> {
    this.refuseUntrusted();
    await this.choices.forget(await openWorkspaceFolder(folder));
  }

  private askedBy(): AskedBy {
    return { registry: this.registry(), relay: this.settings.current.enclaveUse.address };
  }

  /** @throws EditorError in an untrusted workspace, and where the person has named nobody to ask */
  private registry(): EnclaveRegistry {
    this.refuseUntrusted();
    const registry = this.settings.enclaveRegistry;
    if (registry === null) {
      throw new EditorError(
        "chain.configuration",
        "Nobody is named to ask OpenGradient's registry of.",
        "Name RPC servers of its chain in the setting proofline.openGradient.rpcUrls.",
      );
    }
    return registry;
  }

  private refuseUntrusted(): void {
    if (!this.settings.current.trusted) {
      throw new EditorError(
        "chain.configuration",
        "The workspace is not trusted, so nothing of it is sent anywhere, and nothing is asked.",
        "Trust it with the command Workspaces: Manage Workspace Trust.",
      );
    }
  }
}
