import type { ChainIdentity } from "./chain";
import type { StoredWords, WordQuestion } from "./trust/storedWords";

/** What reads words that EAS stores. */
export interface WordReader {
  identity(): Promise<ChainIdentity>;
  /** @throws ProoflineError `chain.unreachable`, `chain.wrong`, `chain.disputed`, `chain.rejected` */
  words(questions: readonly WordQuestion[]): Promise<StoredWords>;
}
