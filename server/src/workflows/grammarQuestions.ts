import { allCode, type LineReading, type LinesOf, mayEnclose } from "../evidence/locate/enclosure";
import { hasGrammar } from "../evidence/locate/grammarNames";
import type { SameTokens } from "../evidence/locate/locatePiece";
import { BoundedMap } from "../platform/boundedMap";
import { sha256 } from "../platform/digests";
import type { VerificationThread } from "./thread/verificationThread";

/** Answers of each kind that are remembered; they are small. */
const MAX_REMEMBERED = { comparisons: 4096, files: 65_536 } as const;

/** Rounds of questions and answers that one verification may take. */
export const MAX_ROUNDS = 2;

/** Code units of the texts that are asked about in one round. */
const MAX_OPEN_UNITS = 64 * 1024 * 1024;

/**
 * What grammars said about texts. The pipeline asks without waiting and gets *no*, or *not yet*, for what is not known;
 * `settled` has the open questions answered and runs it again.
 */
export class GrammarQuestions {
  private readonly comparisons: OpenQuestions<boolean>;
  private readonly lines: OpenQuestions<readonly (LineReading | null)[] | null>;

  /** @param thread one of its own: a text that breaks it must cost nothing but the answer about that text */
  constructor(private readonly thread: Pick<VerificationThread, "sameTokens" | "linesOf">) {
    this.comparisons = new OpenQuestions(MAX_REMEMBERED.comparisons, false);
    this.lines = new OpenQuestions(MAX_REMEMBERED.files, null);
  }

  readonly sameTokens: SameTokens = (path, before, after) =>
    hasGrammar(path) &&
    (this.comparisons.ask([path, before, after], () => this.thread.sameTokens(path, before, after)) ?? false);

  readonly linesOf: LinesOf = (path, text, spans) =>
    mayEnclose(path, text)
      ? this.lines.ask([path, text, JSON.stringify(spans)], () => this.thread.linesOf(path, text, spans))
      : allCode(spans);

  /** Runs a verification, and again as long as answers to what it asked may change it, but not without end. */
  async settled<Value>(verification: () => Value | Promise<Value>): Promise<Value> {
    let value = await verification();
    for (let round = 0; round < MAX_ROUNDS && (await this.answer()); round += 1) {
      value = await verification();
    }
    return value;
  }

  /** Answers what was asked since; resolves to whether something is known now that was not when this was called. */
  async answer(): Promise<boolean> {
    const compared = await this.comparisons.answer();
    const read = await this.lines.answer();
    return compared || read;
  }
}

/**
 * Questions about texts, and the answers. The answers of all rounds are fewer than are remembered: whoever asks more gets none,
 * and whoever asks until nothing is open comes to an end.
 */
class OpenQuestions<Answer> {
  private readonly answers: BoundedMap<string, Answer>;
  private readonly open = new Map<string, () => Promise<Answer>>();
  private units = 0;
  /** Answers that are under way, perhaps to what another verification asked. */
  private answering: Promise<boolean> = Promise.resolve(false);

  constructor(
    private readonly maximum: number,
    /** What a question that fails counts as. */
    private readonly failed: Answer,
  ) {
    this.answers = new BoundedMap(maximum);
  }

  /** The answer; `null` while it is not known. */
  ask(texts: readonly string[], question: () => Promise<Answer>): Answer | null {
    const key = sha256(...texts.map((text) => sha256(text))).toString("hex");
    const known = this.answers.get(key);
    if (known !== undefined) {
      return known;
    }
    const units = texts.reduce((sum, { length }) => sum + length, 0);
    if (
      !this.open.has(key) &&
      this.open.size < this.maximum / MAX_ROUNDS &&
      this.units + units <= MAX_OPEN_UNITS
    ) {
      this.open.set(key, question);
      this.units += units;
    }
    return null;
  }

  answer(): Promise<boolean> {
    const before = this.answering;
    const questions = [...this.open];
    this.open.clear();
    this.units = 0;
    const answering = (async () => {
      const wereOthers = await before;
      for (const [key, question] of questions) {
        // Another text may have ended the thread; one that ends it twice is what it fails of.
        this.answers.set(key, await question().catch(() => question().catch(() => this.failed)));
      }
      return questions.length > 0 || wereOthers;
    })();
    this.answering = answering;
    void answering.then(() => {
      if (this.answering === answering) {
        this.answering = Promise.resolve(false);
      }
    });
    return answering;
  }
}
