import {
  decodeFunctionData,
  decodeFunctionResult,
  encodeEventTopics,
  encodeFunctionData,
  type Hex,
  parseAbi,
  toBytes,
} from "viem";
import * as z from "zod";
import { Block, Bytes, Log, Quantity, quantity } from "../chain/rpc/blocks";
import { chainError } from "../chain/rpc/chainError";
import type { ChainServer } from "../chain/rpc/chainServer";
import { operatedServers } from "../chain/rpc/operators";
import { Rpc, RpcError } from "../chain/rpc/rpc";
import { blockAt } from "../chain/trust/questions";
import { agreed, common, reachedByAll, type Witness, Witnesses } from "../chain/trust/witnesses";
import { sha256Digest } from "../platform/digests";
import { ProoflineError } from "../platform/errors";
import type { Address, ChainHash } from "../platform/primitives";
import { AnswerFlaw } from "../providers/attestation/answerFlaw";
import { decodeRegistryEntry, type RegistryEntry } from "../providers/opengradient/registryEntry";
import type {
  Registration,
  RegistryState,
  RegistryTestimony,
} from "../providers/opengradient/registryTestimony";
import {
  SETTLED_WITHIN_SECONDS,
  type SettlementTestimony,
} from "../providers/opengradient/settlementTestimony";
import type { SoughtSettlement } from "../providers/opengradient/soughtSettlement";
import { settlementBlock } from "./settlementEvents";

export interface EnclaveRegistry {
  readonly chainId: number;
  readonly address: Address;
  /** Addresses, or `Operator=address`. */
  readonly rpcUrls: readonly string[];
  /** The contract that tells of settlements, on the same chain; nobody is asked for these without one. */
  readonly relay?: Address | null;
}

const ABI = parseAbi([
  "function getTEE(bytes32 teeId) view",
  "function isPCRApproved(uint8 teeType, bytes32 pcrHash) view returns (bool)",
  "function registerTEEWithAttestation(bytes attestationDocument, bytes signingPublicKey, bytes tlsCertificate, address paymentAddress, string endpoint, uint8 teeType)",
  "event TEERegistered(bytes32 indexed teeId, address indexed owner, uint8 teeType)",
]);

const [REGISTERED] = encodeEventTopics({ abi: ABI, eventName: "TEERegistered" });

/** Registrations of one enclave in one block that are looked at: an honest server shows one. */
const MOST_REGISTRATIONS = 4;

/** What a node says of a call that ran and was refused by the contract; geth's code for it is 3. */
const REVERTED = /revert/i;
const REVERTED_CODE = 3;

/**
 * Asks the registry about one enclave.
 *
 * @param timestamp when the enclave says that it signed, in seconds since 1970
 * @throws ProoflineError of the family `chain`
 */
export async function askRegistry(
  registry: EnclaveRegistry,
  enclave: ChainHash,
  timestamp: number,
): Promise<RegistryTestimony> {
  const reader = new RegistryReader(registry);
  try {
    return await reader.testimonyOf(enclave, timestamp);
  } finally {
    reader.close();
  }
}

/** How far the servers have got. */
interface Reached {
  readonly head: number;
  readonly blocks: ReadonlyMap<Witness, Block>;
}

/** What was answered, and who said so. */
interface Said<T> {
  readonly value: T;
  readonly operators: ReadonlySet<string>;
}

/**
 * Asks the registry about enclaves, each at the last block that is not later than its answer, and at the block that was the newest when
 * the reader was made. Each question goes to all servers, which must not contradict each other, and is asked once. They have to
 * remember the state of that block.
 */
export class RegistryReader {
  private readonly connections: readonly { readonly operator: string; readonly server: Rpc }[];
  private readonly servers: Witnesses;
  private reachedBy: Promise<Reached> | null = null;
  private chainSaid: Promise<ReadonlySet<string>> | null = null;
  private readonly times = new Map<number, Promise<Said<number>>>();
  private readonly states = new Map<string, Promise<Said<RegistryState>>>();
  private readonly registrations = new Map<ChainHash, Promise<Registration | null>>();

