import { basename } from "node:path";
import type { ClaimValues } from "../../evidence/format/claimValues";
import { unreachable } from "../../platform/errors";
import { utc } from "../../platform/utc";
import { notChecked } from "../../policy/notChecked";
import { WITHOUT_KEY } from "../../policy/policy";
import { reasonFor } from "../../policy/reasons";
import type { EnclaveCheck, Verdict } from "../../policy/verdict";
import type { CheckName } from "../../protocol/verdictWords";
import { visibleCode, visibleMarkdown } from "../../protocol/visibleMarkdown";
import { visibleLines } from "../../protocol/visibleText";
import { describeEnclaveCheck, nameOfEnclaveCheck } from "../../providers/attestation/checkNames";
import type { Revision } from "../documents/revision";
import type { ClaimInFile } from "./evidenceFolders";
import { aboutRevision, firstSentence, type Reader, whoAndWhen } from "./verdictMarkdown";

/** The longest text of a prompt or an output that is shown whole, in UTF-16 code units. */
const LONGEST_TEXT = 20_000;

const NAMES: Readonly<Record<CheckName, string>> = {
  content: "Text",
  evidence: "Evidence file",
  signature: "Signature",
  anchor: "Onchain",
  anchorTrust: "Whose word that is",
  execution: "Output",
  model: "Model",
  environment: "Environment",
  prompt: "Prompt",
  copied: "Copied",
};

/**
 * All that is known of a verdict, as a Markdown document for a person: each check with its value and its reason, what
 * the model was asked and answered, who stated it where, and the signed record in full. Files are named, not linked: the
 * editor's preview takes no links to files.
 *
 * @param revision which version of a file that is; `null` for a document that a person works on
 * @param sealed `null` while it stands in the journal only
 * @param signature one line about who signed the model, where it is installed here and has a signature
 */
export function verdictDocument(
  verdict: Verdict,
  reader: Reader,
  {
    revision,
    sealed,
    note,
    signature,
    whySealed,
  }: {
    readonly revision: Revision | null;
    readonly sealed: ClaimInFile | null;
    readonly note: string | null;
    readonly signature: string | null;
    /** Why its prompt stays with its author, where that is this computer; `null` where nothing is known of it. */
    readonly whySealed: string | null;
  },
): string {
  const head = [
    `# ${verdict.summary}`,
    ...(revision === null ? [] : [aboutRevision(revision)]),
    `${placeOf(verdict)}: ${firstSentence(verdict, note)}`,
    ...(verdict.reasons.length < 2
      ? []
      : [
          verdict.reasons
            .slice(1)
            .map((one) => visibleMarkdown(one))
            .join(" "),
        ]),
  ];
  if (verdict.checks.evidence !== "intact") {
    const rest = "Nothing else that the evidence file says is believed, so nothing of it is shown.";
    return [...head, rest, evidenceFile(sealed)].join("\n\n");
  }
  return [
    ...head,
    whoAndWhen(verdict, reader),
    "## What was checked",
    checkTable(verdict, reader),
    ...enclaveTable(verdict.findings.execution.checks ?? []),
    ...(verdict.findings.anchor.remarks ?? []).map((remark) => visibleMarkdown(remark)),
    "## What was not checked",
    notChecked(verdict.checks)
      .map((one) => `- ${one}`)
      .join("\n"),
    ...asked(sealed?.claim.values ?? null, whySealed),
    ...answered(sealed),
    "## Names and digests",
    facts(verdict, sealed, signature),
    ...(sealed === null ? [] : ["## The signed record", json(sealed)]),
    evidenceFile(sealed),
  ].join("\n\n");
}

function placeOf({ path, startLine, endLine }: Verdict): string {
  const lines =
    startLine === null
      ? ""
      : startLine === endLine
        ? `, line ${startLine}`
        : `, lines ${startLine} to ${endLine}`;
  return `${visibleCode(path)}${lines}`;
}

