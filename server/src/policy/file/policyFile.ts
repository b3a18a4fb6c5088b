import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import * as z from "zod";
import { canonicalJson, decodeUtf8 } from "../../platform/canonicalJson";
import { sha256Digest } from "../../platform/digests";
import { ProoflineError } from "../../platform/errors";
import { Address, ChainHash, Digest, Text } from "../../platform/primitives";
import { VERIFIED_ONLY_LEVELS } from "../../protocol/verifiedOnly";
import { patternProblem } from "./pathPattern";

/** Longer policies are not read. */
export const MAX_POLICY_BYTES = 256 * 1024;
const MAX_ENTRIES = 1_000;
const MAX_NAME = 80;
const MAX_AUTHORITIES = 8;
const MAX_PATTERN = 200;
const MAX_PATTERNS = 100;

/** What happens to lines of a kind: nothing, a finding that refuses nothing, or a finding that refuses. */
export const REACTIONS = ["allow", "report", "refuse"] as const;
export const Reaction = z.enum(REACTIONS);
export type Reaction = z.infer<typeof Reaction>;

/** Whose word an anchor has to rest on, from lenient to strict. */
export const WITNESSES = ["any", "several", "proved"] as const;

const Name = Text.min(1).max(MAX_NAME);
const Pattern = Text.min(1)
  .max(MAX_PATTERN)
  .superRefine((pattern, context) => {
    const message = patternProblem(pattern);
    if (message !== null) {
      context.addIssue({ code: "custom", message });
    }
  });
const Patterns = z.array(Pattern).max(MAX_PATTERNS);
const Share = z.number().min(0).max(1);
const named = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.array(z.strictObject({ name: Name.describe("What people call it."), ...shape })).max(MAX_ENTRIES);

/** What an authority may be left to decide. */
export const DECIDED_KINDS = ["models", "devices", "environments", "verifiers"] as const;

/** The longest time for which what an authority said is taken for what it says now. */
const MAX_AGE_HOURS = 24 * 366;

/** `.proofline/policy.json`: a team's rules for one repository. Whatever it does not say is as lenient as the built-in policy. */
export const PolicyFile = z
  .strictObject({
    $schema: z.string().optional().describe("For editors; means nothing here."),
    format: z.literal("proofline/policy/v1"),
    name: Name.describe("What people call these rules."),
    enforcement: z
      .enum(VERIFIED_ONLY_LEVELS)
      .default("warn")
      .describe("The least level of proofline.verifiedOnly for everybody who accepted this policy."),
    chain: z
      .strictObject({
        id: z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).describe("EIP-155 chain id."),
        contract: Address.describe("The contract of the Ethereum Attestation Service."),
      })
      .optional()
      .describe("Anchors count on this chain alone. Servers are each reader's own."),
    anchors: z
      .strictObject({
        finalized: z.boolean().default(false).describe("Only anchors in blocks that are final count."),
        witnesses: z
          .enum(WITNESSES)
          .default("any")
          .describe(
            "any: one operator's word will do, and a local chain. several: two operators who agree, or a proof. proved: a proof of the chain's state.",
          ),
      })
      .prefault({}),
    executions: z
      .strictObject({
        replayable: Patterns.default(["**"]).describe("Where output of pinned models counts."),
        attested: Patterns.default([]).describe("Where answers of approved enclaves count."),
        stated: Patterns.default([]).describe("Where what nobody can check counts."),
      })
      .prefault({})
      .describe(
        "Which kinds of suggestions count, by patterns of paths below the repository's top: * and ? within a name, ** for any folders.",
      ),
    replay: z
      .enum(["optional", "required"])
      .default("required")
      .describe("optional: what is signed and onchain is enough, though nobody replayed it."),
    models: named({ digest: Digest.describe("The manifest digest of its pin.") })
      .optional()
      .describe("Only these models count."),
    devices: named({ address: Address }).optional().describe("Only what these devices signed counts."),
    authority: z
      .strictObject({
        addresses: named({ address: Address })
          .min(1)
          .max(MAX_AUTHORITIES)
          .describe("Who approves and revokes onchain: keys or smart-contract wallets, each for itself."),
        decides: z
          .array(z.enum(DECIDED_KINDS))
          .default(["models", "devices", "verifiers"])
          .describe(
            "Of these kinds what it approved counts, beside what this policy lists, and nothing else. Of other kinds its approvals count for nothing. What it revoked counts in no case.",
          ),
        maximumAgeHours: z
          .number()
          .min(1)
          .max(MAX_AGE_HOURS)
          .default(168)
          .describe(
            "For how long what it said last is taken for what it says, where the chain cannot be asked.",
          ),
      })
      .optional()
      .describe("The team's address on the policy's chain. It takes `chain`."),
    verifiers: named({ address: Address })
      .optional()
      .describe(
        "Who replays for others: what they signed makes suggestions verified. Nobody else's word does.",
      ),
    environments: named({ digest: Digest }).optional().describe("Only these environments count."),
    enclaveCode: named({ measurement: ChainHash.describe("keccak256(PCR0 ‖ PCR1 ‖ PCR2).") })
      .optional()
      .describe("Code of enclaves that somebody has rebuilt from its source; only this counts."),
    revokedEnclaves: z
      .enum(["report", "refuse"])
      .default("report")
      .describe("What happens where the approval of an enclave's code was taken back after it had signed."),
    sealedPrompts: Reaction.default("allow").describe("Suggestions whose prompt stayed with its author."),
    leastShare: Share.default(0).describe(
      "How much of the visible text on its lines has to be the suggestion's.",
    ),
    mostCopied: Share.default(1).describe("How much of a suggestion may stand in its prompt already."),
    edited: Reaction.default("refuse").describe("Accepted lines that somebody changed afterwards."),
    unattributed: Reaction.default("allow").describe(
      "Changed lines without evidence. Nobody knows who wrote them.",
    ),
  })
  .superRefine(({ authority, chain }, context) => {
    if (authority !== undefined && chain === undefined) {
      context.addIssue({
        code: "custom",
        path: ["authority"],
        message: "An authority takes the chain on which it speaks: `chain` says which",
      });
    }
  });
