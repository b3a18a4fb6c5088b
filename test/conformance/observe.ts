/** Reads a vector's folder with the product, as far as its case says what is known, and puts the answer as `expected.json` does. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Anchor, AnchorCheck, ChainReader } from "../../server/src/chain/chain";
import { readEvidence } from "../../server/src/evidence/format/readEvidence";
import { Grammars } from "../../server/src/evidence/locate/grammars";
import { openRepository } from "../../server/src/evidence/repository/openRepository";
import type { Digest } from "../../server/src/platform/primitives";
import { Address, ChainHash, Digest as DigestSchema } from "../../server/src/platform/primitives";
import { builtInPolicy, type Policy, WITHOUT_KEY } from "../../server/src/policy/policy";
import type { Report } from "../../server/src/policy/report";
import type { EnclaveOutcome, ReplayOutcome } from "../../server/src/policy/verifyParameters";
import { GrammarQuestions } from "../../server/src/workflows/grammarQuestions";
import { RepositoryReader } from "../../server/src/workflows/readRepository";
import { verifyRepository, type WantedPaths } from "../../server/src/workflows/verify";
import { removeFolder } from "../support/removeFolder";
import { type ExpectedPiece, VectorCase, VectorExpectation } from "./vector";

export const VECTOR_FOLDER = join(import.meta.dirname, "vectors");

const grammars = new Grammars(join(import.meta.dirname, "../../node_modules/@vscode/tree-sitter-wasm/wasm"));

/** The names of all vectors, as `good/verbatim`. */
export function vectorNames(): readonly string[] {
  return readdirSync(VECTOR_FOLDER)
    .flatMap((kind) => readdirSync(join(VECTOR_FOLDER, kind)).map((name) => `${kind}/${name}`))
    .sort();
}

export function caseOf(name: string): VectorCase {
  return VectorCase.parse(JSON.parse(readFileSync(join(VECTOR_FOLDER, name, "case.json"), "utf8")));
}

export function expectationOf(name: string): VectorExpectation {
  return VectorExpectation.parse(
    JSON.parse(readFileSync(join(VECTOR_FOLDER, name, "expected.json"), "utf8")),
  );
}

/** The revision that holds what a vector's `base/` holds. */
export const BASE = "base";

/** Runs `use` over a vector's repository as a git work tree of its own; its base, where it has one, is a commit. */
export async function withVector<Value>(
  name: string,
  use: (folder: string, hasBase: boolean) => Promise<Value>,
): Promise<Value> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "proofline-vector-")));
  const git = (...parameters: string[]): void => {
    const settings = ["user.name=sample", "user.email=sample@example.com", "core.autocrlf=false"];
    const options = settings.flatMap((setting) => ["-c", setting]);
    execFileSync("git", [...options, ...parameters], { cwd: folder, stdio: "pipe" });
  };
  try {
    const base = join(VECTOR_FOLDER, name, "base");
    git("init", "--quiet");
    if (existsSync(base)) {
      cpSync(base, folder, { recursive: true });
      git("add", ".");
      git("commit", "--quiet", "--message", "Base");
      git("tag", BASE);
      for (const entry of readdirSync(folder).filter((one) => one !== ".git")) {
        rmSync(join(folder, entry), { recursive: true });
      }
    }
    cpSync(join(VECTOR_FOLDER, name, "repository"), folder, { recursive: true });
    return await use(folder, existsSync(base));
  } finally {
    removeFolder(folder);
  }
}

/** The report on a vector's repository by a reader who knows what its case says. */
export async function reportOn(
  folder: string,
  { known, grammarSaysSame }: VectorCase,
  hasBase: boolean,
  onComparison: (path: string, before: string, after: string) => void = () => {},
  wanted?: WantedPaths,
): Promise<Report> {
  const repository = await openRepository(folder);
  const reader = new RepositoryReader({ read: (bytes) => Promise.resolve(readEvidence(bytes)) });
  return verifyRepository({
    repository,
    contents: await reader.read(repository),
    journal: [],
    device: known.devices[0] ?? "",
    policy: policyOf(known),
    chain: new KnownChain(known),
    grammars: new GrammarQuestions({
      sameTokens: (path, before, after) => {
        onComparison(path, before, after);
        return Promise.resolve(grammarSaysSame ?? false);
      },
      linesOf: (...question) => grammars.linesOf(...question),
    }),
    ...(wanted !== undefined && { wanted }),
    base: hasBase ? await reader.readSince(repository, BASE) : null,
    replays: new Map(Object.entries(known.replays).map(([claim, value]) => [claim, replayed(value)])),
    verifierReplays: new Map(
      (known.verifierReplays ?? []).map((claim) => [claim, { verifier: VERIFIER, name: "the case's" }]),
    ),
    enclaves: new Map(
      Object.entries(known.enclaves).map(([claim, value]): [string, EnclaveOutcome] => [
        claim,
        {
          value: value === "enclaveContradicted" ? value : "enclaveSigned",
          reason: "As the case says.",
          checks: [],
          isRevokedSince: value === "enclaveRevokedSince",
          measurement: value === "enclaveRebuilt" ? REBUILT : null,
        },
      ]),
    ),
  });
}