function checkTable({ checks, findings }: Verdict, { policy }: Reader): string {
  const rows = (Object.keys(NAMES) as CheckName[]).map(
    (name) =>
      `| ${NAMES[name]} | ${checks[name]} | ${visibleMarkdown(reasonFor(name, checks, findings, policy), 2_000)} |`,
  );
  return ["| check | value | what that means here |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Each check of an enclave's answer by itself. */
function enclaveTable(checks: readonly EnclaveCheck[]): readonly string[] {
  const rows = checks.map(
    ({ name, value, reason }) =>
      `| ${visibleMarkdown(nameOfEnclaveCheck(name))} | ${describeEnclaveCheck(value)} | ${visibleMarkdown(reason, 2_000)} |`,
  );
  return rows.length === 0
    ? []
    : [
        "## What was checked of the enclave",
        ["| check | value | why |", "| --- | --- | --- |", ...rows].join("\n"),
      ];
}

/** What the model was asked. */
function asked(values: ClaimValues | null, whySealed: string | null): readonly string[] {
  if (values === null) {
    const why =
      whySealed === null
        ? "That is so where a line of it was not saved in a file of the repository, stands in an ignored file, or looks like a secret."
        : `You are its author. When it was sealed: ${visibleMarkdown(whySealed)} You keep it on this computer.`;
    return [
      "## What the model was asked",
      `The prompt is not in the evidence: its author keeps it, and only its digest is bound. ${why}`,
    ];
  }
  switch (values.kind) {
    case "replayable": {
      const { path, prefix, suffix, context } = values.prompt;
      return [
        "## What the model was asked",
        `In ${path === null ? "a file without a name" : visibleCode(path)}, the text before the place:`,
        fence(prefix, LONGEST_TEXT, "end"),
        "and after it:",
        fence(suffix),
        ...context.flatMap((chunk) => [`Beside it, from ${visibleCode(chunk.path)}:`, fence(chunk.text)]),
      ];
    }
    case "attested":
      return ["## What the enclave was asked", fence(Buffer.from(values.request, "base64").toString("utf8"))];
    case "stated":
      return ["## What the tool says", `${visibleCode(values.tool)}, model ${visibleCode(values.model)}`];
    default:
      return unreachable(values);
  }
}

function answered(sealed: ClaimInFile | null): readonly string[] {
  if (sealed === null) {
    return [];
  }
  const { displayed, pieces } = sealed.claim;
  const accepted = pieces.flatMap((piece) => [
    `Accepted in ${visibleCode(piece.path)}:`,
    fence(piece.accepted),
  ]);
  const isWhole = pieces.length === 1 && pieces[0]?.accepted === displayed;
  return [
    "## What it answered",
    ...(displayed === null || isWhole ? [] : ["Offered:", fence(displayed)]),
    ...accepted,
  ];
}

function facts(
  { findings, claim, id }: Verdict,
  sealed: ClaimInFile | null,
  signature: string | null,
): string {
  const { model, environment, anchor, device } = findings;
  const rows: readonly (readonly [string, string | null])[] = [
    [
      "Model",
      model.manifestDigest === null
        ? null
        : `${visibleMarkdown(model.name ?? model.told)}, pin ${visibleCode(model.manifestDigest)}`,
    ],
    ["Model's files, signed as OMS root", model.omsRoot === null ? null : visibleCode(model.omsRoot)],
    ["Model's signature", signature === null ? null : visibleMarkdown(signature)],
    [
      "Environment",
      environment === null
        ? null
        : `${visibleMarkdown(`${environment.engine} on ${environment.platform}`)}, execution profile ${visibleCode(environment.profile)}, digest ${visibleCode(environment.digest)}`,
    ],
    ["Device", device === WITHOUT_KEY ? null : visibleCode(device)],
    ["Claim (leaf hash)", sealed === null ? null : visibleCode(claim)],
    ["Suggestion", visibleMarkdown(id)],
    ["Batch root", anchor.batchRoot === "" ? null : visibleCode(anchor.batchRoot)],
    ["Sequence of its device", sealed === null ? null : String(sealed.batch.sequence)],
    [
      "Chain",
      anchor.chainName === undefined
        ? null
        : `${visibleMarkdown(anchor.chainName)} (id ${anchor.chainId ?? "unknown"}), block ${anchor.blockNumber ?? "unknown"}`,
    ],
    ["Transaction", anchor.transaction === undefined ? null : visibleCode(anchor.transaction)],
    ["Onchain since", anchor.time === undefined ? null : visibleMarkdown(utc(anchor.time))],
  ];
  const known = rows.flatMap(([name, value]) => (value === null ? [] : [`| ${name} | ${value} |`]));
  return ["| | |", "| --- | --- |", ...known].join("\n");
}

function json({ batch, claim }: ClaimInFile): string {
  const record = {
    repositoryId: batch.facts.repositoryId,
    execution: batch.facts.execution,
    claim: claim.record,
  };
  return fence(JSON.stringify(record, null, 2), LONGEST_TEXT, "start", "json");
}

function evidenceFile(sealed: ClaimInFile | null): string {
  return sealed === null
    ? "There is no evidence file yet: it stands in the journal on this computer."
    : `The evidence file ${visibleCode(`.proofline/evidence/${basename(sealed.file)}`)} holds all of this as it was signed: *Proofline: Open Evidence File* shows it.`;
}

/** A block of text as it is, with what cannot be seen spelled out; nothing in it can end the block. */
function fence(text: string, limit = LONGEST_TEXT, keep: "start" | "end" = "start", language = ""): string {
  const cut = text.length <= limit ? text : keep === "start" ? text.slice(0, limit) : text.slice(-limit);
  const left = text.length - cut.length;
  const shown = visibleLines(cut);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const marks = "`".repeat(longest + 1);
  const block = `${marks}${language}\n${shown}\n${marks}`;
  return left === 0
    ? block
    : `${block}\n\n(${left} more characters ${keep === "start" ? "after" : "before"} that)`;
}
