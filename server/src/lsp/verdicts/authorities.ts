import { subjectKey } from "../../chain/authority/subjects";
import type { Repository } from "../../evidence/repository/repository";
import { sha256Digest } from "../../platform/digests";
import { messageOf } from "../../platform/errors";
import { type PolicyFile, policyDigest } from "../../policy/file/policyFile";
import { type Maker, subjectsOf } from "../../policy/maker";
import type { Policy } from "../../policy/policy";
import { subjectsIn } from "../../workflows/authority/evidenceSubjects";
import { askAuthority, policyUnderReading } from "../../workflows/authority/policyWithAuthority";
import type { AuthorityReading } from "../../workflows/authority/readAuthority";
import type { KnownHere } from "../../workflows/knownHere";
import { readApprovals } from "../../workflows/readRepository";
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
  /** Tells that another thing is known, or that it is time to ask again. */
  readonly tell: () => Promise<void>;
}

type Counting = Pick<KnownHere, "policy" | "rules">;

interface AuthorityQuestion {
  /** Names it among all. */
  readonly name: string;
  readonly repository: Repository;
  readonly file: PolicyFile;
  /** What else decides the answer, as JSON. */
  readonly about: unknown;
  readonly contents: () => Promise<Pick<Parameters<typeof askAuthority>[0], "contents" | "further">>;
  readonly tell: Asked["tell"];
}

/** Names the question about what would be made next in a repository, by its folder. */
const ofMaker = (repository: string): string => `${repository}\0maker`;

const NOT_READ_YET: AuthorityReading = {
  kind: "unread",
  reason: "What the policy's authority says is being read.",
};

/** What the authorities of repositories' policies say: read in the background, and again now and then. */
export class Authorities {
  private readonly asked = new Map<string, Asked>();
  private readonly listeners: Listeners<string>;
  private readonly makerListeners: Listeners<void>;
  private readonly underWay = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: SettingsStore,
    private readonly chain: ChainAccess,
    private readonly log: (line: string) => void,
  ) {
    this.listeners = new Listeners(log);
    this.makerListeners = new Listeners(log);
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

  /** Tells listeners when another thing is known of what would be made next somewhere. */
  onMakerChange(listener: () => void | Promise<void>): void {
    this.makerListeners.add(listener);
  }

  /** What lies in a repository is another: its approvals may be. */
  changed(repository: string): void {
    const name = ofMaker(repository);
    const asked = this.asked.get(name);
    if (asked !== undefined) {
      this.asked.set(name, { ...asked, at: Number.NEGATIVE_INFINITY, underWay: null });
    }
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
      for (const asked of this.asked.values()) {
        if (asked.underWay === null && isOld(asked)) {
          void asked.tell();
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
  policyIn(repository: Repository, { policy, rules: { file } }: Counting, evidence: FolderEvidence): Policy {
    if (file?.authority === undefined) {
      return policy;
    }
    const { all, approvals, results } = evidence;
    const subjects = subjectsIn(all, results).map(subjectKey).sort();
    const reading = this.readingFor({
      ...{ repository, file, name: repository.folder },
      about: [subjects, approvals.map(({ uid }) => uid).sort()],
      contents: async () => ({ contents: { evidence: all, approvals, results } }),
      tell: () => this.listeners.tell(repository.folder),
    });
    return policyUnderReading(policy, asItIsNow(reading, file.authority));
  }

  /** The same for what would be made next, which no evidence may name yet. Nobody's evidence is waited for. */
  policyFor(maker: Maker, repository: Repository, { policy, rules: { file } }: Counting): Policy {
    if (file?.authority === undefined) {
      return policy;
    }
    const further = subjectsOf(maker);
    const reading = this.readingFor({
      ...{ repository, file, name: ofMaker(repository.folder) },
      about: further.map(subjectKey).sort(),
      contents: async () => ({
        contents: { evidence: [], approvals: await readApprovals(repository), results: [] },
        further,
      }),
      tell: () => this.makerListeners.tell(),
    });
    return policyUnderReading(policy, asItIsNow(reading, file.authority));
  }

  private readingFor(question: AuthorityQuestion): AuthorityReading {
    const { file, name, about, tell } = question;
    const key = sha256Digest(JSON.stringify([policyDigest(file), about]));
    const known = this.asked.get(name);
    const isKnown = known !== undefined && known.key === key;
    const reading = isKnown ? known.reading : null;
    if (!isKnown || (known.underWay === null && isOld(known))) {
      const underWay = Symbol("question");
      this.asked.set(name, { key, at: performance.now(), reading, underWay, tell });
      const asking = this.ask(question, underWay).finally(() => this.underWay.delete(asking));
      this.underWay.add(asking);
    }
    return reading ?? NOT_READ_YET;
  }

  private async ask(question: AuthorityQuestion, underWay: symbol): Promise<void> {
    const reading = await this.read(question).catch((error: unknown): AuthorityReading => {
      this.log(messageOf(error));
      return { kind: "unread", reason: "What the authority says could not be read." };
    });
    const before = this.asked.get(question.name);
    // Other servers may have been asked since, or about another thing.
    if (before?.underWay !== underWay) {
      return;
    }
    this.asked.set(question.name, { ...before, at: performance.now(), reading, underWay: null });
    if (saidBy(before.reading) !== saidBy(reading)) {
      await before.tell();
    }
  }

  private async read({ repository, file, contents }: AuthorityQuestion): Promise<AuthorityReading | null> {
    const { reader } = await this.chain.read(repository);
    if (reader === null) {
      return { kind: "unread", reason: "The workspace is not trusted, so its authority is not asked." };
    }
    return askAuthority({ ...(await contents()), file, chain: reader, home: this.settings.home });
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
