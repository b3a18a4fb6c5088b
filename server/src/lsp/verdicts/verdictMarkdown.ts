import type { Policy } from "../../policy/policy";
import { partOfLines, reasonFor } from "../../policy/reasons";
import type { Checks, Verdict } from "../../policy/verdict";
import type { LinkedCommand } from "../../protocol/linkedCommands";
import type { CheckName, CheckValue, Summary } from "../../protocol/verdictWords";
import { visibleMarkdown } from "../../protocol/visibleMarkdown";
import { remarksOn } from "./remarks";

/** What each summary means, in a few words. */
const MEANINGS: Readonly<Record<Summary, string>> = {
  failed: "a contradiction was found",
  unknown: "something could not be reached or decided",
  pending: "not anchored yet",
  unverified: "a required check is not met",
  edited: "changed since it was accepted",
  stated: "signed and onchain; no one can check which model wrote it",
  anchored: "signed and onchain, but nothing shows here that the model wrote it",
  attested: "an enclave signed this answer; no one can check which weights wrote it",
  verified: "signed, onchain and replayed",
};

/**
 * The whole of a verdict as markdown: what was not checked first, then model, environment, output and chain. Text
 * from files and from the chain is escaped, so that it can neither link nor format.
 *
 * @param signature one line about who signed the model, where it is installed here and has a signature
 */