  constructor(private readonly registry: EnclaveRegistry) {
    this.connections = operatedServers(registry.rpcUrls).map(({ url, operator }) => ({
      operator,
      server: new Rpc(url),
    }));
    this.servers = new Witnesses(this.connections);
  }

  /**
   * @param timestamp when the enclave says that it signed, in seconds since 1970
   * @throws ProoflineError of the family `chain`
   */
  async testimonyOf(enclave: ChainHash, timestamp: number): Promise<RegistryTestimony> {
    try {
      const { chainSaid, reached } = await this.begin();
      const heard = [chainSaid];
      const block = await this.lastBlockBy(timestamp, reached, heard);
      const whenSigned = await this.stateOf(enclave, block);
      const now = await this.stateOf(enclave, reached.head);
      return {
        witnesses: named(common([...heard, whenSigned.operators, now.operators])),
        whenSigned: whenSigned.value,
        now: now.value,
        registration: await this.registrationOf(enclave, whenSigned.value.entry, reached),
      };
    } catch (error) {
      throw registryError(error);
    }
  }

  /**
   * What it says of an enclave at the newest block.
   *
   * @throws ProoflineError of the family `chain`
   */
  async newestStateOf(enclave: ChainHash): Promise<RegistryState> {
    try {
      const { reached } = await this.begin();
      return (await this.stateOf(enclave, reached.head)).value;
    } catch (error) {
      throw registryError(error);
    }
  }

  /**
   * The names under which enclaves were ever registered, as far as any server shows it, the newest first. What became of them
   * since is another question.
   *
   * @throws ProoflineError of the family `chain`: many servers refuse to look through all blocks
   */
  async registered(): Promise<readonly ChainHash[]> {
    try {
      const { reached } = await this.begin();
      const filter = {
        address: this.registry.address,
        fromBlock: quantity(0),
        toBlock: quantity(reached.head),
        topics: [REGISTERED],
      };
      const shown = await this.servers.each(({ server }) =>
        server.call("eth_getLogs", [filter], z.array(Log)),
      );
      const names = shown.flatMap(({ answer }) => answer.flatMap(({ topics }) => topics[1] ?? []));
      return [...new Set(names.reverse())];
    } catch (error) {
      throw registryError(error);
    }
  }

  /**
   * What the chain says of a settlement; `null` where no relay is named.
   *
   * @param timestamp when the enclave says that it signed, in seconds since 1970
   * @throws ProoflineError of the family `chain`
   */
  async settlementOf(sought: SoughtSettlement, timestamp: number): Promise<SettlementTestimony | null> {
    const { relay = null } = this.registry;
    if (relay === null) {
      return null;
    }
    try {
      const { chainSaid, reached } = await this.begin();
      const heard = [chainSaid];
      const from = await this.lastBlockBy(timestamp, reached, heard);
      const to = await this.lastBlockBy(timestamp + SETTLED_WITHIN_SECONDS, reached, heard);
      const shown = await this.servers.each(({ server }) =>
        settlementBlock(server, relay, sought, { from, to }),
      );
      const [first] = shown;
      if (first === undefined || shown.some(({ answer }) => answer !== first.answer)) {
        return { kind: "disputed" };
      }
      const witnesses = named(common([...heard, new Set(shown.map(({ witness }) => witness.operator))]));
      if (first.answer !== null) {
        return { kind: "found", block: first.answer, witnesses };
      }
      const { value: now } = await this.timeOf(reached.head, reached);
      return { kind: now > timestamp + SETTLED_WITHIN_SECONDS ? "notFound" : "pending", witnesses };
    } catch (error) {
      throw registryError(error);
    }
  }

  close(): void {
    for (const { server } of this.connections) {
      server.close();
    }
  }

  /** Whom all questions go to, and up to which block. */
  private async begin(): Promise<{ readonly chainSaid: ReadonlySet<string>; readonly reached: Reached }> {
    this.chainSaid ??= this.refuseOtherChain();
    const chainSaid = await this.chainSaid;
    this.reachedBy ??= this.reached();
    return { chainSaid, reached: await this.reachedBy };
  }

