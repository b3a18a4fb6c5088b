import { readFileSync, statSync } from "node:fs";
import { meaningOf, unreachable } from "../platform/errors";
import { Address, type ChainHash } from "../platform/primitives";
import type { AnswerCheck, AnswerCheckName, AnswerCheckValue } from "../providers/opengradient/answerReport";
import { checkAnswer } from "../providers/opengradient/checkAnswer";
import type { RegistryTestimony } from "../providers/opengradient/registryTestimony";
import { MAX_SAVED_BYTES, SavedAnswer } from "../providers/opengradient/savedAnswer";
import { askRegistry, OPENGRADIENT_REGISTRY } from "../workflows/enclaveRegistry";
import type { Answer } from "./answers";
import { CommandError } from "./commandError";
import type { CommandResult } from "./output";
import { namedFileError } from "./systemRefusals";

/** Whom the registry is asked of; nobody unless servers are named. */
export interface RegistryFlags {
  readonly rpcUrl?: readonly string[];
  readonly registry?: string;
  readonly registryChain?: number;
}

/** `proofline attestation check FILE`: whether a saved answer of OpenGradient is what an approved enclave signed. */
export async function attestationCheck(
  file: string,
  flags: RegistryFlags,
): Promise<CommandResult<Answer<"attestation check">>> {
  if (flags.rpcUrl === undefined && (flags.registry !== undefined || flags.registryChain !== undefined)) {
    throw new CommandError(
      "usage",
      "A registry is named, but no server to ask it of.",
      "Name RPC servers of its chain with --rpc-url.",
    );
  }
  const saved = readSavedAnswer(file);
  const offline = await checkAnswer(saved);
  const { enclave, timestamp } = offline;
  const registry = enclave === null || timestamp === null ? null : await asked(flags, enclave, timestamp);
  const report = registry === null ? offline : await checkAnswer(saved, { registry });
  return {
    exitCode: report.summary === "approved" ? 0 : 1,
    json: report,
    text: [
      report.meaning,
      "",
      ...report.checks.map(describeCheck),
      ...(registry === null && report.summary !== "contradicted"
        ? ["", "Name RPC servers of OpenGradient's chain with --rpc-url to ask its registry."]
        : []),
    ],
  };
}

async function asked(
  { rpcUrl, registry, registryChain }: RegistryFlags,
  enclave: ChainHash,
  timestamp: number,
): Promise<RegistryTestimony | null> {
  if (rpcUrl === undefined) {
    return null;
  }
  const address = Address.safeParse((registry ?? OPENGRADIENT_REGISTRY.address).toLowerCase());
  if (!address.success) {
    throw new CommandError(
      "usage",
      `${registry} is not an address, which is 0x and 40 hexadecimal digits.`,
      "Correct --registry, or leave it out for OpenGradient's own.",
    );
  }
  const chainId = registryChain ?? OPENGRADIENT_REGISTRY.chainId;
  return askRegistry({ chainId, address: address.data, rpcUrls: rpcUrl }, enclave, timestamp);
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

/** For people. */
const NAMES: Readonly<Record<AnswerCheckName, string>> = {
  answer: "answer",
  requestHash: "request",
  outputHash: "output",
  signingKey: "signing key",
  signature: "signature",
  registryEntry: "registry entry",
  enclaveEnabled: "enclave enabled",
  codeApproved: "code approved",
  codeStillApproved: "approved today",
  documentSignature: "attestation",
  documentChain: "certificates",
  notDebug: "no debug enclave",
  bindsSigningKey: "key attested",
  bindsTlsCertificate: "TLS attested",
  measurement: "measured code",
  environmentKnown: "code rebuilt",
  settlement: "settlement",
  model: "model",
};
const NAME_WIDTH = Math.max(...Object.values(NAMES).map(({ length }) => length));

function describeCheck({ name, value, reason }: AnswerCheck): string {
  return `${describeValue(value).padEnd("not checked".length)}  ${NAMES[name].padEnd(NAME_WIDTH)}  ${reason}`;
}

function describeValue(value: AnswerCheckValue): string {
  switch (value) {
    case "passed":
    case "failed":
    case "warning":
    case "unproved":
      return value;
    case "notChecked":
      return "not checked";
    default:
      return unreachable(value);
  }
}