export function verdictMarkdown(
  verdict: Verdict,
  policy: Policy,
  note: string | null,
  signature: string | null,
): string {
  const { checks, findings, id } = verdict;
  const because = (name: CheckName): string => visibleMarkdown(reasonFor(name, checks, findings, policy));
  const { model, environment, anchor } = findings;
  const head = [
    `**Proofline: ${verdict.summary}**, ${MEANINGS[verdict.summary]}.${note === null ? "" : ` ${visibleMarkdown(note)}.`}`,
    ...(verdict.reasons.length === 0 || verdict.summary === "anchored"
      ? []
      : [verdict.reasons.map((reason) => visibleMarkdown(reason)).join(" ")]),
  ];
  if (checks.evidence !== "intact") {
    const tail = ["Nothing else that the file says is believed, so nothing of it is shown.", links(verdict)];
    return shortenHex([...head, ...tail].join("\n\n"));
  }
  const paragraphs = [
    `**Not checked:** ${notChecked(checks).join("; ")}.`,
    ...head,
    `**Model** ${model.manifestDigest === null ? "" : `${visibleMarkdown(model.name ?? "not pinned here")} ${code(model.manifestDigest)}`}  \n${because("model")}${
      signature === null ? "" : ` Its files: ${visibleMarkdown(signature)}.`
    }`,
    `**Environment** ${environment === null ? "" : `${visibleMarkdown(environment.engine)} on ${visibleMarkdown(environment.platform)}, ${visibleMarkdown(environment.profile)} ${code(environment.digest)}`}  \n` +
      `${because("environment")} ${because("signature")}`,
    `**Output** ${because("execution")}  \n${because("prompt")} ${because("content")}${
      remarksOn(verdict).includes("part") ? ` The model's is ${partOfLines(verdict)}.` : ""
    } ${because("evidence")}${
      checks.copied === "fromToday" || checks.copied === "fromPrompt" ? ` ${because("copied")}` : ""
    }`,
    `**Onchain** ${because("anchor")}${onchain(anchor)}${
      anchor.blockNumber === undefined ? "" : `  \n${because("anchorTrust")}`
    }${(anchor.remarks ?? []).map((remark) => `  \n${visibleMarkdown(remark)}`).join("")}`,
    links(verdict),
    `Suggestion ${code(id)}`,
  ];
  return shortenHex(paragraphs.join("\n\n"));
}

/** Addresses and digests as people compare them: both ends. The evidence file has the whole. */
function shortenHex(markdown: string): string {
  return markdown.replace(/\b((?:0x)?[0-9a-f]{8})[0-9a-f]{28,}([0-9a-f]{4})\b/g, "$1…$2");
}

/** One line about a verdict: the word with all that its badge says beside it, and a link to the whole. */
export function verdictLine(verdict: Verdict, localChain: boolean, note: string | null): string {
  const what = note === null ? MEANINGS[verdict.summary] : visibleMarkdown(note);
  const beside = [...remarksOn(verdict), ...(localChain ? ["local chain"] : [])]
    .map((one) => ` · ${one}`)
    .join("");
  return `Proofline: **${verdict.summary}**${beside}, ${what} · [Show](${commandLink("proofline.showVerdict", [verdict.key])})`;
}

/** For each value of each check what it leaves unchecked; `null` where that is nothing. In the order of telling. */
const GAPS: { readonly [Name in CheckName]: { readonly [Value in CheckValue<Name>]: string | null } } = {
  execution: {
    exact: null,
    withinTolerance: null,
    mismatch: null,
    notRun: "that the model yields this text",
    impossible: "that the model yields this text",
    enclaveSigned: null,
    enclaveUnchecked: "the enclave's signature",
    enclaveContradicted: null,
    stated: "that any model wrote this",
  },
  anchor: {
    finalized: null,
    included: null,
    pending: "when it was stated",
    absent: "when it was stated",
    unreachable: "when it was stated",
    wrongChain: "when it was stated",
    reorged: "when it was stated",
    disputed: "when it was stated",
  },
  anchorTrust: {
    stateProof: null,
    quorum: null,
    offlineProof: null,
    singleRpc: "whether the one operator's servers tell the truth",
    local: "the time, since the chain's owner controls it",
  },
  model: {
    approved: null,
    pinOnly: "the model, by anyone but this machine's pin",
    unapproved: null,
    revoked: null,
    misnamed: null,
    unproved: "which weights wrote it",
  },
  signature: {
    valid: null,
    unknownDevice: "who the signing device belongs to",
    revokedDevice: null,
    invalid: null,
  },
  environment: {
    declaredApproved: null,
    declaredUnknown: "the environment, which the device only states",
    attested: null,
  },
  prompt: {
    bound: null,
    disclosed: "that the prompt is the text around it",
    sealed: "the prompt, which is sealed",
  },
  copied: { no: null, fromToday: null, fromPrompt: null, unknown: null },
  content: { verbatim: null, reformatted: null, edited: null, moved: null, ambiguous: null, gone: null },
  evidence: {
    intact: null,
    malformed: null,
    tampered: null,
    newer: "what the evidence says, which only a newer Proofline can read",
    equivocation: null,
    foreign: null,
    unidentified: "whether it belongs to this repository",
  },
};

/** What nobody checked about a suggestion; never empty, since nobody checks whether code is good. */
function notChecked(checks: Checks): string[] {
  const gapOf = <Name extends CheckName>(name: Name): string | null => GAPS[name][checks[name]];
  const names = (Object.keys(GAPS) as CheckName[]).filter(
    // Where nothing is anchored, nobody's word for it is in question.
    (name) => name !== "anchorTrust" || GAPS.anchor[checks.anchor] === null,
  );
  return [...names.flatMap((name) => gapOf(name) ?? []), "whether the code is right or safe"];
}

function onchain({ time, transaction }: Verdict["findings"]["anchor"]): string {
  const when = time === undefined ? "" : ` Since ${visibleMarkdown(utc(time))}.`;
  return `${when}${transaction === undefined ? "" : ` Transaction ${code(transaction)}`}`;
}

function utc(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? `second ${seconds}`
    : date.toISOString().replace("T", " ").replace(".000Z", " UTC");
}

function links({ key, evidenceFile, checks }: Verdict): string {
  const shown = [
    ...(evidenceFile === null ? [] : [`[Open evidence](${commandLink("proofline.openEvidence", [key])})`]),
    ...(checks.execution === "notRun" ? [`[Replay](${commandLink("proofline.replay", [key])})`] : []),
    ...(checks.anchor === "pending" ? [`[Anchor now](${commandLink("proofline.anchorNow", [])})`] : []),
  ];
  return shown.length === 0 ? "No evidence file yet." : shown.join(" · ");
}

function commandLink(command: LinkedCommand, parameters: readonly string[]): string {
  return `command:${command}?${encodeURIComponent(JSON.stringify(parameters))}`;
}

/** A digest or id as code; anything that is not plain hex is escaped text instead. */
function code(text: string): string {
  return /^[0-9a-zx]+$/.test(text) ? `\`${text}\`` : visibleMarkdown(text);
}
