import { setTimeout as delay } from "node:timers/promises";
import { type Hex, toBytes } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import type * as z from "zod";
import { sha256Digest } from "../../platform/digests";
import { ProoflineError } from "../../platform/errors";
import { Address, ChainHash, type Digest } from "../../platform/primitives";
import { accountOfKey } from "../../platform/walletKey";
import type { ChainConfiguration, ChainIdentity } from "../chain";
import type { KnownChain } from "../knownChains";
import type { PaidWork, WorkWords } from "../payments/paidWork";
import { payFor } from "../payments/pay";
import type { Bill } from "../payments/payment";
import { Block, quantity, type Receipt } from "../rpc/blocks";
import { chainError } from "../rpc/chainError";
import { type Connection, connectRpc } from "../rpc/connection";
import { PATIENCE_MILLISECONDS, PAUSE_MILLISECONDS } from "../trust/confirmAnchor";
import { storedWords, type WordQuestion } from "../trust/storedWords";
import type { ApprovalFile } from "./approvalFile";
import {
  type Attestation,
  type Attested,
  attestationOf,
  type SchemaKind,
  schemaOf,
  uidOf,
} from "./attestation";
import { attestationWord, denialWord, timesIn } from "./authorityWords";
import {
  AttestationResult,
  attestCall,
  denyCall,
  getAttestationCall,
  getRegistryCall,
  getSchemaCall,
  RegistryResult,
  registerCall,
  SchemaResult,
  withdrawCall,
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
          await this.confirmed(attestationWord(uidOf(found.attestation)));
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
      const question = denialWord(this.speaker().address, denial);
      await this.pay({
        to: this.identity.contract,
        data: denyCall(denial),
        isDone: async () => (await this.saidByAll(question)) !== 0n,
        words: wordsFor("revocation", "revoke it"),
      });
      return Number(await this.confirmed(question));
    });
  }

  /** Takes back in EAS what was attested. Whether it was already says nothing: it is then as wanted. */
  async withdraw({ attestation }: ApprovalFile): Promise<void> {
    await this.asking(async () => {
      const question = attestationWord(uidOf(attestation));
      const isWithdrawn = (word: bigint): boolean => timesIn(word).revocationTime !== 0;
      await this.pay({
        to: this.identity.contract,
        data: withdrawCall(attestation),
        isDone: async () => isWithdrawn(await this.saidByAll(question)),
        words: wordsFor("withdrawal", "take it back"),
      });
      await this.confirmed(question, isWithdrawn);
    });
  }

  /** Whether all servers say that an attestation was made and not taken back. */
  stands({ attestation }: ApprovalFile): Promise<boolean> {
    return this.asking(async () => {
      const { time, revocationTime } = timesIn(await this.saidByAll(attestationWord(uidOf(attestation))));
      return time !== 0 && revocationTime === 0;
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

  private async saidByAll(question: WordQuestion): Promise<bigint> {
    const { words } = await storedWords(this.connection, [question]);
    return words.get(question.key) ?? 0n;
  }

  /**
   * What all servers say once they have heard of it: one alone could say anything.
   *
   * @throws ProoflineError `chain.rejected` where they do not say it in time
   */
  private async confirmed(
    question: WordQuestion,
    isSaid: (word: bigint) => boolean = (word) => word !== 0n,
  ): Promise<bigint> {
    const deadline = performance.now() + PATIENCE_MILLISECONDS;
    for (;;) {
      const word = await this.saidByAll(question).catch((error: unknown) => {
        if (performance.now() > deadline) {
          throw error;
        }
        return null;
      });
      if (word !== null && isSaid(word)) {
        return word;
      }
      if (performance.now() > deadline) {
        throw new ProoflineError(
          "chain.rejected",
          `Not all servers of ${this.identity.name} show what was sent, so that it is not certain that it was taken.`,
          "tryAgain",
        );
      }
      await delay(PAUSE_MILLISECONDS);
    }
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