  private async refuseOtherChain(): Promise<ReadonlySet<string>> {
    const { chainId } = this.registry;
    const { value, operators } = await this.servers.ask({
      method: "eth_chainId",
      params: [],
      schema: Quantity,
      about: "the chain",
      says: (id) => `that it is chain ${id}`,
    });
    if (value !== chainId) {
      throw new ProoflineError(
        "chain.wrong",
        `The servers serve chain ${value}, and the registry is on chain ${chainId}.`,
        "changeServer",
      );
    }
    return operators;
  }

  private async reached(): Promise<Reached> {
    const told = await this.servers.each(({ server }) =>
      server.call("eth_getBlockByNumber", ["latest", false], Block),
    );
    const heights = told.map(({ witness: { operator }, answer }) => ({ operator, height: answer.number }));
    return {
      head: reachedByAll(heights) ?? 0,
      blocks: new Map(told.map(({ witness, answer }) => [witness, answer])),
    };
  }

  /**
   * The last block that is not later than an instant. Blocks come at a nearly even pace, so that it is guessed where it lies, and halved
   * where guesses do not come closer.
   *
   * @param heard gets who said so
   */
  private async lastBlockBy(
    timestamp: number,
    reached: Reached,
    heard: ReadonlySet<string>[],
  ): Promise<number> {
    const timeOf = async (number: number): Promise<number> => {
      const { value, operators } = await this.timeOf(number, reached);
      heard.push(operators);
      return value;
    };
    let [low, high] = [0, reached.head];
    let [lowTime, highTime] = [await timeOf(low), await timeOf(high)];
    if (timestamp >= highTime) {
      return high;
    }
    // From here on the block that is sought lies from `low` to before `high`.
    for (let guesses = true; high - low > 1 && timestamp > lowTime; guesses = !guesses) {
      const share = guesses ? (timestamp - lowTime) / (highTime - lowTime) : 0.5;
      const middle = Math.min(high - 1, Math.max(low + 1, low + Math.round(share * (high - low))));
      const time = await timeOf(middle);
      if (time <= timestamp) {
        [low, lowTime] = [middle, time];
      } else {
        [high, highTime] = [middle, time];
      }
    }
    return low;
  }

  private timeOf(number: number, { blocks }: Reached): Promise<Said<number>> {
    const known = this.times.get(number) ?? this.askTime(number, blocks);
    this.times.set(number, known);
    return known;
  }

  private async askTime(number: number, blocks: Reached["blocks"]): Promise<Said<number>> {
    const { value, operators } = await this.servers.ask(blockAt(number, blocks));
    if (value === null) {
      throw new ProoflineError("chain.unreachable", `No server shows block ${number}.`, "changeServer");
    }
    return { value: value.timestamp, operators };
  }

  private stateOf(enclave: ChainHash, block: number): Promise<Said<RegistryState>> {
    const key = `${enclave} ${block}`;
    const known = this.states.get(key) ?? this.askState(enclave, block);
    this.states.set(key, known);
    return known;
  }

  private async askState(enclave: ChainHash, block: number): Promise<Said<RegistryState>> {
    const entry = await this.call(
      encodeFunctionData({ abi: ABI, functionName: "getTEE", args: [enclave] }),
      block,
    );
    const code = entry.value === null ? null : entryIn(entry.value);
    if (code === null) {
      return { value: { block, entry: entry.value, isCodeApproved: false }, operators: entry.operators };
    }
    const approval = await this.isApproved(code, block);
    return {
      value: { block, entry: entry.value, isCodeApproved: approval.value },
      operators: common([entry.operators, approval.operators]),
    };
  }

  private async isApproved({ type, measurementHash }: EnclaveCode, block: number): Promise<Said<boolean>> {
    const functionName = "isPCRApproved";
    const answer = await this.call(
      encodeFunctionData({ abi: ABI, functionName, args: [type, measurementHash] }),
      block,
    );
    try {
      const value =
        answer.value !== null && decodeFunctionResult({ abi: ABI, functionName, data: answer.value });
      return { ...answer, value };
    } catch {
      return { ...answer, value: false };
    }
  }

