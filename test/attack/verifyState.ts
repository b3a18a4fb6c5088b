/** Lets the product read and verify a repository that lies in memory, with a chain that tells what is true of it. */
import { join } from "node:path";
import type * as z from "zod";
import type { AnchorCheck, ChainIdentity, ChainReader } from "../../server/src/chain/chain";
import { TIMESTAMPED_TOPIC } from "../../server/src/chain/eas/eas";
import type { Connection } from "../../server/src/chain/rpc/connection";
import { Rpc, RpcFailure } from "../../server/src/chain/rpc/rpc";
import { checkRoot } from "../../server/src/chain/trust/checkRoot";
import { CHECKED_HERE } from "../../server/src/chain/trust/proofChecker";
import { Witnesses } from "../../server/src/chain/trust/witnesses";
import { normalizeText } from "../../server/src/evidence/format/commitment";
import { readEvidence } from "../../server/src/evidence/format/readEvidence";
import { Grammars } from "../../server/src/evidence/locate/grammars";
import type { RepositoryFileContent } from "../../server/src/evidence/repository/guardedFolder";
import type { RepositoryFiles } from "../../server/src/evidence/repository/repository";
import type { RepositoryIds } from "../../server/src/evidence/repository/repositoryIds";
import { BoundedMap } from "../../server/src/platform/boundedMap";
import { Digest } from "../../server/src/platform/primitives";
import { builtInPolicy, WITHOUT_KEY } from "../../server/src/policy/policy";
import type { Report } from "../../server/src/policy/report";
import type { ReplayOutcome } from "../../server/src/policy/verifyParameters";
import { GrammarQuestions } from "../../server/src/workflows/grammarQuestions";
import { RepositoryReader } from "../../server/src/workflows/readRepository";
import { verifyRepository } from "../../server/src/workflows/verify";
import { PIN, TIME } from "../conformance/samples";
import { addressOf, digestNamed } from "../support/evidenceMaker";
import { blockHash, blockOf, type State } from "./state";

const FOLDER = "/repository";
const DEVICES = ["author", "colleague"].map(addressOf);

const policy = builtInPolicy({
  device: WITHOUT_KEY,
  pins: [
    {
      name: PIN.name,
      manifestDigest: Digest.parse(PIN.manifestDigest),
      omsRoot: Digest.parse(PIN.omsRoot),
    },
  ],
});

/** Tests and scripts run at the repository's top. */
const grammars = new Grammars(join(process.cwd(), "node_modules/@vscode/tree-sitter-wasm/wasm"));

/** Texts that were read and compared: what the work of one verification is counted in. */
export interface Work {
  texts: number;
  comparisons: number;
}

/** Remembers what it has read from one repository to the next. */
export class Verifier {
  private readonly reader = new RepositoryReader({ read: (bytes) => Promise.resolve(readEvidence(bytes)) });

  /** Of most sources nothing is changed, and a grammar answers the same each time. */
  private readonly readings = new BoundedMap<string, ReturnType<Grammars["linesOf"]>>(64);

  private linesOf(...question: Parameters<Grammars["linesOf"]>): ReturnType<Grammars["linesOf"]> {
    const key = JSON.stringify(question);
    const known = this.readings.get(key) ?? grammars.linesOf(...question);
    this.readings.set(key, known);
    return known;
  }

  /** @param claimsAtOnce about how many claims are looked at together */
  async verify(
    state: State,
    claimsAtOnce?: number,
  ): Promise<{ readonly report: Report; readonly work: Work }> {
    const work: Work = { texts: 0, comparisons: 0 };
    const repository = new MemoryRepository(state, work);
    const contents = await this.reader.read(repository);
    const exact: ReplayOutcome = {
      value: "exact",
      tokens: 3,
      exact: 3,
      margin: 0,
      tolerance: { margin: 0, notFirst: 0 },
    };
    const report = await verifyRepository({
      repository,
      contents,
      journal: [],
      device: DEVICES[0] ?? "",
      policy: { ...policy, devices: new Set(DEVICES) },
      chain: new TrueChain(state),
      grammars: new GrammarQuestions({
        sameTokens: (path, before, after) => {
          work.comparisons += 1;
          return grammars.sameTokens(path, before, after);
        },
        linesOf: (...question) => this.linesOf(...question),
      }),
      base: null,
      ...(claimsAtOnce !== undefined && { claimsAtOnce }),
      replays: new Map(
        [...state.truths.values()]
          .flat()
          .flatMap(({ leaf, isReplayed }) => (isReplayed ? [[leaf, exact] as const] : [])),
      ),
    });
    return { report, work };
  }
}

class MemoryRepository implements RepositoryFiles {
  readonly folder = FOLDER;

  constructor(
    private readonly state: State,
    private readonly work: Work,
  ) {}

  ids(): Promise<RepositoryIds> {
    return Promise.resolve({ ids: this.state.repositoryIds, damaged: [] });
  }

  async *evidenceFiles(): AsyncIterable<RepositoryFileContent> {
    yield* listed("evidence", this.state.evidence);
  }

  async *approvalFiles(): AsyncIterable<RepositoryFileContent> {}

