import type { AnchorCheck, ChainConfiguration, ChainReader, ChainWriter } from "../../chain/chain";
import { chainConfiguration } from "../../chain/chainConfiguration";
import { openChain } from "../../chain/chainReader";
import { openWriter } from "../../chain/chainWriter";
import type { Bill } from "../../chain/payments/payment";
import type { Installation } from "../../workflows/installation";
import type { SettingsStore } from "../settingsStore";

/** Without a question for this long a connection is closed, so that an embedded chain can rest. */
const IDLE_MILLISECONDS = 60_000;

/**
 * The configured chain: opened with the first question, closed when nobody asks any more, and opened anew after the
 * settings changed. An untrusted workspace reaches no chain.
 */
export class ChainAccess {
  private reader: ChainReader | null = null;
  private idle: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: SettingsStore,
    private readonly installation: Installation,
    /** Shows a sentence in the output. */
    private readonly warn: (line: string) => void,
  ) {
    settings.onChange((now, before) => {
      if (JSON.stringify(now.chain) !== JSON.stringify(before.chain) || now.trusted !== before.trusted) {
        this.reset();
      }
    });
  }

  get configuration(): ChainConfiguration {
    const { home, current } = this.settings;
    return chainConfiguration(current.chain, { home, hostPath: this.installation.chainHost });
  }

  /** For reading; never makes an embedded chain. `null` in an untrusted workspace. */
  read(): ChainReader | null {
    if (!this.settings.current.trusted) {
      return null;
    }
    this.reader ??= openChain(this.configuration, { start: false, onRecovery: this.warn });
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.reset(), IDLE_MILLISECONDS);
    this.idle.unref();
    return this.reader;
  }

  /** For one round of anchoring; whoever asked closes it. */
  write(key: string | null, confirm: (bill: Bill) => Promise<boolean>): ChainWriter {
    return openWriter(this.configuration, { key, confirm, onRecovery: this.warn });
  }

  /** Closes the connection; the next question opens another. */
  reset(): void {
    const { reader } = this;
    this.reader = null;
    clearTimeout(this.idle);
    void reader?.close();
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
