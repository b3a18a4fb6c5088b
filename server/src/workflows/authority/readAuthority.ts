import type { Approval } from "../../chain/authority/approvalFile";
import { attestationWord, denialWord, timesIn } from "../../chain/authority/authorityWords";
import {
  DENIALS,
  type Denial,
  denialDigest,
  type Subject,
  type SubjectKind,
  subjectKey,
} from "../../chain/authority/subjects";
import type { AnchorTrust } from "../../chain/chain";
import { chainName } from "../../chain/knownChains";
import type { StoredWords, WordQuestion } from "../../chain/trust/storedWords";
import type { WordReader } from "../../chain/wordReader";
import { ProoflineError } from "../../platform/errors";
import type { Address, Digest } from "../../platform/primitives";
import type { Approved, AuthorityFindings, Denied } from "../../policy/authority";
import type { PolicyFile } from "../../policy/file/policyFile";
import type { AuthorityChain, AuthorityMemory } from "./authorityMemory";

/** Beyond that nobody is asked: whoever writes to a repository could name any number. */
export const MAX_SUBJECTS = 2_000;
export const MAX_APPROVALS = 2_000;
const MAX_QUESTIONS = 12_000;

/** How far the clock of a chain may be ahead of this computer's. */
const MAX_AHEAD_SECONDS = 900;

/** What came of asking what an authority says. */
export type AuthorityReading =
  | {
      readonly kind: "read";
      readonly findings: AuthorityFindings;
      /** The time of the block by which it is so: seconds since 1970. */
      readonly time: number;
      readonly trust: AnchorTrust;
      /** Whether no server could be asked now, so that it is what was read earlier. */
      readonly isRemembered: boolean;
    }
  /** `reason`: a sentence. Nobody can tell which rules count. */
  | { readonly kind: "unread"; readonly reason: string };

export interface ReadAuthorityParameters {
  readonly policy: PolicyFile;
  /** What lies in the repository. Only those of the policy's own authority count. */
  readonly approvals: readonly Approval[];
  /** What evidence names, of which it may deny some. */
  readonly subjects: readonly Subject[];
  readonly chain: WordReader;
  readonly memory: AuthorityMemory;
  /** Seconds since 1970. */
  readonly now: number;
}

type Authority = NonNullable<PolicyFile["authority"]>;

/** What a policy's authority says of all that evidence and the repository's approvals name; `null` where the policy has none. */
export async function readAuthority(parameters: ReadAuthorityParameters): Promise<AuthorityReading | null> {
  const { policy, memory, now } = parameters;
  const { authority, chain } = policy;
  if (authority === undefined || chain === undefined) {
    return null;
  }
  const questions = questionsOf(parameters, authority, chain);
  if (typeof questions === "string") {
    return unread(questions);
  }
  const before = await memory.of(chain);
  try {
    const words = await askNow(parameters.chain, chain, questions.all);
    if (contradicts(words, questions.all, before)) {
      return unread("the servers no longer show something that it said earlier");
    }
    const shortcoming = shortOf(words.trust, policy) ?? agedBy(words.time, now, authority);
    if (shortcoming !== null) {
      return unread(shortcoming);
    }
    await memory.keep(chain, words);
    const findings = findingsOf(questions, words.words, Math.max(words.time, now));
    return { kind: "read", findings, ...words, isRemembered: false };
  } catch (error) {
    if (!(error instanceof ProoflineError)) {
      throw error;
    }
    if (error.code !== "chain.unreachable") {
      return unread(withoutStop(error.reason));
    }
    return remembered(questions, before, policy, authority, now) ?? unread(withoutStop(error.reason));
  }
}

function unread(why: string): AuthorityReading {
  return { kind: "unread", reason: `What the authority says could not be read: ${why}.` };
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}

interface Questions {
  /** Of which kinds approvals count. */
  readonly decides: ReadonlySet<string>;
  readonly all: readonly WordQuestion[];
  readonly approvals: readonly Approval[];
  readonly subjects: readonly Subject[];
  readonly addresses: readonly Address[];
}

