import { readFileSync, statSync } from "node:fs";
import { meaningOf } from "../platform/errors";
import type { ChainHash } from "../platform/primitives";
import { ANSWER_CHECKS, type AnswerCheck } from "../providers/attestation/answerReport";
import { describeEnclaveCheck, nameOfEnclaveCheck } from "../providers/attestation/checkNames";
import { checkAnswer } from "../providers/opengradient/checkAnswer";
import { MAX_SAVED_BYTES, SavedAnswer } from "../providers/opengradient/savedAnswer";
import { soughtSettlement } from "../providers/opengradient/soughtSettlement";
import { type EnclaveRegistry, RegistryReader } from "../workflows/enclaveRegistry";
import type { Answer } from "./answers";
import { CommandError } from "./commandError";
import { namedRegistry } from "./enclaveOptions";
import type { CommandResult } from "./output";
import { namedFileError } from "./systemRefusals";

/** Whom the registry is asked of; nobody unless servers are named. */
export interface RegistryFlags {
  readonly rpcUrl?: readonly string[];
  readonly registry?: string;
  readonly registryChain?: number;
  readonly relay?: string;
}

/** `proofline attestation check FILE`: whether a saved answer of OpenGradient is what an approved enclave signed. */
export async function attestationCheck(
  file: string,
  flags: RegistryFlags,
): Promise<CommandResult<Answer<"attestation check">>> {
  const asked = namedRegistry({
    servers: flags.rpcUrl,
    registry: flags.registry,
    registryChain: flags.registryChain,
    relay: flags.relay,
    flags: ["--rpc-url", "--registry", "--registry-chain", "--relay"],
  });
  const saved = readSavedAnswer(file);
  const offline = await checkAnswer(saved);
  const { enclave, timestamp } = offline;
  const told =
    asked === null || enclave === null || timestamp === null
      ? null
      : await chainSays(asked, saved, enclave, timestamp);
  const report = told === null ? offline : await checkAnswer(saved, told);
  return {
    exitCode: report.summary === "approved" ? 0 : 1,
    json: report,
    text: [
      report.meaning,
      "",
      ...report.checks.map(describeCheck),
      ...(told === null && report.summary !== "contradicted"
        ? ["", "Name RPC servers of OpenGradient's chain with --rpc-url to ask its registry."]
        : []),
    ],
  };
}

/** What the chain says of an answer's enclave and settlement. */
async function chainSays(asked: EnclaveRegistry, saved: SavedAnswer, enclave: ChainHash, timestamp: number) {
  const reader = new RegistryReader(asked);
  try {
    const registry = await reader.testimonyOf(enclave, timestamp);
    const sought = soughtSettlement(saved);
    return { registry, settlement: sought && (await reader.settlementOf(sought, timestamp)) };
  } finally {
    reader.close();
  }
}

function readSavedAnswer(file: string): SavedAnswer {
  let text: string;
  try {
    if (statSync(file).size > MAX_SAVED_BYTES) {
      throw unreadable(file, `is larger than ${MAX_SAVED_BYTES} bytes`);
    }
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw namedFileError(file, error);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(file, `is not JSON (${meaningOf(error)})`);
  }
  const parsed = SavedAnswer.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
    throw unreadable(file, `is not a saved answer${place} (${issue?.message ?? "no reason given"})`);
  }
  return parsed.data;
}

function unreadable(file: string, clause: string): CommandError {
  return new CommandError(
    "document",
    `${file} ${clause}.`,
    "Name a file in the format of docs/opengradient.md; `proofline schema attestation file` is its JSON Schema.",
  );
}

const NAME_WIDTH = Math.max(...ANSWER_CHECKS.map((name) => nameOfEnclaveCheck(name).length));

function describeCheck({ name, value, reason }: AnswerCheck): string {
  return `${describeEnclaveCheck(value).padEnd("not checked".length)}  ${nameOfEnclaveCheck(name).padEnd(NAME_WIDTH)}  ${reason}`;
}
