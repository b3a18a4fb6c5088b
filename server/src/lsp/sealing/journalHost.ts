import type { AcceptedSuggestion } from "../../evidence/format/record";
import { type Journal, openJournal, readJournals } from "../../evidence/journal/journal";
import { messageOf } from "../../platform/errors";
import { EditorError } from "../editorError";
import { editorText } from "../editorRemedies";
import type { SettingsStore } from "../settingsStore";

/** This server's journal: opened at once where the workspace is trusted, with dead servers' journals adopted. */
export class JournalHost {
  private opening: Promise<Journal> | null = null;
  private opened: Journal | null = null;
  private others: readonly AcceptedSuggestion[] = [];
  private reason: string | null = null;

  constructor(
    private readonly settings: SettingsStore,
    private readonly log: (line: string) => void,
  ) {}

  /** Why nothing can be recorded, or `null`. */
  get problem(): string | null {
    return this.reason;
  }

  /** Opens the journal. Resolves to `null` where that is not allowed or fails; `problem` says why. */
  async open(): Promise<Journal | null> {
    if (!this.settings.current.trusted) {
      this.reason = "The workspace is not trusted, so nothing is written.";
      return null;
    }
    this.opening ??= openJournal(this.settings.home);
    try {
      const journal = await this.opening;
      if (this.opened === null) {
        for (const problem of journal.problems) {
          this.log(problem);
        }
      }
      this.opened = journal;
      this.reason = null;
      return journal;
    } catch (error) {
      this.opening = null;
      this.reason = editorText(error);
      this.log(`The journal cannot be opened: ${messageOf(error)}`);
      return null;
    }
  }

  /** The journal, where it is open. */
  get journal(): Journal | null {
    return this.opened;
  }

  /** Accepted suggestions that are not sealed yet: this server's, and those that other windows' journals held last. */
  pending(): readonly AcceptedSuggestion[] {
    const own = this.opened?.pending() ?? [];
    const others = this.others.filter(({ id }) => this.opened?.find(id) === null);
    return others.length === 0 ? own : [...own, ...others];
  }

  /** Looks into the other windows' journals again. */
  async refreshOthers(): Promise<void> {
    try {
      this.others = (await readJournals(this.settings.home)).pending;
    } catch (error) {
      this.log(`Other journals cannot be read: ${messageOf(error)}`);
    }
  }

  /** Resolves once the suggestion is durable; a longer or shorter one under the same id takes its place. */
  async accept(suggestion: AcceptedSuggestion): Promise<void> {
    await (await this.required()).accept(suggestion);
  }

  /** Resolves once it is durable that nothing of the suggestion is accepted. */
  async withdraw(id: string): Promise<void> {
    await (await this.required()).withdraw(id);
  }

  async close(): Promise<void> {
    const journal = await this.opening?.catch(() => null);
    this.opening = null;
    this.opened = null;
    await journal?.close();
  }

  private async required(): Promise<Journal> {
    const journal = await this.open();
    if (journal !== null) {
      return journal;
    }
    throw new EditorError(
      "journal",
      this.reason ?? "The journal is not open.",
      "Once that is solved, run Proofline: Restart.",
    );
  }
}
