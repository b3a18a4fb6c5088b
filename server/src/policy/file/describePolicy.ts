import { unreachable } from "../../platform/errors";
import { visibleName, visibleText } from "../../protocol/visibleText";
import { PolicyFile, type Reaction } from "./policyFile";

/** What a policy asks for, line by line, for whoever decides whether it counts: all that is not as the built-in rules have it. */
export function describePolicy(policy: PolicyFile): readonly string[] {
  const { format, name: called } = policy;
  const builtIn = new Set(linesOf(PolicyFile.parse({ format, name: called, enforcement: "off" })));
  const [name, ...rules] = linesOf(policy);
  const own = rules.filter((line) => !builtIn.has(line));
  return [
    ...(name === undefined ? [] : [name]),
    ...own,
    own.length === rules.length ? "" : "All else: as the built-in rules have it.",
  ].filter((line) => line !== "");
}

function linesOf(policy: PolicyFile): readonly string[] {
  const { chain, anchors, executions, sealedPrompts, edited, unattributed } = policy;
  return [
    `Policy: ${visibleName(policy.name)}`,
    `Enforcement: ${enforcement(policy.enforcement)}`,
    `Chain: ${chain === undefined ? "the reader's own" : `only chain ${chain.id}, contract ${chain.contract}`}`,
    `Anchors: ${anchors.finalized ? "in final blocks" : "as soon as they are in a block"}; ${WITNESSED[anchors.witnesses]}`,
    `Replayable: ${places(executions.replayable)}; ${policy.replay === "required" ? "replayed" : "replayed or not"}`,
    `Attested: ${places(executions.attested)}`,
    `Stated: ${places(executions.stated)}`,
    ...list(
      "Models",
      "every pin that a reader lets count",
      policy.models?.map(({ name, digest }) => `${visibleName(name)} ${digest}`),
    ),
    ...list(
      "Devices",
      "any",
      policy.devices?.map(({ name, address }) => `${visibleName(name)} ${address}`),
    ),
    ...list(
      "Authority",
      "none",
      policy.authority?.addresses.map(({ name, address }) => `${visibleName(name)} ${address}`),
    ),
    ...(policy.authority === undefined ? [] : [decided(policy.authority)]),
    ...list(
      "Verifiers",
      "whoever replays, for themselves",
      policy.verifiers?.map(({ name, address }) => `${visibleName(name)} ${address}`),
    ),
    ...list(
      "Environments",
      "any",
      policy.environments?.map(({ name, digest }) => `${visibleName(name)} ${digest}`),
    ),
    ...list(
      "Enclave code",
      "whatever the registry approves",
      policy.enclaveCode?.map(({ name, measurement }) => `${visibleName(name)} ${measurement}`),
    ),
    `Revoked: code of enclaves whose approval was taken back: ${policy.revokedEnclaves === "refuse" ? "refused" : "reported"}`,
    `Sealed: suggestions whose prompt stayed with its author: ${REACTED[sealedPrompts]}`,
    `Share: at least ${percent(policy.leastShare)} of the text on its lines`,
    `Copied: at most ${percent(policy.mostCopied)} of it stands in its prompt`,
    `Edited: accepted lines that were changed: ${REACTED[edited]}`,
    `Unattributed: changed lines without evidence: ${REACTED[unattributed]}`,
  ];
}

function decided({ decides, maximumAgeHours }: NonNullable<PolicyFile["authority"]>): string {
  const kinds =
    decides.length === 0
      ? "it only revokes"
      : `beside what is listed here it decides which ${decides.join(", ")} count, and it revokes`;
  return `– ${kinds}; what it said counts for ${maximumAgeHours} hours where the chain cannot be asked`;
}

const REACTED: Readonly<Record<Reaction, string>> = {
  allow: "allowed",
  report: "reported",
  refuse: "refused",
};

const WITNESSED: Readonly<Record<PolicyFile["anchors"]["witnesses"], string>> = {
  any: "on one operator's word, or a local chain's",
  several: "on the word of two operators, or a proof",
  proved: "proved by the chain's state",
};

function enforcement(level: PolicyFile["enforcement"]): string {
  switch (level) {
    case "off":
      return "none";
    case "warn":
      return "what falls short is a warning";
    case "block":
      return "what falls short is an error";
    default:
      return unreachable(level);
  }
}

function places(patterns: readonly string[]): string {
  const isEverywhere = patterns.includes("**");
  return isEverywhere
    ? "everywhere"
    : patterns.length === 0
      ? "nowhere"
      : patterns.map((pattern) => visibleText(pattern)).join(", ");
}

/** What is listed, one to a line; `otherwise` where nothing is. */
function list(head: string, otherwise: string, entries: readonly string[] | undefined): string[] {
  return entries === undefined
    ? [`${head}: ${otherwise}`]
    : [`${head}: ${entries.length === 0 ? "none" : "these alone"}`, ...entries.map((entry) => `– ${entry}`)];
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
