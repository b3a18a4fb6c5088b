import { stat } from "node:fs/promises";
import type { Connection } from "vscode-languageserver/node";
import type { ChainWriter } from "../../chain/chain";
import { type Bill, currency, MAX_PER_DAY, MAX_PER_SUBJECT } from "../../chain/payments/payment";
import type { Journal } from "../../evidence/journal/journal";
import { openRepository } from "../../evidence/repository/openRepository";
import type { Repository } from "../../evidence/repository/repository";
import { messageOf } from "../../platform/errors";
import type { SerialQueue } from "../../platform/serialQueue";
import { ConfirmPayment, GetTransactionKey } from "../../protocol/messages";
import type { ChainSettings } from "../../protocol/settings";
import { type AnchorScope, anchorBatches, dueBatches, identityIfThere } from "../../workflows/anchor";
import type { RepositoryReader } from "../../workflows/readRepository";
import { finishSealing } from "../../workflows/seal";
import type { ChainAccess } from "../chains/chainAccess";
import { editorText } from "../editorRemedies";
import { ask } from "../requests";
import type { SettingsStore } from "../settingsStore";
import type { Status } from "../status";
import type { SuggestionStore } from "../suggestions/suggestionStore";

/** Waits between attempts to anchor while the chain does not answer, in milliseconds; the last one repeats. */
const RETRY_MILLISECONDS = [5_000, 15_000, 60_000, 300_000] as const;

export interface AnchoringParts {
  readonly connection: Connection;
  readonly settings: SettingsStore;
  readonly store: SuggestionStore;
  /** Whether a person who asks means this repository, too. */
  readonly isMeant: (repository: string) => boolean;
  readonly reader: RepositoryReader;
  readonly chain: ChainAccess;
  readonly status: Status;
  /** Sealing and anchoring take turns. */
  readonly steps: SerialQueue;
  readonly log: (line: string) => void;
}

export interface AnchoringOutcome {
  /** How many suggestions were anchored. */
  readonly anchored: number;
  readonly problems: readonly string[];
}

/** Brings sealed batches onto the chain: this server's in the background, and everybody's when a person asks. */
export class Anchoring {
  private retry: NodeJS.Timeout | undefined;
  private failures = 0;
  private ended = false;

  constructor(private readonly parts: AnchoringParts) {}

  /** Anchors what this journal sealed, and tries again, later and later, where the chain does not answer. */
  async anchorOwn(): Promise<void> {
    clearTimeout(this.retry);
    const journal = await this.parts.store.open();
    if (journal === null || this.ended || journal.unanchored().length === 0) {
      return;
    }
    const { problems } = await this.anchor(journal, new Set(), new AbortController().signal, "asksNothing");
    if (problems.length === 0 || journal.unanchored().length === 0) {
      this.failures = 0;
      return;
    }
    const wait = RETRY_MILLISECONDS[Math.min(this.failures, RETRY_MILLISECONDS.length - 1)];
    this.failures += 1;
    this.retry = setTimeout(() => void this.resume(), wait);
  }

  /** The same as a step of its own. Never rejects. */
  resume(): Promise<void> {
    return this.parts.steps
      .run(() => this.anchorOwn())
      .catch((error: unknown) => this.parts.log(`Anchoring failed: ${messageOf(error)}`));
  }

  /**
   * Anchors what the journal sealed, and in some repositories also what lies there without any anchor.
   *
   * @param asks whether a person waits for it, who can be asked before a first payment
   */
  async anchor(
    journal: Journal,
    everybodysIn: ReadonlySet<string>,
    signal: AbortSignal,
    asks: "asks" | "asksNothing",
  ): Promise<AnchoringOutcome> {
    const confirm = async (bill: Bill): Promise<boolean> =>
      asks === "asks" && (await ask(this.parts.connection, ConfirmPayment, inCurrency(bill)));
    const writers = new Writers(async (chain) =>
      this.parts.chain.write(chain, await this.transactionKey(chain), confirm),
    );
    const problems = new Set<string>();
    let anchored = 0;
    const own = journal
      .unanchored()
      .map(({ repository }) => repository)
      // Whoever asks means what they see; the rest goes its own way in the background.
      .filter((repository) => asks === "asksNothing" || this.parts.isMeant(repository));
    for (const folder of new Set([...everybodysIn, ...own])) {
      // A folder that is gone keeps nobody else's batches from the chain.
      if ((await stat(folder).catch(() => null)) === null) {
        continue;
      }
      const scope = everybodysIn.has(folder) ? "unclaimed" : "own";
      const outcome = await this.anchorIn(folder, journal, scope, writers, signal);
      anchored += outcome.anchored;
      for (const problem of outcome.problems) {
        problems.add(problem);
      }
    }
    await writers.close();
    return { anchored, problems: [...problems] };
  }

