import { MAX_DRAFT } from "../graph/batchInvariance";

/** The last tokens must have stood somewhere before in a run of at least this many to be continued as they were. */
const MIN_MATCH = 2;
/** A longer run than this makes no difference. */
const MAX_MATCH = 12;
/** Tokens of earlier answers that are remembered. */
const MAX_REMEMBERED = 2048;
/** Stands between texts that do not follow each other. */
export const BREAK = -1;

/** What one more row costs, as a share of a run with one row, until it is measured. */
const FIRST_ROW_COST = 0.15;
/** The weight of the newest draft, and of the newest duration of a run, which other work on the machine can distort. */
const LEARNING_RATE = 0.2;
const TIMING_RATE = 0.1;
/** How fast a kind of match that is not tried any more gets another chance. */
const FORGETTING_RATE = 0.01;

/** Tokens that probably come next. */
export interface Draft {
  readonly tokens: readonly number[];
  /** How many tokens before it are the same where it was found. */
  readonly match: number;
}

/**
 * Drafts tokens without a second model: where the last tokens stood before, in the prompt, in an earlier answer or else
 * in a text from around, what followed them is likely to follow again. The model checks a draft in one run and keeps
 * what it would have chosen itself, so a draft changes the time an answer takes and nothing else.
 *
 * How much is drafted is learned: the length that gives the most tokens for the time of its run, from how often
 * drafts after a match of that length were right and from what a further row costs.
 */
export class PromptLookup {
  private known: Int32Array = new Int32Array(0);
  private remembered: number[] = [];
  /** Earlier answers, the prompt, and the answer so far. */
  private text = new Int32Array(0);
  private length = 0;
  /** By length of the match: how often a drafted token is right. */
  private readonly hits: number[] = Array.from({ length: MAX_MATCH + 1 }, (_, match) => firstGuess(match));
  private oneRow = 0;
  private rowCost = FIRST_ROW_COST;

  /** Replaces the texts from around: their tokens, the most likely text last, {@link BREAK} after each. */
  know(tokens: Int32Array): void {
    this.known = tokens;
  }

  /** Starts an answer to a prompt. */
  begin(prompt: readonly number[], maxTokens: number): void {
    const needed = this.remembered.length + prompt.length + maxTokens + 1;
    if (this.text.length < needed) {
      this.text = new Int32Array(2 * needed);
    }
    this.text.set(this.remembered);
    this.text.set(prompt, this.remembered.length);
    this.length = this.remembered.length + prompt.length;
  }

  /** The answer goes on with this token. */
  push(token: number): void {
    this.text[this.length] = token;
    this.length += 1;
  }

  /** What probably follows; at most `limit` tokens, none where checking them would cost more than it saves. */
  draft(limit: number): Draft {
    const near = this.longestMatch(this.text, this.length - 1);
    // The model hardly writes what it was not shown, so texts from around are the second choice.
    const { text, end, match } =
      near.match < MIN_MATCH ? this.longestMatch(this.known, this.known.length) : near;
    if (match < MIN_MATCH) {
      return { tokens: [], match: 0 };
    }
    const count = this.bestCount(match, Math.min(limit, MAX_DRAFT));
    if (count === 0) {
      const hits = this.hits[match] ?? 0;
      this.hits[match] = hits + FORGETTING_RATE * (firstGuess(match) - hits);
    }
    const length = text === this.text ? this.length : text.length;
    const following = text.subarray(end, Math.min(end + count, length));
    const stop = following.indexOf(BREAK);
    return { tokens: [...following.subarray(0, stop < 0 ? undefined : stop)], match };
  }

  /** The model kept the first `accepted` tokens of a draft. */
  checked({ tokens, match }: Draft, accepted: number): void {
    for (let index = 0; index < Math.min(accepted + 1, tokens.length); index++) {
      const hits = this.hits[match] ?? 0;
      this.hits[match] = hits + LEARNING_RATE * ((index < accepted ? 1 : 0) - hits);
    }
  }

  /** Tells how long a run over a number of tokens took. */
  ran(rows: number, milliseconds: number): void {
    if (rows === 1) {
      // A run that was held up says nothing about the graph.
      const usual = this.oneRow === 0 ? milliseconds : Math.min(milliseconds, 2 * this.oneRow);
      this.oneRow += (this.oneRow === 0 ? 1 : TIMING_RATE) * (usual - this.oneRow);
    } else if (this.oneRow > 0) {
      const cost = (milliseconds / this.oneRow - 1) / (rows - 1);
      this.rowCost += TIMING_RATE * (Math.min(Math.max(cost, 0.02), 1) - this.rowCost);
    }
  }

  /** Keeps an answer for later lookups. */
  remember(tokens: readonly number[]): void {
    this.remembered = [...this.remembered, ...tokens, BREAK].slice(-MAX_REMEMBERED);
  }

  /**
   * The latest place in a text, before one, where the longest run of the last tokens stands; `end` is where it goes
   * on.
   */
  private longestMatch(text: Int32Array, before: number): { text: Int32Array; end: number; match: number } {
    const own = this.text;
    const last = this.length - 1;
    let [end, match] = [0, 0];
    for (let at = before - 1; at >= MIN_MATCH - 1 && match < MAX_MATCH; at--) {
      if (text[at] !== own[last] || text[at] === BREAK) {
        continue;
      }
      let length = 1;
      while (
        length < MAX_MATCH &&
        length <= at &&
        length <= last &&
        text[at - length] === own[last - length]
      ) {
        length += 1;
      }
      if (length > match) {
        [end, match] = [at + 1, length];
      }
    }
    return { text, end, match };
  }

  private bestCount(match: number, limit: number): number {
    const hits = this.hits[match] ?? 0;
    let [best, bestRate] = [0, 1];
    let expected = 1;
    for (let count = 1; count <= limit; count++) {
      expected += hits ** count;
      const rate = expected / (1 + count * this.rowCost);
      if (rate > bestRate) {
        [best, bestRate] = [count, rate];
      }
    }
    return best;
  }
}

function firstGuess(match: number): number {
  return match < MIN_MATCH ? 0 : 1 - 1 / match;
}
