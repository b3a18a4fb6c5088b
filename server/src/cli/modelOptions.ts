import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { parseHubAddress } from "../models/hub/hubAddress";
import { DEFAULT_PATIENCE, type HubAccess } from "../models/hub/hubRequest";
import { PromptFamilyName } from "../models/pin/promptFamilies";
import { WalrusBlobId } from "../models/pin/walrusBlob";
import type { Trust } from "../models/signature/signature";
import { HubRevision } from "../protocol/hubNames";
import { DEFAULT_HUB } from "../protocol/settings";
import type { PinChoices } from "../workflows/pinModel";
import { CommandError } from "./commandError";
import { namedFileError } from "./systemRefusals";

/** Flags that say which hub is asked, and as whom. */
export interface HubFlags {
  readonly hub?: string;
  readonly tokenFile?: string;
  readonly yes?: boolean;
}

export interface FetchFlags extends HubFlags, TrustFlags {
  /** The manifest digest of the model that is accepted for this repository, as it was typed. */
  readonly accept?: string;
  /** A Walrus aggregator, which is asked in the hub's place. */
  readonly walrusAggregator?: string;
}

/** Flags that say who is trusted to sign a model. */
export interface TrustFlags {
  readonly signerKey?: string;
  readonly signerCa?: string;
}

export interface PinFlags extends HubFlags, TrustFlags {
  readonly revision?: string;
  readonly variant?: string;
  readonly family?: string;
  readonly name?: string;
  /** Where files lie in Walrus, each as it was typed. */
  readonly walrus?: readonly string[];
  readonly replace?: boolean;
}

export function addHubFlags(command: Command): Command {
  return command
    .option("--hub <url>", "the hub to ask (HF_ENDPOINT; https://huggingface.co)")
    .option("--token-file <file>", "a file with a token that may read the model (or the token in HF_TOKEN)")
    .option("--yes", "pin or download without asking");
}

export function addTrustFlags(command: Command): Command {
  return command
    .option("--signer-key <file>", "the model must be signed with this public key (PEM)")
    .option("--signer-ca <file>", "the model must be signed with a certificate of this authority (PEM)");
}

export function addFetchFlags(command: Command): Command {
  return addTrustFlags(addHubFlags(command))
    .option(
      "--accept <digest>",
      "let the model with this manifest digest count for this repository, without asking",
    )
    .option(
      "--walrus-aggregator <url>",
      "fetch from Walrus, through this aggregator, where the pin names each file's blob",
    );
}

export function addPinFlags(command: Command): Command {
  return addTrustFlags(addHubFlags(command))
    .option("--revision <revision>", "a branch, tag or commit on the hub; main by default")
    .option("--variant <name>", "the graph to load where there are several, e.g. model_q4")
    .option("--family <name>", "the prompt family; found from the tokenizer by default")
    .option("--name <name>", "what the model is called here")
    .option(
      "--walrus <file=id...>",
      "where files of a folder lie in Walrus, each with its blob id, for whoever fetches the model",
    )
    .option("--replace", "replace another pin of that name, or of that folder");
}

/** The aggregator that is asked for blobs. It serves them to everybody, so that it gets no token. */
export function walrusAccess(aggregator: string): HubAccess {
  return { hub: parseHubAddress(aggregator), token: null, patience: DEFAULT_PATIENCE };
}

/** The hub that flags and variables name; flags win. */
export function hubAccess(flags: HubFlags, variables: NodeJS.ProcessEnv = process.env): HubAccess {
  const token = flags.tokenFile === undefined ? variables.HF_TOKEN : readText(flags.tokenFile);
  const trimmed = token?.trim() ?? "";
  if (/[^\x21-\x7e]/.test(trimmed)) {
    throw new CommandError(
      "usage",
      "The token contains characters that no token can have.",
      "Check the file or HF_TOKEN.",
    );
  }
  return {
    hub: parseHubAddress(flags.hub ?? (variables.HF_ENDPOINT || DEFAULT_HUB)),
    token: trimmed === "" ? null : trimmed,
    patience: DEFAULT_PATIENCE,
  };
}

export function trustOf({ signerKey, signerCa }: TrustFlags): Trust {
  if (signerKey !== undefined && signerCa !== undefined) {
    throw new CommandError("usage", "A model has one signer.", "Give --signer-key or --signer-ca, not both.");
  }
  if (signerKey !== undefined) {
    return { kind: "key", pem: readText(signerKey) };
  }
  if (signerCa !== undefined) {
    return { kind: "authorities", pem: readText(signerCa) };
  }
  return { kind: "none" };
}

export function pinChoices({ name, variant, family, walrus, replace, ...trust }: PinFlags): PinChoices {
  return {
    ...(name !== undefined && { name: modelNamed(name) }),
    ...(variant !== undefined && { variant }),
    ...(family !== undefined && { family: familyNamed(family) }),
    trust: trustOf(trust),
    ...(walrus !== undefined && { blobs: new Map(walrus.map(blobNamed)) }),
    replace: replace === true,
  };
}

function blobNamed(typed: string): [path: string, blob: WalrusBlobId] {
  const at = typed.lastIndexOf("=");
  const blob = WalrusBlobId.safeParse(typed.slice(at + 1));
  if (at < 1 || !blob.success) {
    throw new CommandError(
      "usage",
      `${JSON.stringify(typed)} is not a file and its Walrus blob id.`,
      "Give --walrus as FILE=ID: a path below the model's folder, and the 43 characters of its blob id.",
    );
  }
  return [typed.slice(0, at), blob.data];
}

export function revisionOf({ revision }: PinFlags): { readonly revision?: string } {
  if (revision === undefined) {
    return {};
  }
  if (HubRevision.safeParse(revision).success) {
    return { revision };
  }
  throw new CommandError(
    "usage",
    `${JSON.stringify(revision)} is not a revision.`,
    "Give a branch, tag or commit.",
  );
}

function modelNamed(name: string): string {
  if (name.trim() !== "") {
    return name;
  }
  throw new CommandError("usage", "A model's name cannot be empty.", "Give one, or leave --name out.");
}

function familyNamed(name: string): PromptFamilyName {
  const parsed = PromptFamilyName.safeParse(name);
  if (parsed.success) {
    return parsed.data;
  }
  throw new CommandError(
    "usage",
    `There is no prompt family ${name}.`,
    `Give one of ${PromptFamilyName.options.join(", ")}.`,
  );
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw namedFileError(file, error);
  }
}
