import { decodeFunctionResult, encodeFunctionData, type Hex, parseAbi } from "viem";
import { Block, Bytes, Quantity, quantity } from "../chain/rpc/blocks";
import { chainError } from "../chain/rpc/chainError";
import { operatedServers } from "../chain/rpc/operators";
import { Rpc, RpcError } from "../chain/rpc/rpc";
import { blockAt } from "../chain/trust/questions";
import { agreed, common, reachedByAll, type Witness, Witnesses } from "../chain/trust/witnesses";
import { sha256Digest } from "../platform/digests";
import { ProoflineError } from "../platform/errors";
import { Address, type ChainHash } from "../platform/primitives";
import { AnswerFlaw } from "../providers/opengradient/answerFlaw";
import { decodeRegistryEntry } from "../providers/opengradient/registryEntry";
import type { RegistryState, RegistryTestimony } from "../providers/opengradient/registryTestimony";

/** Where OpenGradient keeps its registry: published in its repositories, and read from no chain by us. */
export const OPENGRADIENT_REGISTRY = {
  chainId: 10_740,
  address: Address.parse("0x703cb174aeadb35d611858369b4b1111dc9abda6"),
} as const;

export interface EnclaveRegistry {
  readonly chainId: number;
  readonly address: Address;
  /** Addresses, or `Operator=address`. */
  readonly rpcUrls: readonly string[];
}

const ABI = parseAbi([
  "function getTEE(bytes32 teeId) view",
  "function isPCRApproved(uint8 teeType, bytes32 pcrHash) view returns (bool)",
]);

/** What a node says of a call that ran and was refused by the contract; geth's code for it is 3. */
const REVERTED = /revert/i;
const REVERTED_CODE = 3;

/**
 * Asks the registry about an enclave, at the last block that is not later than an answer, and now. Each question goes to all
 * servers, which must not contradict each other. They have to remember the state of that block.
 *
 * @param timestamp when the enclave says that it signed, in seconds since 1970
 * @throws ProoflineError of the family `chain`
 */
export async function askRegistry(
  registry: EnclaveRegistry,
  enclave: ChainHash,
  timestamp: number,
): Promise<RegistryTestimony> {
  const servers = operatedServers(registry.rpcUrls).map(({ url, operator }) => ({
    operator,
    server: new Rpc(url),
  }));
  const questions = new Questions(new Witnesses(servers), registry);
  try {
    await questions.refuseOtherChain();
    const reached = await questions.reached();
    const block = await questions.lastBlockBy(timestamp, reached);
    const whenSigned = await questions.state(enclave, block);
    const now = await questions.state(enclave, reached.head);
    return { witnesses: questions.witnesses(), whenSigned, now };
  } catch (error) {
    throw chainError(error);
  } finally {
    for (const { server } of servers) {
      server.close();
    }
  }
}

/** How far the servers have got. */
interface Reached {
  readonly head: number;
  readonly blocks: ReadonlyMap<Witness, Block>;
}

class Questions {
  /** Who said each thing that the testimony rests on. */
  private readonly heard: ReadonlySet<string>[] = [];

  constructor(
    private readonly servers: Witnesses,
    private readonly registry: EnclaveRegistry,
  ) {}

  async refuseOtherChain(): Promise<void> {
    const { chainId } = this.registry;
    const { value, operators } = await this.servers.ask({
      method: "eth_chainId",
      params: [],
      schema: Quantity,
      about: "the chain",
      says: (id) => `that it is chain ${id}`,
    });
    this.heard.push(operators);
    if (value !== chainId) {
      throw new ProoflineError(
        "chain.wrong",
        `The servers serve chain ${value}, and the registry is on chain ${chainId}.`,
        "changeServer",
      );
    }
  }

  async reached(): Promise<Reached> {
    const told = await this.servers.each(({ server }) =>
      server.call("eth_getBlockByNumber", ["latest", false], Block),
    );
    const heights = told.map(({ witness: { operator }, answer }) => ({ operator, height: answer.number }));
    return {
      head: reachedByAll(heights) ?? 0,
      blocks: new Map(told.map(({ witness, answer }) => [witness, answer])),
    };
  }

  /** The last block that is not later than an instant: found by halving. */
  async lastBlockBy(timestamp: number, { head, blocks }: Reached): Promise<number> {
    let [low, high] = [0, head];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const { value, operators } = await this.servers.ask(blockAt(middle, blocks));
      this.heard.push(operators);
      if (value === null) {
        throw new ProoflineError("chain.unreachable", `No server shows block ${middle}.`, "changeServer");
      }
      [low, high] = value.timestamp <= timestamp ? [middle, high] : [low, middle - 1];
    }
    return low;
  }

  async state(enclave: ChainHash, block: number): Promise<RegistryState> {
    const entry = await this.call(
      encodeFunctionData({ abi: ABI, functionName: "getTEE", args: [enclave] }),
      block,
    );
    return { block, entry, isCodeApproved: entry !== null && (await this.isApproved(entry, block)) };
  }

  /** Those who said all of it. */
  witnesses(): string {
    const operators = [...common(this.heard)];
    return operators.length === 1 ? `${operators[0]}, and nobody else,` : operators.join(" and ");
  }

  private async isApproved(entry: Hex, block: number): Promise<boolean> {
    let code: { readonly type: number; readonly measurementHash: ChainHash };
    try {
      code = decodeRegistryEntry(entry);
    } catch (error) {
      if (error instanceof AnswerFlaw) {
        return false;
      }
      throw error;
    }
    const functionName = "isPCRApproved";
    const args = [code.type, code.measurementHash] as const;
    const data = await this.call(encodeFunctionData({ abi: ABI, functionName, args }), block);
    try {
      return data !== null && decodeFunctionResult({ abi: ABI, functionName, data });
    } catch {
      return false;
    }
  }

  /** What the registry returns at a block; `null` where it refuses. */
  private async call(data: Hex, block: number): Promise<Hex | null> {
    const params = [{ to: this.registry.address, data }, quantity(block)];
    const { testimonies, refused } = await this.servers.hear(async ({ server }) => {
      try {
        const answer = await server.call("eth_call", params, Bytes);
        // Before there was such a contract.
        return answer === "0x" ? null : lowerCase(answer);
      } catch (error) {
        if (error instanceof RpcError && (error.code === REVERTED_CODE || REVERTED.test(error.message))) {
          return null;
        }
        throw error;
      }
    });
    const { value, operators } = agreed<Hex | null>(
      {
        about: `the registry at block ${block}`,
        says: (answer) => (answer === null ? "that it refuses" : `that it answers ${sha256Digest(answer)}`),
      },
      testimonies,
      refused,
    );
    this.heard.push(operators);
    return value;
  }
}

function lowerCase(data: Hex): Hex {
  return `0x${data.slice(2).toLowerCase()}`;
}
