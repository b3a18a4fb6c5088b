import { ProoflineError } from "../../platform/errors";
import { chainName } from "../knownChains";
import { type Connection, connected } from "../rpc/connection";
import { DirectRpc } from "./directRpc";
import { type EmbeddedConfiguration, type HostOptions, type HostSession, openHost } from "./host";
import { recoverySentence } from "./recovery";

export type EmbeddedOptions = HostOptions;

/** There is no embedded chain, and reading does not make one. */
export class NoLocalChainError extends ProoflineError {
  constructor() {
    super("chain.unreachable", "There is no local chain on this machine yet.", "anchorFirst");
  }
}

export interface EmbeddedConnection extends Connection {
  readonly host: HostSession;
}

/**
 * Connects to the embedded chain, which is started where it does not run.
 *
 * @throws NoLocalChainError where there is none and `create` does not allow to make one; ProoflineError `chain.host`.
 */
export async function connectEmbedded(
  configuration: EmbeddedConfiguration,
  { create, ...options }: EmbeddedOptions & { readonly create: boolean },
): Promise<EmbeddedConnection> {
  const host = await openHost(configuration, create ? "create" : "existing", options);
  if (host === null) {
    throw new NoLocalChainError();
  }
  const { chainId, genesisHash, contract, recovery } = host.status;
  if (recovery !== null && options.onRecovery !== undefined) {
    options.onRecovery(recoverySentence(recovery));
    // Where the host is gone it is told once more.
    await host.recoveryTold().catch(() => {});
  }
  const identity = { chainId, genesisHash, contract, local: true, name: chainName(chainId, true) };
  const life = {
    get closed() {
      return host.closed;
    },
    // All that the host shows is durable; what may not be is the host.
    settle: () => host.ping(),
    close: () => host.close(),
  };
  return Object.assign(connected(new DirectRpc(host.request), identity, life), { host });
}
