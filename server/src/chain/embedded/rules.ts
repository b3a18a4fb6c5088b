import { paramsBlock } from "@ethereumjs/block";
import { Common, Hardfork, Mainnet } from "@ethereumjs/common";
import { paramsEVM } from "@ethereumjs/evm";
import { paramsTx } from "@ethereumjs/tx";
import { paramsVM } from "@ethereumjs/vm";
import { EMBEDDED_CHAIN_ID } from "./chainId";

/**
 * The rules of the embedded chain, for ever: under another fork the same transactions would come to other blocks.
 * Cancun is the last one that asks for nothing that only a network's consensus has, and writes nothing into each block's
 * state by itself (EIP-2935).
 */
export class EmbeddedRules extends Common {
  constructor(chainId = EMBEDDED_CHAIN_ID) {
    super({ chain: { ...Mainnet, chainId, name: "local chain" }, hardfork: Hardfork.Cancun });
    for (const parameters of [paramsBlock, paramsTx, paramsEVM, paramsVM]) {
      super.updateParams(parameters);
    }
  }

  /**
   * Every header, transaction and machine merges its package's parameters once more, which took a fifth of the time of
   * an anchor. All of them are here already.
   */
  override updateParams(): void {}
}
