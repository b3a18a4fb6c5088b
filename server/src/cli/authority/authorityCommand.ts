/** What a team's address says onchain: which models, devices, environments and verifiers count, and which no longer do. */
import type { Hex } from "viem";
import {
  type Approval,
  type ApprovalFile,
  approvalFileName,
  formatApproval,
} from "../../chain/authority/approvalFile";
import {
  type Attested,
  encodeAttested,
  readAttested,
  type SchemaKind,
  schemaOf,
  uidOf,
} from "../../chain/authority/attestation";
import { AuthorityWriter } from "../../chain/authority/authorityWriter";
import { attestCall, denyCall } from "../../chain/authority/easCalls";
import {
  type Denial,
  denialDigest,
  SUBJECT_KINDS,
  Subject,
  type SubjectKind,
} from "../../chain/authority/subjects";
import { deviceAddress } from "../../evidence/device";
import { factsDigest } from "../../evidence/format/leaf";
import { AUTHORITY_FOLDER } from "../../evidence/repository/places";
import type { Repository } from "../../evidence/repository/repository";
import { readPin } from "../../models/pin/readPin";
import { type Address, ChainHash, Digest } from "../../platform/primitives";
import { utc } from "../../platform/utc";
import { visibleName } from "../../protocol/visibleText";
import { readApprovals } from "../../workflows/readRepository";
import { RepositoryPolicies } from "../../workflows/repositoryPolicies";
import type { Answer } from "../answers";
import { CommandError } from "../commandError";
import { namedModel, placesOf } from "../namedModels";
import { type CommandResult, note } from "../output";
import { type Session, withEngine } from "../session";
import { withWorkspace } from "../workspace";
import {
  type ApprovalFlags,
  type AuthorityFlags,
  authorityKey,
  type RevocationFlags,
  sharedChain,
  typedTime,
} from "./authorityOptions";

type Approved = CommandResult<Answer<"authority approve-model">>;
type Revoked = CommandResult<Answer<"authority revoke">>;

/** `proofline authority approve-model [MODEL]`: an installed model by its name, or any by its whole manifest digest. */
export async function approveModel(
  session: Session,
  typed: string | undefined,
  flags: ApprovalFlags,
): Promise<Approved> {
  const digest = Digest.safeParse(typed);
  if (digest.success) {
    return approve(session, { kind: "model", id: digest.data }, flags);
  }
  const model = await modelMeant(session, typed);
  return approve(session, { kind: "model", id: model.manifestDigest }, { name: model.name, ...flags });
}

/** The model of this repository, or an installed one that a person names. */
async function modelMeant(
  session: Session,
  typed: string | undefined,
): Promise<{ readonly name: string; readonly manifestDigest: Digest }> {
  const found = typed === undefined ? null : await namedModel(session, await placesOf(session), typed);
  if (found !== null && found !== "embedded") {
    return found;
  }
  const { manifest, manifestDigest } = await readPin(
    found === null ? session.modelDirectory : session.installation.modelDirectory,
  );
  return { name: manifest.name, manifestDigest };
}

/** `proofline authority enroll-device [ADDRESS]`: this computer's own device unless another is named. */
export async function enrollDevice(
  session: Session,
  typed: string | undefined,
  flags: ApprovalFlags,
): Promise<Approved> {
  const address = typed ?? (await deviceAddress(session.home));
  if (address === null) {
    throw new CommandError(
      "device",
      "This computer has no device key yet: it gets one with its first batch.",
      "Name a device by its address, as `proofline verify` shows it.",
    );
  }
  return approve(session, subjectFrom("device", address), flags);
}

/** `proofline authority approve-environment [DIGEST]`: that of this computer unless another is named. */
export async function approveEnvironment(
  session: Session,
  typed: string | undefined,
  flags: ApprovalFlags,
): Promise<Approved> {
  const id =
    typed ??
    (await withEngine(session, async ({ facts }) => factsDigest(facts.environment), session.modelDirectory));
  return approve(session, subjectFrom("environment", id), flags);
}

/** `proofline authority appoint-verifier ADDRESS`. */
export function appointVerifier(session: Session, typed: string, flags: ApprovalFlags): Promise<Approved> {
  return approve(session, subjectFrom("verifier", typed), flags);
}

