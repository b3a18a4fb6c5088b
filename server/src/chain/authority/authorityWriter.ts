import { type Hex, toBytes } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type * as z from "zod";
import { sha256Digest } from "../../platform/digests";
import { ProoflineError } from "../../platform/errors";
import { Address, ChainHash, type Digest } from "../../platform/primitives";
import { accountOfKey } from "../../platform/walletKey";
import type { ChainConfiguration, ChainIdentity } from "../chain";
import { TimestampResult } from "../eas/eas";
import type { KnownChain } from "../knownChains";
import type { PaidWork, WorkWords } from "../payments/paidWork";
import { payFor } from "../payments/pay";
import type { Bill } from "../payments/payment";
import { Block, quantity, type Receipt } from "../rpc/blocks";
import { chainError } from "../rpc/chainError";
import { type Connection, connectRpc } from "../rpc/connection";
import type { ApprovalFile } from "./approvalFile";
import {
  type Attestation,
  type Attested,
  attestationOf,
  type SchemaKind,
  schemaOf,
  uidOf,
} from "./attestation";
import {
  AttestationResult,
  attestCall,
  denyCall,
  getAttestationCall,
  getDenialCall,
  getRegistryCall,
  getSchemaCall,
  RegistryResult,
  registerCall,
  SchemaResult,
} from "./easCalls";

type RpcConfiguration = Extract<ChainConfiguration, { kind: "rpc" }>;

export interface AuthorityWriterOptions {
  /** The authority's private key, `0x` and 64 hex digits, which also pays; `null` for reading alone. */
  readonly key: string | null;
  /** Shows a person what is to be paid, once for an account and a chain. */
  readonly confirm: (bill: Bill) => Promise<boolean>;
  /** What is known of chains beforehand, where it is not the built-in list. */
  readonly knownChains?: readonly KnownChain[];
}

/** So many alike attestations of one address in one block are told apart. */
const MAX_BUMP = 16;

/** What a schema or an attestation has in place of its UID where there is none. */
const NO_UID = `0x${"00".repeat(32)}`;

/** Says on a chain what a team's address approves and denies. */
export class AuthorityWriter {
  private constructor(
    private readonly connection: Connection,
    private readonly configuration: RpcConfiguration,
    private readonly account: PrivateKeyAccount | null,
    private readonly confirm: (bill: Bill) => Promise<boolean>,
  ) {}

  /** @throws ProoflineError `chain.configuration` where the key is none, and what connecting throws */
  static async open(
    configuration: RpcConfiguration,
    { key, confirm, knownChains }: AuthorityWriterOptions,
  ): Promise<AuthorityWriter> {
    const account = key === null ? null : accountOfKey(key);
    if (key !== null && account === null) {
      throw new ProoflineError(
        "chain.configuration",
        "The authority's key is not a private key.",
        "setTransactionKey",
      );
    }
    try {
      const connection = await connectRpc(configuration, knownChains);
      return new AuthorityWriter(connection, configuration, account, confirm);
    } catch (error) {
      throw chainError(error);
    }
  }

  get identity(): ChainIdentity {
    return this.connection.identity;
  }

  /** The address that speaks; `null` where there is no key. */
  get address(): Address | null {
    return this.account === null ? null : Address.parse(this.account.address.toLowerCase());
  }

  close(): void {
    this.connection.close();
  }

  /**
   * Attests something, after its schema was registered where nobody had done that; resolves to what a repository keeps of it.
   *
   * @param expirationTime seconds since 1970; 0 for never
   * @throws ProoflineError `chain.payment`, `chain.rejected` and the chain's others
   */
  attest(attested: Attested, expirationTime: number): Promise<ApprovalFile> {
    return this.asking(async () => {
      await this.register(schemaOf(attested));
      const receipts = await this.pay({
        to: this.identity.contract,
        data: attestCall(attested, expirationTime),
        isDone: () => Promise.resolve(false),
        words: wordsFor("approval", "attest it; nothing else is known of why"),
      });
      for (const { blockNumber } of receipts) {
        const found = await this.madeIn(blockNumber, attested, expirationTime);
        if (found !== null) {
          return found;
        }
      }
      throw new ProoflineError(
        "chain.rejected",
        `${this.identity.name} does not show what was just attested there.`,
        "tryAgain",
      );
    });
  }

  /** Denies something for ever. Resolves to when that was, in seconds since 1970; what was denied before stays as it was. */
  deny(denial: Digest): Promise<number> {
    return this.asking(async () => {
      await this.pay({
        to: this.identity.contract,
        data: denyCall(denial),
        isDone: async () => (await this.deniedAt(denial)) !== 0,
        words: wordsFor("revocation", "revoke it"),
      });
      return this.deniedAt(denial);
    });
  }

