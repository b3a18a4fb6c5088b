import { utc } from "../../platform/utc";
import { notChecked } from "../../policy/notChecked";
import type { Policy } from "../../policy/policy";
import { lacksOnlyItsChain, remarksOn } from "../../policy/remarks";
import { type Verdict, verifierBehind } from "../../policy/verdict";
import type { LinkedCommand } from "../../protocol/linkedCommands";
import type { Summary } from "../../protocol/verdictWords";
import { visibleMarkdown } from "../../protocol/visibleMarkdown";
import type { Revision } from "../documents/revision";
import { type Mark, verdictRows } from "./verdictRows";

/** Whom a reader knows. */
export interface Reader {
  readonly policy: Policy;
  /** The address of this computer's own device; `WITHOUT_KEY` before it has one. */
  readonly device: string;
}

/** What each summary means, in a few words. */
const MEANINGS: Readonly<Record<Summary, string>> = {
  failed: "a contradiction was found",
  unknown: "something that matters could not be checked",
  pending: "accepted, and not onchain yet",
  unverified: "a required check is not met",
  edited: "changed since it was accepted",
  stated: "signed and onchain, but no one can check which model wrote it",
  anchored: "signed and onchain, but nothing shows here that the model wrote it",
  attested: "an approved enclave relayed this answer; nobody can check which weights wrote it",
  verified: "this model, given this prompt, yields this text",
};

const MARKS: Readonly<Record<Mark, string>> = { checked: "✓", stated: "○", open: "?", wrong: "✗" };

/**
 * A verdict as a hover that fits without scrolling: the word and what it means, who stated it and when, four rows, what
 * was not checked, and what can be done. The verdict document has the rest. Text from files and from the chain is escaped,
 * so that it can neither link nor format.
 *
 * @param others verdicts of other suggestions on the same line, a line each
 */
export function verdictMarkdown(
  verdict: Verdict,
  reader: Reader,
  note: string | null,
  others: readonly string[] = [],
): string {
  const told = [
    ...(verdict.checks.evidence === "intact"
      ? [
          `**${verdict.summary}**: ${firstSentence(verdict, note)}  \n${whoAndWhen(verdict, reader)}`,
          rows(verdict, reader.policy),
          `*Not checked:* ${notChecked(verdict.checks).join("; ")}.`,
        ]
      : [
          `**${verdict.summary}**: ${firstSentence(verdict, note)}`,
          "Nothing else that the file says is believed, so nothing of it is shown.",
        ]),
  ];
  // The links name claims by their whole hashes.
  const paragraphs = [
    ...told.map(shortenHex),
    links(verdict),
    ...(others.length === 0 ? [] : [`Also on this line:  \n${others.join("  \n")}`]),
  ];
  return paragraphs.join("\n\n");
}

/** Which version of a file a verdict is about, in one line: a hover must fit without scrolling. */
export function aboutRevision({ which }: Revision): string {
  return `*Of the file ${visibleMarkdown(which)}, by today's evidence:*`;
}

/** One line about a verdict: the word with all that its badge says beside it, and a link to the whole. */
export function verdictLine(verdict: Verdict, note: string | null): string {
  const what = note === null ? MEANINGS[verdict.summary] : visibleMarkdown(note);
  const beside = remarksOn(verdict)
    .map((one) => ` · ${one}`)
    .join("");
  return `Proofline: **${verdict.summary}**${beside}, ${what} · [Show](${commandLink("proofline.showVerdict", [verdict.key])})`;
}

/** Addresses and digests as people compare them: both ends. The verdict document has the whole. */
function shortenHex(markdown: string): string {
  return markdown.replace(/\b((?:0x)?[0-9a-f]{8})[0-9a-f]{28,}([0-9a-f]{4})\b/g, "$1…$2");
}

/** What the word means here, with the reason that decided where that says more. */
export function firstSentence(verdict: Verdict, note: string | null): string {
  const meaning = meaningOf(verdict);
  const [reason] = verdict.reasons;
  const why = meaning === MEANINGS[verdict.summary] && !isTold(verdict.summary) ? reason : undefined;
  return [
    `${meaning}.`,
    ...(why === undefined ? [] : [visibleMarkdown(why)]),
    // Of a verified suggestion it names the verifier, as its meaning does.
    ...(note === null || verdict.summary === "verified" ? [] : [`${visibleMarkdown(note)}.`]),
  ].join(" ");
}

function meaningOf(verdict: Verdict): string {
  const { summary, checks, findings } = verdict;
  if (lacksOnlyItsChain(checks)) {
    return "the model yields this text, as replaying it here showed; when that was stated cannot be told";
  }
  const verifier = verifierBehind(verdict);
  if (verifier !== null) {
    return `${MEANINGS.verified}, as the verifier ${visibleMarkdown(verifier)} says`;
  }
  if (summary === "anchored" && checks.copied === "fromPrompt") {
    return "signed and onchain, but most of it stood in its prompt, where anybody may have put it";
  }
  if (summary === "attested" && findings.model.told !== "") {
    const model = visibleMarkdown(`“${findings.model.told}”`);
    return `an approved enclave relayed this answer from ${model}; nobody can check which weights wrote it`;
  }
  return MEANINGS[summary];
}

/** Whether the rows tell the reason of a word. */
function isTold(summary: Summary): boolean {
  return summary === "anchored" || summary === "pending" || summary === "stated" || summary === "attested";
}

export function whoAndWhen({ checks, findings }: Verdict, { policy, device }: Reader): string {
  const who =
    findings.device === device
      ? "Accepted on this computer"
      : checks.signature === "valid"
        ? `Accepted on a device that the ${visibleMarkdown(policy.name)} lists`
        : `Accepted on another device, \`${visibleMarkdown(findings.device)}\`, which is not known here`;
  const { time } = findings.anchor;
  return time === undefined ? `${who}.` : `${who}; onchain since ${visibleMarkdown(utc(time))}.`;
}

function rows(verdict: Verdict, policy: Policy): string {
  return verdictRows(verdict, policy)
    .map(({ name, mark, text }) => `${MARKS[mark]} **${name}** ${visibleMarkdown(text)}`)
    .join("  \n");
}

function links({ key, evidenceFile, checks }: Verdict): string {
  return [
    `[Details](${commandLink("proofline.openVerdict", [key])})`,
    ...(evidenceFile === null ? [] : [`[Evidence file](${commandLink("proofline.openEvidence", [key])})`]),
    ...(checks.execution === "notRun" ? [`[Replay](${commandLink("proofline.replay", [key])})`] : []),
    ...(checks.anchor === "pending" ? [`[Anchor now](${commandLink("proofline.anchorNow", [])})`] : []),
  ].join(" · ");
}

function commandLink(command: LinkedCommand, parameters: readonly string[]): string {
  return `command:${command}?${encodeURIComponent(JSON.stringify(parameters))}`;
}
