import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { BytePairs } from "../tokenizer/byte-pairs.mjs";
import type { Cursor } from "./cursors";
import { FiveGrams } from "./ngram";
import type { Suggester, Suggestion } from "./suggester";

const MAX_TOKENS = { line: 40, midLine: 40, block: 128 } as const;
/** Lines that a block may take. */
const MAX_LINES = 8;

/** Baseline: a 5-gram model on the tokens of the corpus, which sees only the text before the cursor. */
export class NgramSuggester implements Suggester {
  readonly name = "5-gram model";

  private constructor(
    private readonly tokenizer: BytePairs,
    private readonly model: FiveGrams,
    readonly tokens: number,
  ) {}

  /** @param limit tokens of the corpus to count, from its start */
  static async load(tokenizerFile: string, corpusFile: string, limit: number): Promise<NgramSuggester> {
    const tokenizer = new BytePairs(tokenizerFile);
    const ids = new Uint16Array(limit);
    let length = 0;
    for await (const line of createInterface({ input: createReadStream(corpusFile) })) {
      const { text }: { text: string } = JSON.parse(line);
      const own = [...tokenizer.encode(text), tokenizer.control.endoftext ?? 0];
      if (length + own.length > limit) {
        break;
      }
      ids.set(own, length);
      length += own.length;
    }
    return new NgramSuggester(tokenizer, new FiveGrams(ids.slice(0, length), tokenizer.size), length);
  }

  async suggest(cursor: Cursor, gate: number): Promise<Suggestion> {
    const history = this.tokenizer.encode(cursor.prefix.slice(-200));
    const answer: number[] = [];
    let probability = 1;
    let sure = 0;
    while (answer.length < MAX_TOKENS[cursor.kind]) {
      const id = this.model.best(history);
      if (id < 6) {
        break;
      }
      probability *= this.model.probability(history, id);
      answer.push(id);
      if (probability >= gate) {
        sure = answer.length;
      }
      history.push(id);
      const lines = this.tokenizer.decode(answer).trimStart().split("\n").length;
      if (lines > (cursor.kind === "block" ? MAX_LINES : 1)) {
        break;
      }
    }
    return { text: this.textOf(answer, cursor), shown: this.textOf(answer.slice(0, sure), cursor) };
  }

  private textOf(tokens: readonly number[], { kind }: Cursor): string {
    const text = this.tokenizer.decode([...tokens]).trimEnd();
    const newline = text.indexOf("\n", text.search(/\S/));
    return kind === "block" || newline < 0 ? text : text.slice(0, newline);
  }

  async bits(cursor: Cursor): Promise<number> {
    const history = this.tokenizer.encode(cursor.prefix.slice(-200));
    let bits = 0;
    for (const id of this.tokenizer.encode(cursor.expected)) {
      bits -= Math.log2(this.model.probability(history, id));
      history.push(id);
    }
    return bits;
  }
}
