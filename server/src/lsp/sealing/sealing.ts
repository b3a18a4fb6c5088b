import { stat } from "node:fs/promises";
import type { ChainWriter } from "../../chain/chain";
import type { AcceptedSuggestion, Position } from "../../evidence/format/record";
import { MAX_BATCH_SIZE } from "../../evidence/format/statement";
import type { Journal } from "../../evidence/journal/journal";
import { locateAccepted } from "../../evidence/locate/locateSuggestions";
import { holdsLines } from "../../evidence/locate/whiteSpace";
import { openRepository, type Repository } from "../../evidence/repository";
import type { ContextChunk } from "../../inference/suggestion";
import { messageOf } from "../../platform/errors";
import { SerialQueue } from "../../platform/serialQueue";
import { type AnchorNow, GetTransactionKey } from "../../protocol/messages";
import { type AnchorScope, anchorBatches, dueBatches } from "../../workflows/anchor";
import type { RepositoryReader } from "../../workflows/readRepository";
import { finishSealing, sealPending } from "../../workflows/seal";
import type { VerificationThread } from "../../workflows/thread/verificationThread";
import type { OpenDocument } from "../documents/openDocument";
import { editorText } from "../editorRemedies";
import { ask } from "../requests";
import type { ServerContext } from "../serverContext";
import type { EvidenceFolders } from "../verdicts/evidenceFolders";
import type { ChainAccess } from "./chainAccess";

/** Waits between attempts to anchor while the chain does not answer, in milliseconds; the last one repeats. */
const RETRY_MILLISECONDS = [5_000, 15_000, 60_000, 300_000] as const;

/** How long what is not saved is left alone, where nothing tells of its being saved. */
const LOOK_AGAIN_MILLISECONDS = 60_000;

export interface SealingParts {
  readonly thread: VerificationThread;
  readonly reader: RepositoryReader;
  readonly folders: EvidenceFolders;
  readonly chain: ChainAccess;
  /** Where suggestions in open documents begin now. */
  readonly hints: () => ReadonlyMap<string, Position>;
  /** These can no longer be taken back. */
  readonly onSealed: (ids: readonly string[]) => void;
  /** Something was sealed or dropped, or could not be. */
  readonly onChange: () => Promise<void>;
}

/**
 * Decides when what was accepted is sealed, and anchors it: once the documents are saved and nothing was accepted for
 * a while, at a full batch, or when a person asks. One step at a time; nothing is sealed on the way out.
 */
export class Sealing {
  private readonly lastAccepted = new Map<string, number>();
  private readonly obstacles = new Map<string, string>();
  /** When to look again at repositories of which all that is left waits for a document to be saved. */
  private readonly waiting = new Map<string, number>();
  /** Files that were open here once: what they do not hold when they are closed is gone for good. */
  private readonly seen = new Set<string>();
  private readonly started = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | undefined;
  private failures = 0;
  private readonly queue = new SerialQueue();
  private ended = false;

  constructor(
    private readonly context: ServerContext,
    private readonly parts: SealingParts,
  ) {}

  /** Something was accepted, taken back or adopted: the wait begins anew. */
  accepted(root: string | null): void {
    if (root !== null) {
      this.lastAccepted.set(root, performance.now());
      this.waiting.delete(root);
      this.obstacles.delete(root);
    }
    this.showPending();
    this.plan();
  }

  /** A document was opened. */
  opened(root: string, path: string): void {
    this.seen.add(`${root}\0${path}`);
  }

  /** A document was saved or closed, or the settings changed: what waited is looked at again. */
  reconsider(): void {
    this.waiting.clear();
    this.obstacles.clear();
    this.plan();
  }

  private plan(): void {
    clearTimeout(this.timer);
    if (this.ended) {
      return;
    }
    const wait = this.nextDue();
    if (wait !== null) {
      this.timer = setTimeout(() => void this.sealDue(), wait);
    }
  }

  /** Why what is pending in a repository cannot be sealed, or `null`. */
  obstacle(root: string): string | null {
    return this.obstacles.get(root) ?? null;
  }