const VERIFIER = Address.parse(`0x${"5".repeat(40)}`);

/** The code of enclaves that somebody has rebuilt. */
const REBUILT = ChainHash.parse(`0x${"1".repeat(64)}`);

function policyOf(known: VectorCase["known"]): Policy {
  const digests = (list: readonly string[]): ReadonlySet<Digest> =>
    new Set(list.map((one) => DigestSchema.parse(one)));
  const policy = builtInPolicy({
    device: WITHOUT_KEY,
    pins: known.pins.map(({ name, manifestDigest, omsRoot }) => ({
      name,
      manifestDigest: DigestSchema.parse(manifestDigest),
      omsRoot: DigestSchema.parse(omsRoot),
    })),
  });
  return {
    ...policy,
    devices: new Set(known.devices),
    models: {
      ...policy.models,
      approved: digests(known.approvedModels),
    },
    authority: {
      asOf: 0,
      approvals: new Map(),
      denials: new Map(
        [
          ...known.revokedDevices.map((id) => `device ${id}`),
          ...known.revokedModels.map((id) => `model ${id}`),
          ...(known.revokedEnvironments ?? []).map((id) => `environment ${id}`),
        ].map((key) => [key, { lostAt: null, compromised: { since: null } }]),
      ),
    },
    environments: digests(known.approvedEnvironments),
    enclaveCode: new Map([[REBUILT, "the case's"]]),
  };
}

function replayed(value: "exact" | "withinTolerance" | "mismatch"): ReplayOutcome {
  const tolerance = { margin: 0, notFirst: 0 };
  return { value, tokens: 3, exact: value === "exact" ? 3 : 2, margin: 0, tolerance };
}

/** A chain that answers as a case says. */
class KnownChain implements ChainReader {
  constructor(private readonly known: VectorCase["known"]) {}

  check(batchRoot: Digest): Promise<AnchorCheck> {
    const {
      anchor: status,
      trust,
      time,
    } = this.known.chain[batchRoot] ?? {
      anchor: "pending",
      trust: "local",
      time: null,
    };
    const anchor = time === null ? null : anchorAt(batchRoot, time);
    return Promise.resolve({ status, trust, identity: null, anchor });
  }

  identity(): Promise<never> {
    return Promise.reject(new Error("nobody asks a case's chain who it is"));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function anchorAt(batchRoot: Digest, timestamp: number): Anchor {
  return {
    batchRoot,
    chainId: 8453,
    genesisHash: `0x${"11".repeat(32)}`,
    contract: `0x${"22".repeat(20)}`,
    block: { number: 5, hash: `0x${"33".repeat(32)}` },
    transaction: `0x${"44".repeat(32)}`,
    timestamp,
  };
}

/** A report in the form of `expected.json`, with `expected` telling what is left open there. */
export function asExpectation(report: Report, expected: VectorExpectation): VectorExpectation {
  const isBroken = ({ checks }: Report["suggestions"][number]): boolean =>
    checks.evidence === "malformed" || checks.evidence === "tampered" || checks.evidence === "newer";
  const isLeftOpen = (claim: string): boolean =>
    expected.pieces.some((piece) => piece.claim === claim && piece.lines === undefined);
  return {
    pieces: report.suggestions
      .filter((verdict) => !isBroken(verdict))
      .map((verdict): ExpectedPiece => {
        const { claim, key, path, startLine, endLine, startColumn, endColumn } = verdict;
        const { checks, summary, findings } = verdict;
        const { copiedFrom } = findings.prompt;
        return {
          claim,
          piece: Number(key.split(".")[1] ?? "0"),
          path,
          ...(!isLeftOpen(claim) && {
            lines: startLine === null || endLine === null ? null : [startLine, endLine],
            columns: startColumn === null || endColumn === null ? null : [startColumn, endColumn],
            part: findings.content.part,
          }),
          checks,
          summary,
          copiedFrom:
            copiedFrom === null || copiedFrom.path === null ? null : { ...copiedFrom, path: copiedFrom.path },
        };
      }),
    broken: report.suggestions
      .filter(isBroken)
      .map(({ path, startLine, checks: { evidence, signature }, summary }) =>
        VectorExpectation.shape.broken.element.parse({ path, line: startLine, evidence, signature, summary }),
      ),
    beside: report.beside.map(({ claim, path, summary, why }) => ({ claim, path, summary, why })),
    gone: report.gone.map(({ claim, path }) => ({ claim, path })),
    vanished: report.vanished.map(({ claim, path, line }) => ({ claim, path, line })),
    problems: report.files.map(({ path }) => path).sort(),
  };
}