/** `proofline authority revoke KIND ID`: for ever, from now on or since when it was compromised. */
export async function revoke(
  session: Session,
  [kind = "", id = ""]: readonly string[],
  flags: RevocationFlags,
): Promise<Revoked> {
  const known = SUBJECT_KINDS.find((one) => one === kind);
  if (known === undefined) {
    throw new CommandError(
      "usage",
      `${kind} is nothing that an authority revokes.`,
      `Name one of ${SUBJECT_KINDS.join(", ")}.`,
    );
  }
  const subject = subjectFrom(known, id);
  const denial: Denial = flags.compromised === true ? "compromised" : "lost";
  const since = flags.since === undefined ? null : typedTime(flags.since, "--since");
  if (since !== null && denial === "lost") {
    throw new CommandError(
      "usage",
      "--since says since when something has been compromised.",
      "Give --compromised with it, or leave it out.",
    );
  }
  const digest = denialDigest(subject, denial);
  const attested: Attested | null = since === null ? null : { kind: "compromise", denial: digest, since };
  if (flags.print === true) {
    return printed(session, flags, [
      { data: denyCall(digest), schema: null },
      ...(attested === null ? [] : [{ data: attestCall(attested, 0), schema: schemaOf(attested) }]),
    ]);
  }
  return speaking(session, flags, async (writer, repository, approvals) => {
    const time = await writer.deny(digest);
    // Of two of them the earlier one would count, and whoever leaves it out would have the later one count.
    for (const { file } of attested === null ? [] : approvals.filter(saidSince(writer, digest))) {
      await writer.withdraw(file);
    }
    const path = attested === null ? null : await keep(repository, await writer.attest(attested, 0));
    const from =
      denial === "lost"
        ? `What is anchored from ${utc(time)} on does not count.`
        : since === null
          ? "Nothing of it counts, nor ever did."
          : `What is anchored from ${utc(since)} on does not count.`;
    return {
      exitCode: 0,
      json: { kind: subject.kind, id: subject.id, denial, time, since, path },
      text: [`Revoked the ${subject.kind} ${subject.id} for ever. ${from}`, ...pathLine(path)],
    };
  });
}

/** `proofline authority add UID`: keeps an attestation that a wallet has made. */
export function addApproval(session: Session, typed: string, flags: AuthorityFlags): Promise<Approved> {
  const uid = ChainHash.safeParse(typed.toLowerCase());
  if (!uid.success) {
    throw new CommandError(
      "usage",
      `${typed} is no UID of an attestation.`,
      "Give 0x and 64 hexadecimal digits.",
    );
  }
  return asking(session, flags, async (writer, repository) => {
    const file = await writer.find(uid.data);
    const attested = file === null ? null : readAttested(file.attestation);
    if (file === null || attested === null) {
      throw new CommandError(
        "chain.rejected",
        `${writer.identity.name} holds no attestation ${uid.data} that approves, enrols or appoints anything.`,
        "Compare the UID, and the chain that is asked.",
      );
    }
    await noteAuthority(repository, session, file);
    return kept(file, attested, await keep(repository, file));
  });
}

/** What this authority has said before of since when something is compromised. */
function saidSince({ address }: AuthorityWriter, digest: Digest): (approval: Approval) => boolean {
  return ({ attested, file }) =>
    attested.kind === "compromise" && attested.denial === digest && file.attestation.attester === address;
}

async function approve(session: Session, subject: Subject, flags: ApprovalFlags): Promise<Approved> {
  const { name } = flags;
  if (name === undefined || name.trim() === "") {
    throw new CommandError(
      "usage",
      `The ${subject.kind} has no name.`,
      "Say with --name what people call it.",
    );
  }
  const attested: Attested = { kind: "approval", subject, name };
  const expires = flags.expires === undefined ? 0 : typedTime(flags.expires, "--expires");
  if (flags.print === true) {
    return printed(session, flags, [{ data: attestCall(attested, expires), schema: schemaOf(attested) }]);
  }
  return speaking(session, flags, async (writer, repository, approvals) => {
    for (const { file } of approvals.filter(saysTheSame(writer, attested, expires))) {
      if (await writer.stands(file)) {
        return kept(file, attested, pathOf(file));
      }
    }
    const file = await writer.attest(attested, expires);
    await noteAuthority(repository, session, file);
    return kept(file, attested, await keep(repository, file));
  });
}

/** What this authority has attested already, so that nothing new need be paid for. */
function saysTheSame(
  { address, identity }: AuthorityWriter,
  wanted: Attested,
  expirationTime: number,
): (approval: Approval) => boolean {
  return ({ attested, file: { attestation, chainId, contract } }) =>
    attestation.attester === address &&
    attestation.expirationTime === expirationTime &&
    chainId === identity.chainId &&
    contract === identity.contract &&
    encodeAttested(attested) === encodeAttested(wanted) &&
    schemaOf(attested) === schemaOf(wanted);
}

