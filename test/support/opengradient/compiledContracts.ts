import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Hex } from "viem";
import * as z from "zod";

/** Compiles the contracts beside it, with the compiler of the development dependency; what came out is kept in `out/`. */

const FOLDER = join(import.meta.dirname, "contracts");
const CACHE = join(import.meta.dirname, "../../../out/test/contracts");
const SOURCES = ["EnclaveRegistry.sol", "SettlementRelay.sol"];

const Contract = z.object({
  abi: z.array(z.looseObject({ type: z.string(), name: z.string().optional() })),
  evm: z.object({ bytecode: z.object({ object: z.string().regex(/^[0-9a-f]*$/) }) }),
});
const Output = z.object({
  errors: z.array(z.object({ severity: z.string(), formattedMessage: z.string() })).optional(),
  contracts: z.record(z.string(), z.record(z.string(), Contract)).optional(),
});

export interface CompiledContract {
  readonly abi: z.infer<typeof Contract>["abi"];
  readonly bytecode: Hex;
}

const NAMES = ["TenFieldRegistry", "ElevenFieldRegistry", "SettlementRelay"] as const;
export type CompiledContracts = Readonly<Record<(typeof NAMES)[number], CompiledContract>>;

let compiled: Promise<CompiledContracts> | undefined;

export function compiledContracts(): Promise<CompiledContracts> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<CompiledContracts> {
  const input = JSON.stringify({
    language: "Solidity",
    sources: Object.fromEntries(
      SOURCES.map((name) => [name, { content: readFileSync(join(FOLDER, name), "utf8") }]),
    ),
    settings: {
      // Every chain that tests run understands it.
      evmVersion: "paris",
      optimizer: { enabled: true, runs: 1 },
      outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
    },
  });
  // The sources name the compiler's version.
  const cached = join(CACHE, `${createHash("sha256").update(input).digest("hex")}.json`);
  const output = Output.parse(JSON.parse(kept(cached) ?? (await runCompiler(input))));
  const problems = output.errors?.map(({ formattedMessage }) => formattedMessage) ?? [];
  if (problems.length > 0) {
    throw new Error(`The contracts do not compile without complaint:\n${problems.join("\n")}`);
  }
  keep(cached, JSON.stringify(output));
  const contracts = Object.assign({}, ...Object.values(output.contracts ?? {}));
  const contract = (name: (typeof NAMES)[number]): CompiledContract => {
    const { abi, evm } = Contract.parse(contracts[name]);
    return { abi, bytecode: `0x${evm.bytecode.object}` };
  };
  return {
    TenFieldRegistry: contract("TenFieldRegistry"),
    ElevenFieldRegistry: contract("ElevenFieldRegistry"),
    SettlementRelay: contract("SettlementRelay"),
  };
}

const PROGRAM = `process.stdout.write(require("solc").compile(require("node:fs").readFileSync(0, "utf8")))`;

/** In a process of its own, because the compiler changes how its process ends. */
function runCompiler(input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, ["-e", PROGRAM], { cwd: FOLDER }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
    child.stdin?.end(input);
  });
}

function kept(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** Whole or not at all: several test files may compile at one time. */
function keep(file: string, text: string): void {
  mkdirSync(CACHE, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