function questionsOf(
  { policy, approvals, subjects }: ReadAuthorityParameters,
  authority: Authority,
  chain: AuthorityChain,
): Questions | string {
  const addresses = authority.addresses.map(({ address }) => address);
  // Copies of one file cost no question more.
  const own = [...new Map(approvals.map((approval) => [approval.uid, approval])).values()].filter(
    ({ file: { chainId, contract, attestation } }) =>
      chainId === chain.id && contract === chain.contract && addresses.includes(attestation.attester),
  );
  const named = [
    ...(policy.models ?? []).map(({ digest }): Subject => ({ kind: "model", id: digest })),
    ...(policy.environments ?? []).map(({ digest }): Subject => ({ kind: "environment", id: digest })),
    ...(policy.devices ?? []).map(({ address }): Subject => ({ kind: "device", id: address })),
    ...(policy.verifiers ?? []).map(({ address }): Subject => ({ kind: "verifier", id: address })),
    ...own.flatMap(({ attested }) => (attested.kind === "approval" ? [attested.subject] : [])),
    ...subjects,
  ];
  const all = [...new Map(named.map((subject) => [subjectKey(subject), subject])).values()];
  if (own.length > MAX_APPROVALS) {
    return `.proofline/authority holds more than ${MAX_APPROVALS} files that name its addresses`;
  }
  const asked = all.length * DENIALS.length * addresses.length + own.length;
  if (all.length > MAX_SUBJECTS || asked > MAX_QUESTIONS) {
    return `the repository names ${all.length} models, devices, environments and verifiers, which is too many to ask about`;
  }
  return {
    decides: new Set(authority.decides),
    approvals: own,
    subjects: all,
    addresses,
    all: [
      ...own.map(({ uid }) => attestationWord(uid)),
      ...all.flatMap((subject) =>
        DENIALS.flatMap((denial) =>
          addresses.map((address) => denialWord(address, denialDigest(subject, denial))),
        ),
      ),
    ],
  };
}

/** @throws ProoflineError as the chain does, `chain.wrong` where it is another than the policy's */
async function askNow(
  reader: WordReader,
  { id, contract }: AuthorityChain,
  questions: readonly WordQuestion[],
): Promise<StoredWords> {
  const identity = await reader.identity();
  if (identity.chainId !== id || identity.contract !== contract) {
    throw new ProoflineError(
      "chain.wrong",
      `It speaks on ${chainName(id, false)}, and ${identity.name} is asked here.`,
      "correctChain",
    );
  }
  return reader.words(questions);
}

/** Whether servers hide what they, or others of that rank, have shown before. */
function contradicts(
  { words }: StoredWords,
  questions: readonly WordQuestion[],
  before: Awaited<ReturnType<AuthorityMemory["of"]>>,
): boolean {
  return questions.some(({ key, changedAt }) => {
    const known = before.get(key);
    return known?.agreed !== undefined && changedAt(words.get(key) ?? 0n) < changedAt(BigInt(known.agreed));
  });
}

/** Why the word of so few is not enough, as the end of a sentence; `null` where it is. */
function shortOf(trust: AnchorTrust, { anchors: { witnesses } }: PolicyFile): string | null {
  switch (witnesses) {
    case "any":
      return null;
    case "several":
      return trust === "stateProof" || trust === "quorum"
        ? null
        : "only one operator was asked, and the policy asks for two who agree";
    case "proved":
      return trust === "stateProof" ? null : "no server proves it, and the policy asks for a proof";
  }
}

/** Why what was read is too old, as the end of a sentence; `null` where it is not. */
function agedBy(time: number, now: number, { maximumAgeHours }: Authority): string | null {
  if (time > now + MAX_AHEAD_SECONDS) {
    return "the newest block that is shown is of a time that has not come yet";
  }
  const hours = Math.floor((now - time) / 3_600);
  return hours < maximumAgeHours
    ? null
    : `it is known as of ${hours} hours ago, and the policy allows for less than ${maximumAgeHours}`;
}

