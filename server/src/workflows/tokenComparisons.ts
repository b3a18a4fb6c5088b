import { hasGrammar } from "../evidence/locate/grammarNames";
import type { SameTokens } from "../evidence/locate/locatePiece";
import { BoundedMap } from "../platform/boundedMap";
import { sha256 } from "../platform/digests";
import type { VerificationThread } from "./thread/verificationThread";

/** Answers that are remembered; each is a digest and a bit. */
const MAX_REMEMBERED = 4096;

interface Question {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/**
 * What grammars said about pairs of texts. The pipeline asks without waiting and gets *no* for what is not known yet;
 * whoever runs it has the open questions answered and runs it again.
 */
export class TokenComparisons {
  private readonly answers = new BoundedMap<string, boolean>(MAX_REMEMBERED);
  private readonly open = new Map<string, Question>();

  constructor(private readonly thread: Pick<VerificationThread, "sameTokens">) {}

  readonly sameTokens: SameTokens = (path, before, after) => {
    if (!hasGrammar(path)) {
      return false;
    }
    const key = sha256(path, "\0", before, "\0", after).toString("hex");
    const known = this.answers.get(key);
    if (known === undefined) {
      this.open.set(key, { path, before, after });
    }
    return known ?? false;
  };

  /** Answers what was asked since; resolves to whether there was anything. A comparison that fails is a *no*. */
  async answer(): Promise<boolean> {
    const questions = [...this.open];
    this.open.clear();
    for (const [key, { path, before, after }] of questions) {
      const same = await this.thread.sameTokens(path, before, after).catch(() => false);
      this.answers.set(key, same);
    }
    return questions.length > 0;
  }
}