  /** Takes up what an earlier process sealed but did not anchor. */
  resume(): void {
    this.plan();
    void this.inOrder(() => this.anchorOwn());
  }

  /** Seals and anchors all that is pending, at once. */
  now(signal: AbortSignal): Promise<AnchorNow.Result> {
    this.failures = 0;
    return this.inOrder(async () => {
      const journal = await this.context.journal.open();
      if (journal === null) {
        return { anchored: 0, problems: [this.context.journal.problem ?? "There is no journal."] };
      }
      const problems = new Set<string>();
      for (const root of rootsOf(journal)) {
        for (const problem of await this.seal(journal, root)) {
          problems.add(problem);
        }
      }
      if (journal.pending().some(({ root }) => root === null)) {
        problems.add(
          "Suggestions in documents that are in no folder stay in the journal until they are saved in one.",
        );
      }
      const open = await Promise.all(
        this.context.documents.all().map((one) => this.context.locations.of(one)),
      );
      const roots = new Set(open.flatMap(({ root }) => (root === null ? [] : [root])));
      await this.context.journal.refreshOthers();
      const elsewhere = this.context.journal
        .pending()
        .filter(({ id, root }) => root !== null && roots.has(root) && journal.find(id) === null);
      if (elsewhere.length > 0) {
        problems.add(
          "Another window holds suggestions of this folder; it seals them soon after they are saved.",
        );
      }
      const anchored = await this.anchor(journal, roots, signal, problems);
      return { anchored, problems: [...problems] };
    });
  }