  /** What a chain holds of an attestation that somebody else sent, such as a wallet contract; `null` where there is none. */
  find(uid: ChainHash): Promise<ApprovalFile | null> {
    return this.asking(async () => {
      const said = await this.call(getAttestationCall(uid), AttestationResult);
      if (said.uid !== uid) {
        return null;
      }
      const attestation = {
        schema: ChainHash.parse(said.schema.toLowerCase()),
        recipient: Address.parse(said.recipient.toLowerCase()),
        attester: Address.parse(said.attester.toLowerCase()),
        time: Number(said.time),
        expirationTime: Number(said.expirationTime),
        revocable: said.revocable,
        refUID: ChainHash.parse(said.refUID.toLowerCase()),
        data: said.data,
      };
      for (let bump = 0; bump < MAX_BUMP; bump++) {
        if (uidOf({ ...attestation, bump }) === uid) {
          return this.fileOf({ ...attestation, bump });
        }
      }
      return null;
    });
  }

  private async madeIn(
    blockNumber: number,
    attested: Attested,
    expirationTime: number,
  ): Promise<ApprovalFile | null> {
    const { rpc } = this.connection;
    const { timestamp } = await rpc.call("eth_getBlockByNumber", [quantity(blockNumber), false], Block);
    const wanted = attestationOf(attested, {
      attester: this.speaker().address,
      time: timestamp,
      expirationTime,
    });
    let latest: ApprovalFile | null = null;
    for (let bump = 0; bump < MAX_BUMP; bump++) {
      const attestation = { ...wanted, bump };
      const uid = uidOf(attestation);
      if ((await this.call(getAttestationCall(uid), AttestationResult)).uid !== uid) {
        break;
      }
      latest = this.fileOf(attestation);
    }
    return latest;
  }

  private fileOf(attestation: Attestation): ApprovalFile {
    const { chainId, genesisHash, contract } = this.identity;
    return { format: "proofline/approval/v1", chainId, genesisHash, contract, attestation };
  }

  /** What registers the schema of an attestation; `null` where somebody has done that. */
  registration(kind: SchemaKind): Promise<{ readonly to: Address; readonly data: Hex } | null> {
    return this.asking(async () => {
      const to = await this.call(getRegistryCall(), RegistryResult);
      return (await this.isRegistered(to, kind)) ? null : { to, data: registerCall(kind) };
    });
  }

  private async register(kind: SchemaKind): Promise<void> {
    const registration = await this.registration(kind);
    if (registration !== null) {
      await this.pay({
        ...registration,
        isDone: () => this.isRegistered(registration.to, kind),
        words: wordsFor("schema", "register it"),
      });
    }
  }

  private async isRegistered(registry: Address, kind: SchemaKind): Promise<boolean> {
    const call = { to: registry, data: getSchemaCall(kind) };
    return (await this.connection.rpc.call("eth_call", [call, "latest"], SchemaResult)) !== NO_UID;
  }

  private async deniedAt(denial: Digest): Promise<number> {
    return this.call(getDenialCall(this.speaker().address, denial), TimestampResult);
  }

  private call<T>(data: Hex, schema: z.ZodType<T>): Promise<T> {
    return this.connection.rpc.call("eth_call", [{ to: this.identity.contract, data }, "latest"], schema);
  }

  private speaker(): { readonly account: PrivateKeyAccount; readonly address: Address } {
    const { account, address } = this;
    if (account === null || address === null) {
      throw new ProoflineError(
        "chain.configuration",
        "The authority speaks with its own key, and none is set.",
        "setTransactionKey",
      );
    }
    return { account, address };
  }

  private async pay({
    to,
    data,
    isDone,
    words,
  }: {
    readonly to: Address;
    readonly data: Hex;
    readonly isDone: () => Promise<boolean>;
    readonly words: WorkWords;
  }): Promise<readonly Receipt[]> {
    const work: PaidWork = {
      subjects: [sha256Digest(toBytes(data))],
      to,
      mostAtOnce: 1,
      words,
      missing: async (subjects) => (subjects.length === 0 || (await isDone()) ? [] : subjects),
      call: () => data,
    };
    const { receipts, problem } = await payFor({
      rpc: this.connection.rpc,
      identity: this.identity,
      account: this.speaker().account,
      home: this.configuration.home,
      work,
      confirm: this.confirm,
    });
    if (problem !== null) {
      throw problem;
    }
    return receipts;
  }

  private async asking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw chainError(error);
    }
  }
}

function wordsFor(what: string, refused: string): WorkWords {
  return {
    nothingDone: "The authority said nothing",
    subject: `the ${what}`,
    one: `one ${what}`,
    refused: `the contract there refuses to ${refused}`,
    counted: () => `one ${what}`,
  };
}
