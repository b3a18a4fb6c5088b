import { type ParseError, parse } from "jsonc-parser";
import * as z from "zod";
import { decodeUtf8 } from "../../platform/canonicalJson";
import { ProoflineError } from "../../platform/errors";
import { type RawChain, readChain } from "../../protocol/chainSettings";
import type { ChainSettings } from "../../protocol/settings";

/** Longer settings are not read. */
export const MAX_SETTINGS_BYTES = 256 * 1024;
/** What is longer cannot be shown whole, so nobody could know what they accept. */
const MAX_SERVER_LENGTH = 400;

/** What a repository says about the chain. It decides nothing: see `countingChain`. */
export type ProposedChain =
  | { readonly kind: "chain"; readonly settings: ChainSettings }
  /** `reason`: why it cannot be used, as a sentence. */
  | { readonly kind: "unusable"; readonly reason: string };

const WorkspaceSettings = z.looseObject({
  "proofline.chain.kind": z.unknown().optional(),
  "proofline.chain.id": z.unknown().optional(),
  "proofline.chain.rpcUrls": z.unknown().optional(),
  "proofline.chain.contract": z.unknown().optional(),
});

/**
 * The chain that a workspace's settings name: JSON with comments, as VS Code reads `.vscode/settings.json`. `null` where they
 * name none.
 */
export function readProposedChain(bytes: Uint8Array): ProposedChain | null {
  if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('"proofline.chain.')) {
    return null;
  }
  const raw = rawChain(bytes);
  if (raw === null) {
    return { kind: "unusable", reason: "It cannot be read as JSON with comments." };
  }
  if (Object.values(raw).every((value) => value === undefined)) {
    return null;
  }
  // Without a kind, `readChain` takes the local chain, as settings do by default. Nobody proposes that by saying nothing.
  const chain = readChain({ ...raw, kind: raw.kind ?? null });
  if ("problem" in chain) {
    return { kind: "unusable", reason: chain.problem };
  }
  const isShown = (entry: string): boolean => entry.length <= MAX_SERVER_LENGTH && entry.isWellFormed();
  if (chain.kind === "rpc" && !chain.rpcUrls.every(isShown)) {
    return { kind: "unusable", reason: "The address of a server cannot be shown whole." };
  }
  return { kind: "chain", settings: chain };
}

/** `null` where the text is none that VS Code could read. */
function rawChain(bytes: Uint8Array): RawChain | null {
  const errors: ParseError[] = [];
  try {
    const value: unknown = parse(decodeUtf8(bytes).replace(/^\uFEFF/, ""), errors, {
      allowTrailingComma: true,
    });
    const settings = WorkspaceSettings.safeParse(value);
    if (errors.length > 0 || !settings.success) {
      return null;
    }
    const { data } = settings;
    return {
      kind: data["proofline.chain.kind"],
      id: data["proofline.chain.id"],
      rpcUrls: data["proofline.chain.rpcUrls"],
      contract: data["proofline.chain.contract"],
    };
  } catch (error) {
    // Bytes that are no text, and lists that are deeper than the parser can go.
    if (error instanceof ProoflineError || error instanceof RangeError) {
      return null;
    }
    throw error;
  }
}