  /** Ends all waiting. What is pending stays in the journal. */
  async close(): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    clearTimeout(this.retry);
    await this.queue.idle();
  }

  private inOrder<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.queue.run(work);
    done.catch((error: unknown) => this.context.log(`Sealing failed: ${messageOf(error)}`));
    return done;
  }

  /** Milliseconds until the next repository is due, or `null` where none will be by itself. */
  private nextDue(): number | null {
    const { journal } = this.context.journal;
    const { sealAfterSeconds } = this.context.settings.current;
    if (journal === null) {
      return null;
    }
    const waits = rootsOf(journal).flatMap((root) => {
      if (this.obstacles.has(root)) {
        return [];
      }
      const due = this.isFull(journal, root) ? 0 : this.quietAt(root, sealAfterSeconds);
      return due === null ? [] : [Math.max(0, due - performance.now(), this.restOf(root))];
    });
    return waits.length === 0 ? null : Math.min(...waits);
  }

  private isFull(journal: Journal, root: string): boolean {
    return journal.pending().filter((one) => one.root === root).length >= MAX_BATCH_SIZE;
  }

  /** When nothing will have been accepted for long enough; `null` where batches are sealed by hand only. */
  private quietAt(root: string, sealAfterSeconds: number): number | null {
    const since = this.lastAccepted.get(root) ?? this.started;
    return sealAfterSeconds === 0 ? null : since + sealAfterSeconds * 1000;
  }

  /** Milliseconds until what is left of a repository is looked at again. */
  private restOf(root: string): number {
    return Math.max(0, (this.waiting.get(root) ?? 0) - performance.now());
  }

  private sealDue(): Promise<void> {
    return this.inOrder(async () => {
      const journal = await this.context.journal.open();
      if (journal === null || this.ended) {
        return;
      }
      const { sealAfterSeconds } = this.context.settings.current;
      for (const root of rootsOf(journal)) {
        const quiet = this.quietAt(root, sealAfterSeconds);
        const due = this.isFull(journal, root) || (quiet !== null && quiet <= performance.now());
        if (!due || this.restOf(root) > 0 || this.obstacles.has(root)) {
          continue;
        }
        await this.seal(journal, root);
        // This window hears of it when its own documents are saved; of another window's it does not.
        this.waiting.set(root, performance.now() + LOOK_AGAIN_MILLISECONDS);
      }
      this.plan();
      await this.anchorOwn();
    });
  }

  /** Seals what can be sealed in one repository; resolves to what kept the rest. */
  private async seal(journal: Journal, root: string): Promise<readonly string[]> {
    try {
      const repository = await openRepository(root, [root]);
      const held = await this.heldBack(journal, repository);
      const outcome = await sealPending({
        home: this.context.settings.home,
        journal,
        repository,
        thread: this.parts.thread,
        holdBack: ({ id }) => held.get(id) ?? null,
        hints: this.parts.hints(),
      });
      for (const { id, reason } of outcome.dropped) {
        this.context.log(`Not sealed, ${id}: ${reason}`);
      }
      this.obstacles.delete(root);
      this.parts.onSealed(outcome.sealed.flatMap(({ ids }) => ids));
      if (outcome.sealed.length > 0) {
        await this.parts.folders.reload(root);
      }
      await this.changed();
      return outcome.held.map(({ reason }) => reason);
    } catch (error) {
      this.context.log(`Sealing in ${root} failed: ${messageOf(error)}`);
      this.obstacles.set(root, editorText(error));
      await this.changed();
      return [editorText(error)];
    }
  }

  /** Which pending suggestions wait, and why: their document is not saved, or not known to be. */
  private async heldBack(journal: Journal, repository: Repository): Promise<ReadonlyMap<string, string>> {
    const held = new Map<string, string>();
    const here = journal.pending().filter(({ root }) => root === repository.root);
    for (const path of new Set(here.map((one) => one.path))) {
      const suggestions = here.filter((one) => one.path === path);
      const reason = await this.reasonToWait(repository, path, suggestions);
      for (const [id, why] of reason) {
        held.set(id, why);
      }
    }
    const isUnsaved = new Map<string, boolean>();
    for (const { id, values } of here) {
      for (const chunk of held.has(id) ? [] : values.prompt.context) {
        const key = `${chunk.path}\0${chunk.text}`;
        const unsaved = isUnsaved.get(key) ?? (await this.isUnsaved(repository, chunk));
        isUnsaved.set(key, unsaved);
        if (unsaved) {
          held.set(id, `${chunk.path}, which its prompt quotes, is not saved yet.`);
        }
      }
    }
    return held;
  }

  /** Whether quoted lines stand in an open document but not on the disk: sealed now, the prompt could not travel. */
  private async isUnsaved(repository: Repository, { path, text }: ContextChunk): Promise<boolean> {
    const document = await this.openAt(repository, path);
    if (document === null || !holdsLines(document.text, text)) {
      return false;
    }
    return !holdsLines((await repository.readText(path)) ?? "", text);
  }

  private async openAt(repository: Repository, path: string): Promise<OpenDocument | null> {
    for (const document of this.context.documents.all()) {
      const placement = await this.context.locations.of(document);
      if (placement.root === repository.root && placement.path === path) {
        return document;
      }
    }
    return null;
  }

  private async reasonToWait(
    repository: Repository,
    path: string,
    suggestions: readonly AcceptedSuggestion[],
  ): Promise<readonly (readonly [string, string])[]> {
    const document = await this.openAt(repository, path);
    if (document !== null) {
      const dirty = (await repository.readText(path)) !== document.text;
      return dirty ? suggestions.map(({ id }) => [id, `${path} is not saved yet.`]) : [];
    }
    if (this.seen.has(`${repository.root}\0${path}`)) {
      return [];
    }
    // Another window, or one that crashed, may hold the text unsaved: what is not on the disk yet is not gone.
    const text = (await repository.readText(path)) ?? "";
    const places = locateAccepted(text, suggestions);
    return suggestions
      .filter(({ id }) => (places.get(id)?.content ?? "gone") === "gone")
      .map(({ id }) => [
        id,
        `${path} does not hold what was accepted in it; it may be unsaved in another window, else open the file here.`,
      ]);
  }

  /** Anchors what this journal sealed, in the background, and tries again where the chain does not answer. */
  private async anchorOwn(): Promise<void> {
    clearTimeout(this.retry);
    const journal = await this.context.journal.open();
    if (journal === null || this.ended || journal.unanchored().length === 0) {
      return;
    }
    const problems = new Set<string>();
    await this.anchor(journal, new Set(), new AbortController().signal, problems);
    if (problems.size === 0 || journal.unanchored().length === 0) {
      this.failures = 0;
      return;
    }
    const wait = RETRY_MILLISECONDS[Math.min(this.failures, RETRY_MILLISECONDS.length - 1)];
    this.failures += 1;
    this.retry = setTimeout(() => void this.inOrder(() => this.anchorOwn()), wait);
  }

  /** Anchors what the journal sealed, and in `roots` also what lies there without any anchor. Counts suggestions. */
  private async anchor(
    journal: Journal,
    roots: ReadonlySet<string>,
    signal: AbortSignal,
    problems: Set<string>,
  ): Promise<number> {
    let writer: ChainWriter | null = null;
    const openWriter = async (): Promise<ChainWriter> => {
      writer ??= this.parts.chain.write(await this.transactionKey());
      return writer;
    };
    let anchored = 0;
    const own = journal.unanchored().map(({ repository }) => repository);
    for (const root of new Set([...roots, ...own])) {
      // A folder that is gone keeps nobody else's batches from the chain.
      if ((await stat(root).catch(() => null)) === null) {
        continue;
      }
      try {
        const outcome = await this.anchorIn(
          journal,
          root,
          roots.has(root) ? "unclaimed" : "own",
          openWriter,
          signal,
        );
        anchored += outcome.anchored;
        for (const problem of outcome.problems) {
          problems.add(problem);
        }
      } catch (error) {
        const reason = editorText(error);
        this.context.log(`Anchoring in ${root} failed: ${reason}`);
        problems.add(reason);
        this.context.status.setChain({ kind: "waiting", suggestions: unanchoredCount(journal), reason });
      }
    }
    await (writer as ChainWriter | null)?.close();
    this.showPending();
    return anchored;
  }

  private async anchorIn(
    journal: Journal,
    root: string,
    scope: AnchorScope,
    openWriter: () => Promise<ChainWriter>,
    signal: AbortSignal,
  ): Promise<{ readonly anchored: number; readonly problems: readonly string[] }> {
    const repository = await openRepository(root, [root]);
    await finishSealing(journal, repository);
    const contents = await this.parts.reader.read(repository);
    const due = dueBatches(contents, journal, scope);
    if (due.length === 0) {
      return { anchored: 0, problems: [] };
    }
    const suggestions = due.reduce((sum, batch) => sum + batch.suggestions.length, 0);
    this.context.status.setChain({ kind: "anchoring", suggestions });
    const writer = await openWriter();
    const { anchors } = contents;
    const outcome = await anchorBatches({ repository, due, anchors, writer, journal, signal });
    const reason = outcome.problem === null ? null : editorText(outcome.problem);
    if (reason === null) {
      const { name, local } = await writer.identity();
      this.context.status.setChain({ kind: "ready", name, local });
    } else {
      this.context.status.setChain({ kind: "waiting", suggestions, reason });
    }
    if (outcome.anchored.length > 0) {
      await this.parts.folders.reload(root);
    }
    const anchored = outcome.anchored.reduce((sum, batch) => sum + batch.suggestions, 0);
    return { anchored, problems: reason === null ? [] : [reason] };
  }

  private async transactionKey(): Promise<string | null> {
    const { chain } = this.context.settings.current;
    switch (chain.kind) {
      case "embedded":
        return null;
      case "rpc":
        return ask(this.context.connection, GetTransactionKey, { chainId: chain.id });
    }
  }

  private async changed(): Promise<void> {
    this.showPending();
    await this.parts.onChange();
  }

  private showPending(): void {
    const { journal } = this.context.journal;
    if (journal !== null) {
      this.context.status.setPending(journal.pending().length + unanchoredCount(journal));
    }
  }
}

function unanchoredCount(journal: Journal): number {
  return journal.unanchored().reduce((sum, { ids }) => sum + ids.length, 0);
}

/** The repositories that something is pending in. */
function rootsOf(journal: Journal): readonly string[] {
  return [...new Set(journal.pending().flatMap(({ root }) => (root === null ? [] : [root])))];
}