/** What was read earlier, where that answers everything and is young enough. */
function remembered(
  questions: Questions,
  before: Awaited<ReturnType<AuthorityMemory["of"]>>,
  policy: PolicyFile,
  authority: Authority,
  now: number,
): AuthorityReading | null {
  const known = questions.all.flatMap(({ key }) => before.get(key) ?? []);
  if (known.length < questions.all.length) {
    return null;
  }
  const time = Math.min(...known.map((one) => one.time));
  const trust = (["singleRpc", "quorum", "stateProof"] as const).find((least) =>
    known.some((one) => one.trust === least),
  );
  const shortcoming = shortOf(trust ?? "singleRpc", policy) ?? agedBy(time, now, authority);
  if (shortcoming !== null) {
    return unread(shortcoming);
  }
  const words = new Map(questions.all.map(({ key }, index) => [key, BigInt(known[index]?.word ?? "0x0")]));
  return {
    kind: "read",
    findings: findingsOf(questions, words, now),
    time,
    trust: trust ?? "singleRpc",
    isRemembered: true,
  };
}

function findingsOf(
  { decides, approvals, subjects, addresses }: Questions,
  words: ReadonlyMap<string, bigint>,
  asOf: number,
): AuthorityFindings {
  const wordOf = ({ key }: WordQuestion): bigint => words.get(key) ?? 0n;
  const approved = new Map<string, Approved>();
  const since = new Map<string, number>();
  for (const { uid, attested, file } of approvals) {
    const { time, expirationTime, revocationTime } = timesIn(wordOf(attestationWord(uid)));
    if (time === 0) {
      continue;
    }
    const ends = [expirationTime, revocationTime].filter((end) => end !== 0);
    const until = ends.length === 0 ? null : Math.min(...ends);
    if (attested.kind === "approval") {
      if (!decides.has(DECIDED[attested.subject.kind])) {
        continue;
      }
      const key = subjectKey(attested.subject);
      const other = approved.get(key);
      if (other === undefined || isLonger(until, other.until)) {
        approved.set(key, { subject: attested.subject, name: attested.name, until });
      }
    } else if (until === null) {
      const key = `${file.attestation.attester} ${attested.denial}`;
      since.set(key, Math.min(since.get(key) ?? Number.POSITIVE_INFINITY, attested.since));
    }
  }
  const denials = new Map<string, Denied>();
  for (const subject of subjects) {
    const lost = deniedAt(subject, "lost", addresses, wordOf);
    const compromised = deniedAt(subject, "compromised", addresses, wordOf);
    if (lost.length > 0 || compromised.length > 0) {
      const begins = compromised.map(
        ({ address }) => since.get(`${address} ${denialDigest(subject, "compromised")}`) ?? null,
      );
      denials.set(subjectKey(subject), {
        lostAt: lost.length === 0 ? null : Math.min(...lost.map(({ time }) => time)),
        compromised: begins.length === 0 ? null : { since: earliest(begins) },
      });
    }
  }
  return { asOf, approvals: approved, denials };
}

/** What a policy calls the kinds of subjects that it leaves to its authority. */
const DECIDED: Readonly<Record<SubjectKind, Authority["decides"][number]>> = {
  model: "models",
  device: "devices",
  environment: "environments",
  verifier: "verifiers",
};

function deniedAt(
  subject: Subject,
  denial: Denial,
  addresses: readonly Address[],
  wordOf: (question: WordQuestion) => bigint,
): readonly { readonly address: Address; readonly time: number }[] {
  const digest: Digest = denialDigest(subject, denial);
  return addresses.flatMap((address) => {
    const time = Number(wordOf(denialWord(address, digest)));
    return time === 0 ? [] : [{ address, time }];
  });
}

function isLonger(one: number | null, other: number | null): boolean {
  return other !== null && (one === null || one > other);
}

/** The strictest of several beginnings: `null`, which is always, before all times. */
function earliest(begins: readonly (number | null)[]): number | null {
  return begins.reduce((one, other) => (one === null || other === null ? null : Math.min(one, other)));
}
