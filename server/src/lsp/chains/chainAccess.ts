import type { AnchorCheck, ChainConfiguration, ChainReader, ChainWriter } from "../../chain/chain";
import { chainConfiguration } from "../../chain/chainConfiguration";
import { openChain } from "../../chain/chainReader";
import { openWriter } from "../../chain/chainWriter";
import type { Bill } from "../../chain/payments/payment";
import type { ProofChecker } from "../../chain/trust/proofChecker";
import type { WordReader } from "../../chain/wordReader";
import type { Repository } from "../../evidence/repository/repository";
import type { ChainSettings } from "../../protocol/settings";
import type { Installation } from "../../workflows/installation";
import type { RepositoryChains } from "../../workflows/repositoryChains";
import { Listeners } from "../listeners";
import type { SettingsStore } from "../settingsStore";

/** Without a question for this long a connection is closed, so that an embedded chain can rest. */
const IDLE_MILLISECONDS = 60_000;

/** The chain that counts in one repository, for reading. */
export interface RepositoryReading {
  /** Names that chain with all of its settings: equal for equal ones. */
  readonly key: string;
  /** `null` in an untrusted workspace. */
  readonly reader: (ChainReader & WordReader) | null;
}

interface OpenReader {
  readonly reader: ChainReader & WordReader;
  idle: NodeJS.Timeout | undefined;
}

/**
 * The chains that count in repositories, each opened with the first question, closed when nobody asks any more, and opened
 * anew after the settings changed. An untrusted workspace reaches no chain.
 */
export class ChainAccess {
  private readonly readers = new Map<string, OpenReader>();
  private readonly listeners: Listeners<void>;

  constructor(
    private readonly settings: SettingsStore,
    private readonly chains: RepositoryChains,
    private readonly installation: Installation,
    private readonly proofs: ProofChecker,
    /** Shows a sentence in the output. */
    private readonly warn: (line: string) => void,
  ) {
    this.listeners = new Listeners(warn);
    settings.onChange((now, before) => {
      if (JSON.stringify(now.chain) !== JSON.stringify(before.chain) || now.trusted !== before.trusted) {
        this.reset();
      }
    });
  }

  /** Tells listeners when a server is heard later than others, so that it is time to ask again. */
  onHeard(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** The chain that counts in a repository now. In an untrusted workspace nothing that it proposes does. */
  async of(repository: Repository): Promise<ChainSettings> {
    const { chain, trusted } = this.settings.current;
    return trusted ? (await this.chains.of(repository, chain)).counts : chain;
  }

  /** For reading; never makes an embedded chain. */
  async read(repository: Repository): Promise<RepositoryReading> {
    const chain = await this.of(repository);
    const { trusted } = this.settings.current;
    const key = JSON.stringify({ trusted, chain });
    return { key, reader: trusted ? this.readerOf(key, chain) : null };
  }

  /** For one round of anchoring; whoever asked closes it. */
  write(chain: ChainSettings, key: string | null, confirm: (bill: Bill) => Promise<boolean>): ChainWriter {
    return openWriter(this.configurationOf(chain), { key, confirm, onRecovery: this.warn });
  }

  /** Closes the connections; the next question opens another. */
  reset(): void {
    for (const key of this.readers.keys()) {
      this.close(key);
    }
  }

  private readerOf(key: string, chain: ChainSettings): ChainReader & WordReader {
    const open: OpenReader = this.readers.get(key) ?? {
      reader: openChain(this.configurationOf(chain), {
        start: false,
        onRecovery: this.warn,
        onHeard: () => void this.listeners.tell(),
        proofs: this.proofs,
      }),
      idle: undefined,
    };
    this.readers.set(key, open);
    clearTimeout(open.idle);
    open.idle = setTimeout(() => this.close(key), IDLE_MILLISECONDS);
    open.idle.unref();
    return open.reader;
  }

  private close(key: string): void {
    const open = this.readers.get(key);
    this.readers.delete(key);
    clearTimeout(open?.idle);
    void open?.reader.close();
  }

  private configurationOf(chain: ChainSettings): ChainConfiguration {
    return chainConfiguration(chain, {
      home: this.settings.home,
      hostPath: this.installation.chainHost,
    });
  }
}

/** What can be said about a root while no chain may be asked. */
export const UNTRUSTED: AnchorCheck = {
  status: "unreachable",
  trust: "singleRpc",
  identity: null,
  anchor: null,
  reason: "The workspace is not trusted, so no chain is asked.",
};
