import { readFileSync, statSync } from "node:fs";
import { meaningOf, unreachable } from "../platform/errors";
import type { ChainHash } from "../platform/primitives";
import { ANSWER_CHECKS, type AnswerCheck, type AnswerReport } from "../providers/attestation/answerReport";
import { describeEnclaveCheck, nameOfEnclaveCheck } from "../providers/attestation/checkNames";
import { MAX_SAVED_BYTES } from "../providers/attestation/savedParts";
import { checkAnswer } from "../providers/opengradient/checkAnswer";
import type { SavedAnswer } from "../providers/opengradient/savedAnswer";
import { soughtSettlement } from "../providers/opengradient/soughtSettlement";
import { SavedFile } from "../providers/savedFile";
import { checkTdxAnswer } from "../providers/tdx/checkTdxAnswer";
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

/** `proofline attestation check FILE`: whether a saved answer is what an enclave signed, and an approved one. */
export async function attestationCheck(
  file: string,
  flags: RegistryFlags,
): Promise<CommandResult<Answer<"attestation check">>> {
  const saved = readSavedFile(file);
  switch (saved.format) {
    case "proofline-opengradient-answer/v1":
      return openGradientCheck(saved, flags);
    case "proofline-tdx-answer/v1":
      if (REGISTRY_FLAGS.some((name) => flags[name] !== undefined)) {
        throw new CommandError(
          "usage",
          `${file} holds an answer of an enclave that no registry tells of, and a registry is named.`,
          "Leave out --rpc-url, --registry, --registry-chain and --relay.",
        );
      }
      return resultOf(await checkTdxAnswer(saved));
    default:
      return unreachable(saved);
  }
}

const REGISTRY_FLAGS = [
  "rpcUrl",
  "registry",
  "registryChain",
  "relay",
] as const satisfies readonly (keyof RegistryFlags)[];

async function openGradientCheck(
  saved: SavedAnswer,
  flags: RegistryFlags,
): Promise<CommandResult<Answer<"attestation check">>> {
  const asked = namedRegistry({
    servers: flags.rpcUrl,
    registry: flags.registry,
    registryChain: flags.registryChain,
    relay: flags.relay,
    flags: ["--rpc-url", "--registry", "--registry-chain", "--relay"],
  });
  const offline = await checkAnswer(saved);
  const { enclave, timestamp } = offline;
  if (asked === null || enclave === null || timestamp === null) {
    return resultOf(offline, "Name RPC servers of OpenGradient's chain with --rpc-url to ask its registry.");
  }
  return resultOf(await checkAnswer(saved, await chainSays(asked, saved, enclave, timestamp)));
}

/** @param advice how to learn more, where nothing speaks against the answer */
function resultOf(report: AnswerReport, advice?: string): CommandResult<Answer<"attestation check">> {
  return {
    exitCode: report.summary === "approved" ? 0 : 1,
    json: report,
    text: [
      report.meaning,
      "",
      ...report.checks.map(describeCheck),
      ...(advice === undefined || report.summary === "contradicted" ? [] : ["", advice]),
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

function readSavedFile(file: string): SavedFile {
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
  const parsed = SavedFile.safeParse(value);
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
    "Name a file in a format of docs/opengradient.md or docs/tdx.md; `proofline schema attestation file` is the JSON Schema of both.",
  );
}

const NAME_WIDTH = Math.max(...ANSWER_CHECKS.map((name) => nameOfEnclaveCheck(name).length));

function describeCheck({ name, value, reason }: AnswerCheck): string {
  return `${describeEnclaveCheck(value).padEnd("not checked".length)}  ${nameOfEnclaveCheck(name).padEnd(NAME_WIDTH)}  ${reason}`;
}
