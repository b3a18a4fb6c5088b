import { encodeFunctionData, type Hex, keccak256, parseAbi, toHex } from "viem";
import * as z from "zod";
import { sendTransaction } from "../../../server/src/chain/eas/deploy";
import type { Rpc } from "../../../server/src/chain/rpc/rpc";
import type { Address } from "../../../server/src/platform/primitives";
import type { Clock } from "./clock";
import { compiledContracts } from "./compiledContracts";
import { keccak, type StandInEnclave } from "./enclave";

/** The registry's and the relay's functions and events, as `contracts/` has them. */
export const REGISTRY_ABI = parseAbi([
  "function vouchFor(bytes32 documentHash, bytes32 pcrHash)",
  "function registerTEEWithAttestation(bytes attestationDocument, bytes signingPublicKey, bytes tlsCertificate, address paymentAddress, string endpoint, uint8 teeType) returns (bytes32 teeId)",
  "function enableTEE(bytes32 teeId)",
  "function disableTEE(bytes32 teeId)",
  "function heartbeat(bytes32 teeId)",
  "function approvePCR(uint8 teeType, bytes32 pcrHash, string version)",
  "function revokePCR(uint8 teeType, bytes32 pcrHash)",
  "function isPCRApproved(uint8 teeType, bytes32 pcrHash) view returns (bool)",
  "function isTEEEnabled(bytes32 teeId) view returns (bool)",
  "function isTEEActive(bytes32 teeId) view returns (bool)",
  "event TEERegistered(bytes32 indexed teeId, address indexed owner, uint8 teeType)",
  "event PCRApproved(bytes32 indexed pcrHash, uint8 indexed teeType, string version)",
  "event PCRRevoked(bytes32 indexed pcrHash, uint8 indexed teeType)",
  "error TEENotFound(bytes32 teeId)",
  "error AttestationRefused()",
]);
export const RELAY_ABI = parseAbi([
  "function settleBatch(bytes32 merkleRoot, uint256 batchSize, bytes walrusBlobId)",
  "function settleIndividual(bytes32 teeId, address ethAddress, bytes32 inputHash, bytes32 outputHash, uint256 timestamp, bytes walrusBlobId, bytes signature)",
  "event BatchSettlement(bytes32 indexed merkleRoot, uint256 batchSize, bytes walrusBlobId)",
  "event IndividualSettlement(bytes32 indexed teeId, address indexed ethAddress, bytes32 inputHash, bytes32 outputHash, uint256 timestamp, bytes walrusBlobId, bytes signature)",
]);

/** Relays to language models. */
const LLM_PROXY = 0;

export interface Registration {
  readonly enclave: StandInEnclave;
  /** What its registers measure; the document says so, too. */
  readonly measurements: readonly Buffer[];
  /** The attestation document. */
  readonly document: Buffer;
  readonly paymentAddress: Address;
  readonly endpoint: string;
}

/** The hash that the registry approves. */
export const codeHash = (measurements: readonly Buffer[]): Hex => toHex(keccak(...measurements));

/** Registry and settlement relay on a chain that mines each transaction by itself; each gets a block of its own, a second later. */
export class DeployedContracts {
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly rpc: Rpc,
    private readonly clock: Clock,
    readonly registry: Address,
    readonly relay: Address,
  ) {}

  /** @param fields how many an entry of the registry has */
  static async deploy(rpc: Rpc, clock: Clock, fields: 10 | 11): Promise<DeployedContracts> {
    const { TenFieldRegistry, ElevenFieldRegistry, SettlementRelay } = await compiledContracts();
    const addresses: Address[] = [];
    for (const { bytecode } of [fields === 10 ? TenFieldRegistry : ElevenFieldRegistry, SettlementRelay]) {
      const { contractAddress } = await mine(rpc, clock, { data: bytecode });
      if (contractAddress != null) {
        addresses.push(contractAddress);
      }
    }
    const [registry, relay] = addresses;
    if (registry === undefined || relay === undefined) {
      throw new Error("the contracts could not be deployed");
    }
    return new DeployedContracts(rpc, clock, registry, relay);
  }

  /** Registers an enclave, whose document is then in the transaction's calldata; resolves to its hash. */
  async register(registration: Registration): Promise<Hex> {
    const { enclave, measurements, document, paymentAddress, endpoint } = registration;
    const { signingKey, tlsCertificate } = enclave;
    const code = codeHash(measurements);
    await this.send(
      this.registry,
      encodeFunctionData({
        abi: REGISTRY_ABI,
        functionName: "vouchFor",
        args: [keccak256(toHex(document)), code],
      }),
    );
    const papers = [toHex(document), toHex(signingKey), toHex(tlsCertificate)] as const;
    return this.send(
      this.registry,
      encodeFunctionData({
        abi: REGISTRY_ABI,
        functionName: "registerTEEWithAttestation",
        args: [...papers, paymentAddress, endpoint, LLM_PROXY],
      }),
    );
  }

  enable({ name }: StandInEnclave): Promise<Hex> {
    return this.send(
      this.registry,
      encodeFunctionData({ abi: REGISTRY_ABI, functionName: "enableTEE", args: [name] }),
    );
  }

  disable({ name }: StandInEnclave): Promise<Hex> {
    return this.send(
      this.registry,
      encodeFunctionData({ abi: REGISTRY_ABI, functionName: "disableTEE", args: [name] }),
    );
  }

  heartbeat({ name }: StandInEnclave): Promise<Hex> {
    return this.send(
      this.registry,
      encodeFunctionData({ abi: REGISTRY_ABI, functionName: "heartbeat", args: [name] }),
    );
  }

  approve(measurements: readonly Buffer[], version = "1.0.0"): Promise<Hex> {
    return this.send(
      this.registry,
      encodeFunctionData({
        abi: REGISTRY_ABI,
        functionName: "approvePCR",
        args: [LLM_PROXY, codeHash(measurements), version],
      }),
    );
  }

  revoke(measurements: readonly Buffer[]): Promise<Hex> {
    return this.send(
      this.registry,
      encodeFunctionData({
        abi: REGISTRY_ABI,
        functionName: "revokePCR",
        args: [LLM_PROXY, codeHash(measurements)],
      }),
    );
  }

  /** Emits an event of the settlement relay; resolves to the transaction's hash. */
  settle(data: Hex): Promise<Hex> {
    return this.send(this.relay, data);
  }

  /** One after the other: each names the time of its block before it is sent. */
  private send(to: Address, data: Hex): Promise<Hex> {
    const sent = this.last.then(async () => {
      const { status, transactionHash } = await mine(this.rpc, this.clock, { to, data });
      if (status !== 1) {
        throw new Error(`the transaction ${transactionHash} was refused`);
      }
      return transactionHash;
    });
    this.last = sent.catch(() => {});
    return sent;
  }
}

/** Enough for each. A node would estimate it at another time than the block's, at which storage may cost less. */
const GAS = toHex(10_000_000);

async function mine(rpc: Rpc, clock: Clock, transaction: Parameters<typeof sendTransaction>[1]) {
  clock.pass(1);
  await rpc.call("evm_setNextBlockTimestamp", [clock.now()], z.unknown());
  return sendTransaction(rpc, { gas: GAS, ...transaction });
}
