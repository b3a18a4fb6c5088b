/** What a pipeline does with a change: models, anchors, the verdict, its reports, and what it signs for readers without the models. */
import { addressOf, signPersonalMessage } from "../platform/ecdsa";
import { accountOfKey } from "../platform/walletKey";
import { policyDigest } from "../policy/file/policyFile";
import { saveReport } from "../workflows/saveReport";
import { type SignedReplays, signReplays, type Verifier } from "../workflows/signReplays";
import { anchor } from "./anchorCommand";
import type { Answer } from "./answers";
import { keyFrom } from "./chainOptions";
import { CommandError } from "./commandError";
import { failureOf } from "./failure";
import type { JudgedFlags } from "./judgedReport";
import { modelFetch } from "./modelCommand";
import { type CommandResult, note, textOf } from "./output";
import type { Session } from "./session";
import { type VerifiedReport, verifiedReportOf } from "./verifyCommand";
import type { VerifyFormat } from "./verifyFormats";

/** Forms of a report that are written to files. */
export const REPORT_FORMS = ["markdown", "sarif", "junit", "json"] as const satisfies readonly VerifyFormat[];
export type ReportForm = (typeof REPORT_FORMS)[number];

export interface CiFlags extends JudgedFlags {
  /** Manifest digests of models that are downloaded and count beside the embedded one. */
  readonly fetchModel: readonly string[];
  /** Whether to anchor what is on no chain yet, with the key that pays for anchors. */
  readonly anchor: boolean;
  readonly files: Readonly<Partial<Record<ReportForm, string>>>;
  /** A URI that says who signs; `null` for one made of the address. */
  readonly verifierId: string | null;
  /** A file with the verifier's private key; `null` for that of the variables. */
  readonly verifierKeyFile: string | null;
}

/** `proofline ci`: ends as `verify` does. */
export async function ci(session: Session, flags: CiFlags): Promise<CommandResult<Answer<"ci">>> {
  // What is wrong with the call is said before anything is paid or replayed.
  const verifier = verifierIn(flags);
  for (const digest of flags.fetchModel) {
    await fetchModel(session, digest);
  }
  const anchored = flags.anchor ? await anchorPending(session, flags) : [];
  const verified = await verifiedReportOf(session, [], flags);
  const written: string[] = [];
  for (const form of REPORT_FORMS) {
    const file = flags.files[form];
    const document = verified.document(form);
    if (file !== undefined && document !== null) {
      await saveReport(file, textOf(document));
      written.push(file);
    }
  }
  const signed = verifier === null ? null : await sign(verified, verifier);
  return {
    exitCode: verified.exitCode,
    json: { good: verified.exitCode === 0, summary: verified.report.summary, anchored, written, signed },
    text: [
      ...verified.text,
      ...written.map((file) => `Wrote ${file}.`),
      ...(signed === null || verifier === null ? [] : signedLines(signed, verifier)),
    ],
  };
}

function verifierIn({ verifierKeyFile, verifierId }: CiFlags): Verifier | null {
  const key = keyFrom(
    verifierKeyFile ?? process.env.PROOFLINE_VERIFIER_KEY_FILE,
    process.env.PROOFLINE_VERIFIER_KEY,
    "PROOFLINE_VERIFIER_KEY",
  );
  if (key === null) {
    return null;
  }
  if (accountOfKey(key) === null) {
    throw new CommandError(
      "usage",
      "The verifier's key is not a private key.",
      "Check the file behind --verifier-key-file, or the variable PROOFLINE_VERIFIER_KEY.",
    );
  }
  const bytes = Buffer.from(key.slice(2), "hex");
  const address = addressOf(bytes);
  return {
    address,
    sign: (message) => signPersonalMessage(message, bytes),
    id: verifierId ?? `urn:proofline:verifier:${address}`,
  };
}

/** Which models count is said by the call. One that cannot be had is not installed, and the verdict says so. */
async function fetchModel(session: Session, digest: string): Promise<void> {
  try {
    const { text } = await modelFetch(session, digest, { accept: digest, yes: true });
    noteAll(text);
  } catch (error) {
    note(`A model could not be fetched: ${told(error)}`);
  }
}

/** What could not be anchored stays pending, and the verdict says so. */
async function anchorPending(session: Session, flags: CiFlags): Promise<readonly string[]> {
  try {
    const { json, text } = await anchor(session, { ...flags, pay: true });
    noteAll(text);
    return json.anchored.map(({ batchRoot }) => batchRoot);
  } catch (error) {
    note(`Nothing was anchored: ${told(error)}`);
    return [];
  }
}

function noteAll(lines: CommandResult["text"]): void {
  for (const line of lines) {
    note(typeof line === "string" ? line : line.block);
  }
}

function told(error: unknown): string {
  const { code, reason, remedy } = failureOf(error);
  // A disk that fails, or a defect, is no matter of one model or one anchor.
  if (code === "file" || code === "defect") {
    throw error;
  }
  return `${reason} ${remedy}`;
}

function sign(
  { repository, contents, outcomes, rules: { file } }: VerifiedReport,
  verifier: Verifier,
): Promise<SignedReplays> {
  return signReplays({
    ...{ repository, contents, outcomes, verifier },
    policy: file === null ? null : { name: file.name, digest: policyDigest(file) },
    now: Math.floor(Date.now() / 1000),
  });
}

function signedLines({ claims, files }: SignedReplays, { address }: Verifier): readonly string[] {
  return files.length === 0
    ? [`${address} signed nothing new: whatever was replayed, it has signed before.`]
    : [
        `${address} signed ${claims === 1 ? "one replay" : `${claims} replays`}. Commit .proofline/results, so that readers without the models find them.`,
      ];
}