  /** What the registry returns at a block; `null` where it refuses. */
  private async call(data: Hex, block: number): Promise<Said<Hex | null>> {
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
    return agreed<Hex | null>(
      {
        about: `the registry at block ${block}`,
        says: (answer) => (answer === null ? "that it refuses" : `that it answers ${sha256Digest(answer)}`),
      },
      testimonies,
      refused,
    );
  }

  /** How an enclave came into the registry. */
  private registrationOf(
    enclave: ChainHash,
    entry: Hex | null,
    reached: Reached,
  ): Promise<Registration | null> {
    const known = this.registrations.get(enclave) ?? this.findRegistration(enclave, entry, reached);
    this.registrations.set(enclave, known);
    return known;
  }

  private async findRegistration(
    enclave: ChainHash,
    entry: Hex | null,
    reached: Reached,
  ): Promise<Registration | null> {
    const decoded = entry === null ? null : entryIn(entry);
    if (decoded === null) {
      return null;
    }
    const block = await this.lastBlockBy(decoded.registeredAt, reached, []);
    const { value: at } = await this.timeOf(block, reached);
    const shown = await this.servers
      .each(({ server }) => documentIn(server, this.registry, enclave, block))
      .catch(() => []);
    const [document = null] = shown.map(({ answer }) => answer);
    // Where one shows another document than the others, or none, nobody can tell which it was.
    const isAgreed = document !== null && shown.every(({ answer }) => answer?.equals(document) === true);
    return isAgreed && at === decoded.registeredAt ? { document, at } : null;
  }
}

/** The code of an enclave, as its entry names it. */
type EnclaveCode = Pick<RegistryEntry, "type" | "measurementHash">;

function entryIn(entry: Hex): RegistryEntry | null {
  try {
    return decodeRegistryEntry(entry);
  } catch (error) {
    if (error instanceof AnswerFlaw) {
      return null;
    }
    throw error;
  }
}

/** The attestation document with which an enclave was registered in a block, as one server shows it; `null` where it shows none. */
async function documentIn(
  server: ChainServer,
  { address }: EnclaveRegistry,
  enclave: ChainHash,
  block: number,
): Promise<Buffer | null> {
  const filter = {
    address,
    fromBlock: quantity(block),
    toBlock: quantity(block),
    topics: [REGISTERED, enclave],
  };
  const logs = await server.call("eth_getLogs", [filter], z.array(Log));
  for (const { transactionHash } of logs.slice(0, MOST_REGISTRATIONS)) {
    const sent = await server.call(
      "eth_getTransactionByHash",
      [transactionHash],
      z.nullable(SentTransaction),
    );
    const document = sent === null ? null : documentHandedIn(sent.input);
    if (document !== null) {
      return document;
    }
  }
  return null;
}

const SentTransaction = z.object({ input: Bytes });

function documentHandedIn(data: Hex): Buffer | null {
  try {
    const { functionName, args } = decodeFunctionData({ abi: ABI, data });
    return functionName === "registerTEEWithAttestation" ? Buffer.from(toBytes(args[0])) : null;
  } catch {
    // Sent through another contract, say.
    return null;
  }
}

/** Anything that went wrong on the way to the registry, as an error that a person can act on. */
function registryError(error: unknown): ProoflineError {
  const { code, reason } = chainError(error);
  return new ProoflineError(code, reason, "checkRegistryServers", { cause: error });
}

/**
 * Those who said something, within a sentence.
 *
 * @throws ProoflineError `chain.unreachable` where nobody said all of it: each part may be a lie of somebody else's then
 */
function named(operators: ReadonlySet<string>): string {
  const names = [...operators];
  if (names.length === 0) {
    throw new ProoflineError(
      "chain.unreachable",
      "No operator's servers answer all that is asked.",
      "changeServer",
    );
  }
  return names.length === 1 ? `${names[0]} and nobody else` : names.join(" and ");
}

function lowerCase(data: Hex): Hex {
  return `0x${data.slice(2).toLowerCase()}`;
}
