import { hasGrammar } from "../evidence/locate/grammarNames";
import type { SameTokens } from "../evidence/locate/locatePiece";
import { BoundedMap } from "../platform/boundedMap";
import { sha256 } from "../platform/digests";
import type { VerificationThread } from "./thread/verificationThread";

/** Answers that are remembered; each is a digest and a bit. */
const MAX_REMEMBERED = 4096;

/** Rounds of questions and answers that one verification may take. */
export const MAX_ROUNDS = 2;

/**
 * Questions of one round, and code units of their texts. The answers of all rounds are fewer than are remembered: whoever
 * asks more gets *no*, and whoever asks until nothing is open comes to an end.
 */
const MAX_OPEN = MAX_REMEMBERED / MAX_ROUNDS;
const MAX_OPEN_UNITS = 64 * 1024 * 1024;

interface Question {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/**
 * What grammars said about pairs of texts. The pipeline asks without waiting and gets *no* for what is not known yet;
 * `settled` has the open questions answered and runs it again.
 */
export class TokenComparisons {
  private readonly answers = new BoundedMap<string, boolean>(MAX_REMEMBERED);
  private readonly open = new Map<string, Question>();
  private openUnits = 0;

  constructor(private readonly thread: Pick<VerificationThread, "sameTokens">) {}

  readonly sameTokens: SameTokens = (path, before, after) => {
    if (!hasGrammar(path)) {
      return false;
    }
    const key = sha256(path, "\0", before, "\0", after).toString("hex");
    const known = this.answers.get(key);
    const units = before.length + after.length;
    if (known === undefined && this.open.size < MAX_OPEN && this.openUnits + units <= MAX_OPEN_UNITS) {
      this.open.set(key, { path, before, after });
      this.openUnits += units;
    }
    return known ?? false;
  };

  /** Runs a verification, and again as long as answers to what it asked may change it, but not without end. */
  async settled<Value>(verification: () => Value | Promise<Value>): Promise<Value> {
    let value = await verification();
    for (let round = 0; round < MAX_ROUNDS && (await this.answer()); round += 1) {
      value = await verification();
    }
    return value;
  }

  /** Answers what was asked since; resolves to whether there was anything. A comparison that fails is a *no*. */
  async answer(): Promise<boolean> {
    const questions = [...this.open];
    this.open.clear();
    this.openUnits = 0;
    for (const [key, { path, before, after }] of questions) {
      const same = await this.thread.sameTokens(path, before, after).catch(() => false);
      this.answers.set(key, same);
    }
    return questions.length > 0;
  }
}