function kept(file: ApprovalFile, attested: Attested, path: string): Approved {
  const uid = uidOf(file.attestation);
  const { expirationTime } = file.attestation;
  const until = expirationTime === 0 ? "" : ` until ${utc(expirationTime)}`;
  const what =
    attested.kind === "approval"
      ? `${DONE[attested.subject.kind]} ${visibleName(attested.name)} (${attested.subject.id})${until}.`
      : `Said since when it has been compromised: ${utc(attested.since)}.`;
  return {
    exitCode: 0,
    json: { uid, path, attestation: file.attestation },
    text: [what, ...pathLine(path)],
  };
}

const DONE: Readonly<Record<SubjectKind, string>> = {
  model: "Approved the model",
  device: "Enrolled the device",
  environment: "Approved the environment",
  verifier: "Appointed the verifier",
};

function pathLine(path: string | null): readonly string[] {
  return path === null ? [] : [`Commit ${path}: readers find what was said by it.`];
}

async function keep(repository: Repository, file: ApprovalFile): Promise<string> {
  await repository.writeApproval(approvalFileName(file), formatApproval(file));
  return pathOf(file);
}

function pathOf(file: ApprovalFile): string {
  return `${AUTHORITY_FOLDER}/${approvalFileName(file)}`;
}

/** Says so where nobody listens to whoever spoke. */
async function noteAuthority(
  repository: Repository,
  { home }: Session,
  { chainId, contract, attestation: { attester } }: ApprovalFile,
): Promise<void> {
  const { file } = await new RepositoryPolicies(home).of(repository);
  const isListened =
    file?.authority?.addresses.some(({ address }) => address === attester) === true &&
    file.chain?.id === chainId &&
    file.chain.contract === contract;
  if (!isListened) {
    note(
      `No policy that counts here names ${attester} on this chain as its authority, so this counts for nobody yet.`,
    );
  }
}

function subjectFrom(kind: SubjectKind, typed: string): Subject {
  const subject = Subject.safeParse({ kind, id: typed.toLowerCase() });
  if (subject.success) {
    return subject.data;
  }
  const isKey = kind === "device" || kind === "verifier";
  throw new CommandError(
    "usage",
    `${typed} names no ${kind}.`,
    isKey
      ? "Give its address: 0x and 40 hexadecimal digits."
      : "Give its whole digest: 64 hexadecimal digits.",
  );
}

/** A call of EAS, and the schema that has to be registered before it; `null` for none. */
interface WalletCall {
  readonly data: Hex;
  readonly schema: SchemaKind | null;
}

interface WalletTransactions {
  readonly chainId: number;
  readonly transactions: readonly { readonly to: Address; readonly value: string; readonly data: Hex }[];
}

/** The transactions that a wallet has to send. */
function printed(
  session: Session,
  flags: AuthorityFlags,
  calls: readonly WalletCall[],
): Promise<CommandResult<WalletTransactions>> {
  return asking(session, flags, async (writer) => {
    const { chainId, contract } = writer.identity;
    const registrations = await Promise.all(
      calls.map(({ schema }) => (schema === null ? null : writer.registration(schema))),
    );
    const transactions = [
      ...registrations.filter((one) => one !== null),
      ...calls.map(({ data }) => ({ to: contract, data })),
    ].map(({ to, data }) => ({ to, value: "0", data }));
    return {
      exitCode: 0,
      json: { chainId, transactions },
      text: [
        `For the authority's wallet to send on chain ${chainId}, in this order:`,
        ...transactions.flatMap(({ to, data }) => [`to    ${to}`, "value 0", `data  ${data}`]),
        "Keep what it attested with `proofline authority add UID`. A revocation needs no file.",
      ],
    };
  });
}

async function asking<Value>(
  session: Session,
  flags: AuthorityFlags,
  work: (writer: AuthorityWriter, repository: Repository, approvals: readonly Approval[]) => Promise<Value>,
  key: string | null = null,
): Promise<Value> {
  return withWorkspace(session, flags, async ({ chain, repository }) => {
    const approvals = await readApprovals(repository);
    const writer = await AuthorityWriter.open(sharedChain(chain), {
      key,
      confirm: async () => flags.pay === true,
    });
    try {
      return await work(writer, repository, approvals);
    } finally {
      writer.close();
    }
  });
}

function speaking<Value>(
  session: Session,
  flags: AuthorityFlags,
  work: (writer: AuthorityWriter, repository: Repository, approvals: readonly Approval[]) => Promise<Value>,
): Promise<Value> {
  const key = authorityKey(flags);
  if (key === null) {
    throw new CommandError(
      "chain.configuration",
      "An authority speaks with its own key, and none is set.",
      "Set PROOFLINE_AUTHORITY_KEY to 64 hexadecimal digits, name a file that holds them with --key-file, or have a wallet send what --print prints.",
    );
  }
  return asking(session, flags, work, key);
}