export type PolicyFile = z.infer<typeof PolicyFile>;

/** A policy may have thousands of entries, and is asked for its name with every key. */
const digests = new WeakMap<PolicyFile, Digest>();

/** Names rules by what they say: SHA-256 of their canonical JSON with every default spelled out. */
export function policyDigest(policy: PolicyFile): Digest {
  const { $schema: _, ...rules } = policy;
  const digest = digests.get(policy) ?? sha256Digest(canonicalJson(rules));
  digests.set(policy, digest);
  return digest;
}

/** What lies at a policy's place. */
export type PolicyReading =
  | { readonly kind: "policy"; readonly policy: PolicyFile; readonly digest: Digest }
  /** `problem`: a sentence that names the line; `line`: one-based. */
  | { readonly kind: "broken"; readonly problem: string; readonly line: number };

/** Reads a policy: strict JSON, since whoever compares two of them must not read them differently. */
export function readPolicyFile(bytes: Uint8Array): PolicyReading {
  let text: string;
  try {
    text = decodeUtf8(bytes).replace(/^\uFEFF/, "");
  } catch (error) {
    if (error instanceof ProoflineError) {
      return { kind: "broken", problem: "Line 1: it is no text in UTF-8.", line: 1 };
    }
    throw error;
  }
  const errors: ParseError[] = [];
  let tree: Node | undefined;
  try {
    tree = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  } catch (error) {
    // Lists that are deeper than the parser can go.
    if (!(error instanceof RangeError)) {
      throw error;
    }
  }
  const [first] = errors;
  if (tree === undefined || first !== undefined) {
    const line = lineAt(text, first?.offset ?? 0);
    const what = first === undefined ? "it holds nothing" : printParseErrorCode(first.error);
    return { kind: "broken", problem: `Line ${line}: it is not JSON (${what}).`, line };
  }
  const twice = repeatedMember(tree);
  if (twice !== null) {
    const line = lineAt(text, twice.offset);
    return {
      kind: "broken",
      problem: `Line ${line}: ${JSON.stringify(twice.value)} stands there twice.`,
      line,
    };
  }
  const parsed = PolicyFile.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.path ?? [];
    const extra = issue?.code === "unrecognized_keys" ? issue.keys.slice(0, 1) : [];
    const line = lineAt(text, offsetOf(tree, [...path, ...extra]));
    const place = path.length === 0 ? "" : ` at ${path.join(".")}`;
    return { kind: "broken", problem: `Line ${line}: ${issue?.message ?? "it is no policy"}${place}.`, line };
  }
  return { kind: "policy", policy: parsed.data, digest: policyDigest(parsed.data) };
}

/** What of the path is there, as far as it goes. */
function offsetOf(tree: Node, path: readonly PropertyKey[]): number {
  let node = tree;
  for (const part of path) {
    const next: Node | undefined =
      typeof part === "number"
        ? node.children?.[part]
        : node.children?.find(({ children }) => children?.[0]?.value === part)?.children?.[1];
    if (next === undefined) {
      break;
    }
    node = next;
  }
  return node.offset;
}

/** A member that an object has twice: readers disagree about which of them counts. */
function repeatedMember(node: Node): Node | null {
  const pending = [node];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    const seen = new Set<unknown>();
    for (const child of one.children ?? []) {
      const [key, value] = child.children ?? [];
      if (one.type === "object" && key !== undefined) {
        if (seen.has(key.value)) {
          return key;
        }
        seen.add(key.value);
        if (value !== undefined) {
          pending.push(value);
        }
      } else {
        pending.push(child);
      }
    }
  }
  return null;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