  /** A person asks: the wait begins anew. */
  forgetFailures(): void {
    this.failures = 0;
  }

  /** Ends all waiting. What is not anchored stays in the journal. */
  close(): void {
    this.ended = true;
    clearTimeout(this.retry);
  }

  private async anchorIn(
    folder: string,
    journal: Journal,
    scope: AnchorScope,
    writers: Writers,
    signal: AbortSignal,
  ): Promise<AnchoringOutcome> {
    const { reader: repositories, chain, status, store, log } = this.parts;
    const before = journal.unanchored().length;
    try {
      const repository = await openRepository(folder, [folder]);
      await this.finishSealing(folder, repository, journal);
      const contents = await repositories.read(repository);
      const { reader } = await chain.read(repository);
      const identity = reader === null ? null : await identityIfThere(reader);
      const { due, unchecked } = dueBatches(contents, journal, identity, scope);
      if (unchecked !== null) {
        log(unchecked);
      }
      // In the background it is no problem, and would come again with each round.
      const notDue = unchecked === null || scope === "own" ? [] : [unchecked];
      if (due.length === 0) {
        return { anchored: 0, problems: notDue };
      }
      const suggestions = countOf(due);
      status.setChain({ kind: "anchoring", suggestions });
      const writer = await writers.open(await chain.of(repository));
      const { anchors } = contents;
      const outcome = await anchorBatches({ repository, due, anchors, writer, journal, signal });
      const reason = outcome.problem === null ? null : editorText(outcome.problem);
      if (reason === null) {
        const { name, local } = await writer.identity();
        status.setChain({ kind: "ready", name, local });
      } else {
        status.setChain({ kind: "waiting", suggestions, reason });
      }
      if (outcome.anchored.length > 0 || reason === null) {
        await store.anchored(folder);
      }
      return {
        anchored: outcome.anchored.reduce((sum, batch) => sum + batch.suggestions, 0),
        problems: [...(reason === null ? [] : [reason]), ...notDue],
      };
    } catch (error) {
      const reason = editorText(error);
      log(`Anchoring in ${folder} failed: ${reason}`);
      const suggestions = journal.unanchored().reduce((sum, { ids }) => sum + ids.length, 0);
      status.setChain({ kind: "waiting", suggestions, reason });
      if (journal.unanchored().length < before) {
        await store.anchored(folder);
      }
      return { anchored: 0, problems: [reason] };
    }
  }

  /** Writes what a crash or a full disk kept from the repository; while that fails, it is the repository's obstacle. */
  private async finishSealing(folder: string, repository: Repository, journal: Journal): Promise<void> {
    const { store } = this.parts;
    try {
      const written = await finishSealing(journal, repository);
      if (written.length > 0) {
        await store.setObstacle(folder, null);
        await store.settled("sealed", folder, written);
      }
    } catch (error) {
      await store.setObstacle(folder, editorText(error));
      throw error;
    }
  }

  /** The key that pays, which the client keeps; `null` where none is needed or there is none. */
  private async transactionKey(chain: ChainSettings): Promise<string | null> {
    switch (chain.kind) {
      case "embedded":
        return null;
      case "rpc":
        return ask(this.parts.connection, GetTransactionKey, { chainId: chain.id });
    }
  }
}

/** The chains' writers for one round, each opened only where there is something to write. */
class Writers {
  private readonly opened = new Map<string, ChainWriter>();

  constructor(private readonly start: (chain: ChainSettings) => Promise<ChainWriter>) {}

  async open(chain: ChainSettings): Promise<ChainWriter> {
    const key = JSON.stringify(chain);
    const writer = this.opened.get(key) ?? (await this.start(chain));
    this.opened.set(key, writer);
    return writer;
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.values()].map((writer) => writer.close()));
  }
}

function inCurrency({ chain, account, batches, expected, most }: Bill): ConfirmPayment.Parameters {
  return {
    chain,
    account,
    batches,
    expected: currency(expected),
    most: currency(most),
    mostForAnchor: currency(MAX_PER_SUBJECT),
    mostForDay: currency(MAX_PER_DAY),
  };
}

function countOf(batches: readonly { readonly claims: readonly unknown[] }[]): number {
  return batches.reduce((sum, batch) => sum + batch.claims.length, 0);
}
