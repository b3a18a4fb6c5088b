import { subjectKey } from "../../chain/authority/subjects";
import type { Repository } from "../../evidence/repository/repository";
import { sha256Digest } from "../../platform/digests";
import { messageOf } from "../../platform/errors";
import { policyDigest } from "../../policy/file/policyFile";
import type { Policy } from "../../policy/policy";
import { subjectsIn } from "../../workflows/authority/evidenceSubjects";
import { askAuthority, policyUnderReading } from "../../workflows/authority/policyWithAuthority";
import type { AuthorityReading } from "../../workflows/authority/readAuthority";
import type { KnownHere } from "../../workflows/knownHere";
import type { ChainAccess } from "../chains/chainAccess";
import { Listeners } from "../listeners";
import type { SettingsStore } from "../settingsStore";
import type { FolderEvidence } from "./evidenceFolders";

/** After that an authority is asked again, while what it said counts on. */
const ASK_AGAIN_MILLISECONDS = 600_000;
/** The same where it could not be read. */
const TRY_AGAIN_MILLISECONDS = 30_000;

interface Asked {
  /** Names all that was asked about. */
  readonly key: string;
  /** By `performance.now()`. */
  readonly at: number;
  readonly reading: AuthorityReading | null;
  /** The question that is under way; `null` for none. */
  readonly underWay: symbol | null;
}

const NOT_READ_YET: AuthorityReading = {
  kind: "unread",
  reason: "What the policy's authority says is being read.",
};

/** What the authorities of repositories' policies say: read in the background, and again now and then. */
export class Authorities {
  private readonly asked = new Map<string, Asked>();
  private readonly listeners: Listeners<string>;
  private readonly underWay = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: SettingsStore,
    private readonly chain: ChainAccess,
    private readonly log: (line: string) => void,
  ) {
    this.listeners = new Listeners(log);
    settings.onChange((now, before) => {
      if (JSON.stringify(now.chain) !== JSON.stringify(before.chain) || now.trusted !== before.trusted) {
        this.asked.clear();
      }
    });
  }

  /** Tells listeners each repository of which another thing is known now, by its folder. */
  onChange(listener: (repository: string) => void | Promise<void>): void {
    this.listeners.add(listener);
  }

  /** Has every authority asked again with the next question. */
  askAgain(): void {
    for (const [folder, asked] of this.asked) {
      this.asked.set(folder, { ...asked, at: Number.NEGATIVE_INFINITY, underWay: null });
    }
  }

  /** From now on has what depends on an authority looked at again where it was asked long ago. */
  watch(): void {
    this.timer = setInterval(() => {
      for (const [folder, asked] of this.asked) {
        if (asked.underWay === null && isOld(asked)) {
          void this.listeners.tell(folder);
        }
      }
    }, TRY_AGAIN_MILLISECONDS);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** Resolves once all that was asked is known. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /** A repository's rules with what their authority says, as far as it was read; until then nobody can tell which rules count. */
  policyIn(repository: Repository, { policy, rules: { file } }: KnownHere, evidence: FolderEvidence): Policy {
    if (file?.authority === undefined) {
      return policy;
    }
    const subjects = subjectsIn(evidence.all, evidence.results).map(subjectKey).sort();
    const approvals = evidence.approvals.map(({ uid }) => uid).sort();
    const key = sha256Digest(JSON.stringify([policyDigest(file), subjects, approvals]));
    const known = this.asked.get(repository.folder);
    const isKnown = known !== undefined && known.key === key;
    if (!isKnown || (known.underWay === null && isOld(known))) {
      const question = Symbol("question");
      const reading = isKnown ? known.reading : null;
      this.asked.set(repository.folder, { key, at: performance.now(), reading, underWay: question });
      const asking = this.ask(repository, question, { file, evidence }).finally(() =>
        this.underWay.delete(asking),
      );
      this.underWay.add(asking);
    }
    const reading = isKnown ? known.reading : null;
    return policyUnderReading(policy, reading === null ? NOT_READ_YET : asItIsNow(reading, file.authority));
  }

  private async ask(
    repository: Repository,
    question: symbol,
    { file, evidence }: { readonly file: KnownHere["rules"]["file"]; readonly evidence: FolderEvidence },
  ): Promise<void> {
    const reading = await this.read(repository, file, evidence).catch((error: unknown): AuthorityReading => {
      this.log(messageOf(error));
      return { kind: "unread", reason: "What the authority says could not be read." };
    });
    const before = this.asked.get(repository.folder);
    // Other servers may have been asked since, or about another thing.
    if (before?.underWay !== question) {
      return;
    }
    this.asked.set(repository.folder, { key: before.key, at: performance.now(), reading, underWay: null });
    if (saidBy(before.reading) !== saidBy(reading)) {
      await this.listeners.tell(repository.folder);
    }
  }

  private async read(
    repository: Repository,
    file: KnownHere["rules"]["file"],
    evidence: FolderEvidence,
  ): Promise<AuthorityReading | null> {
    const { reader } = await this.chain.read(repository);
    if (reader === null) {
      return { kind: "unread", reason: "The workspace is not trusted, so its authority is not asked." };
    }
    return askAuthority({
      file,
      contents: { evidence: evidence.all, approvals: evidence.approvals, results: evidence.results },
      chain: reader,
      home: this.settings.home,
    });
  }
}

function isOld({ at, reading }: Asked): boolean {
  const age = performance.now() - at;
  return age > (reading?.kind === "read" ? ASK_AGAIN_MILLISECONDS : TRY_AGAIN_MILLISECONDS);
}

/** A reading, as long as it is no older than the policy allows by the clock. */
function asItIsNow(
  reading: AuthorityReading,
  { maximumAgeHours }: { readonly maximumAgeHours: number },
): AuthorityReading {
  const isTooOld = reading.kind === "read" && Date.now() / 1000 - reading.time >= maximumAgeHours * 3_600;
  return isTooOld
    ? {
        kind: "unread",
        reason: `What the authority said is older than the ${maximumAgeHours} hours that the policy allows.`,
      }
    : reading;
}

/** What a reading comes to, whenever it was made. */
function saidBy(reading: AuthorityReading | null): string {
  return reading?.kind === "read"
    ? JSON.stringify([[...reading.findings.approvals], [...reading.findings.denials]])
    : (reading?.reason ?? "");
}