  async *resultFiles(): AsyncIterable<RepositoryFileContent> {}

  async *anchorFiles(): AsyncIterable<RepositoryFileContent> {
    yield* listed("anchors", this.state.anchors);
  }

  files(): Promise<readonly string[]> {
    return Promise.resolve([...this.state.sources.keys()]);
  }

  hasFile(path: string): Promise<boolean> {
    return Promise.resolve(this.state.sources.has(path));
  }

  obstacleTo(): Promise<string | null> {
    return Promise.resolve(null);
  }

  readText(path: string): Promise<string | null> {
    this.work.texts += 1;
    const text = this.state.sources.get(path);
    return Promise.resolve(text === undefined ? null : normalizeText(text));
  }

  async readTexts(paths: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    for (const path of new Set(paths)) {
      const text = await this.readText(path);
      if (text !== null) {
        texts.set(path, text);
      }
    }
    return texts;
  }

  readQuotables(paths: Iterable<string>): Promise<ReadonlyMap<string, string>> {
    return this.readTexts(paths);
  }
}

function listed(
  folder: string,
  files: ReadonlyMap<string, string | Uint8Array>,
): readonly RepositoryFileContent[] {
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => ({
      path: `.proofline/${folder}/${name}`,
      kind: "read",
      bytes: typeof content === "string" ? Buffer.from(content, "utf8") : content,
    }));
}

const IDENTITY: ChainIdentity = {
  chainId: 8453,
  genesisHash: `0x${digestNamed("genesis")}`,
  contract: "0x4200000000000000000000000000000000000021",
  local: false,
  name: "Base",
};

/** A chain that holds the state's timestamps, asked with the product's own checks. */
class TrueChain implements ChainReader {
  private readonly connection: Connection;

  constructor(state: State) {
    const rpc = new TrueRpc(state);
    const head = {
      number: 2000,
      hash: blockHash(TIME + 1000),
      timestamp: TIME + 1000,
      finalized: 2000,
      operators: new Set([rpc.host]),
      reached: new Map(),
    };
    this.connection = {
      rpc,
      witnesses: new Witnesses([{ operator: rpc.host, server: rpc }]),
      genesisTime: 0,
      facts: null,
      meet: () => {},
      identity: IDENTITY,
      head: () => Promise.resolve(head),
      freshHead: () => Promise.resolve(head),
      closed: false,
      isLost: () => Promise.resolve(false),
      close: () => {},
    };
  }

  identity(): Promise<ChainIdentity> {
    return Promise.resolve(IDENTITY);
  }

  async check(...question: Parameters<ChainReader["check"]>): Promise<AnchorCheck> {
    try {
      return await checkRoot(this.connection, ...question, CHECKED_HERE);
    } catch (error) {
      if (error instanceof RpcFailure) {
        return {
          status: "unreachable",
          trust: "singleRpc",
          identity: IDENTITY,
          anchor: null,
          reason: error.message,
        };
      }
      throw error;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A server that answers what is true. */
class TrueRpc extends Rpc {
  constructor(private readonly state: State) {
    super("http://chain.example");
  }

  override call<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const parsed = schema.safeParse(this.answer(method, params));
    return parsed.success
      ? Promise.resolve(parsed.data)
      : Promise.reject(new RpcFailure(`no answer to ${method}`));
  }

  private answer(method: string, [first]: readonly unknown[]): unknown {
    switch (method) {
      case "eth_call": {
        const root = /"data":"0x[0-9a-f]{8}([0-9a-f]{64})"/.exec(JSON.stringify(first))?.[1] ?? "";
        return `0x${(this.state.chain.get(root) ?? 0).toString(16).padStart(64, "0")}`;
      }
      case "eth_getBlockByNumber": {
        const time = Number(first) - blockOf(TIME) + TIME;
        return {
          number: quantity(blockOf(time)),
          hash: blockHash(time),
          parentHash: blockHash(time - 1),
          timestamp: quantity(time),
        };
      }
      case "eth_getTransactionReceipt": {
        const root = String(first).slice(2);
        const time = this.state.chain.get(root);
        return time === undefined
          ? null
          : {
              transactionHash: first,
              blockNumber: quantity(blockOf(time)),
              blockHash: blockHash(time),
              status: "0x1",
              gasUsed: "0x1",
              logs: [logOf(root, time)],
            };
      }
      case "eth_getLogs": {
        const root = /"0x([0-9a-f]{64})"\]/.exec(JSON.stringify(first))?.[1] ?? "";
        const time = this.state.chain.get(root);
        return time === undefined ? [] : [logOf(root, time)];
      }
      default:
        return undefined;
    }
  }
}

function logOf(root: string, time: number): object {
  return {
    address: IDENTITY.contract,
    topics: [TIMESTAMPED_TOPIC, `0x${root}`, `0x${time.toString(16).padStart(64, "0")}`],
    blockNumber: quantity(blockOf(time)),
    blockHash: blockHash(time),
    transactionHash: `0x${root}`,
  };
}

function quantity(number: number): string {
  return `0x${number.toString(16)}`;
}
