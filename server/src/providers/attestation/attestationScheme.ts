import type { AnswerCheck, AnswerReport } from "./answerReport";

/**
 * How one kind of enclaves vouches for its answers. Whoever is to believe an answer asks five questions, and a scheme replies to
 * each by checks that are made each by itself. It reads nothing and asks nobody: `parts` hold all that was found out.
 *
 * @typeParam Parts an answer with its parts read, as this scheme's checks look at it
 */
export interface AttestationScheme<Parts> {
  /** Over which bytes? Whether what was signed is this request and this answer. */
  signedBytes(parts: Parts): readonly AnswerCheck[];
  /** With which key? Whether it is that of the enclave which is named. */
  signingKey(parts: Parts): AnswerCheck;
  /** Who signed? Whether that key did. */
  signature(parts: Parts): AnswerCheck;
  /** Which registry knows the key, and approves the code behind it? */
  registry(parts: Parts): readonly AnswerCheck[];
  /** Which report is about the key, and does the maker of the hardware vouch for it? */
  report(parts: Parts): Promise<readonly AnswerCheck[]>;

  /** Whether the answer stands where it is said to be settled. */
  settlement(parts: Parts): AnswerCheck;
  /** What request and answer name by themselves; `null` where they name nothing. */
  named(parts: Parts): Pick<AnswerReport, "enclave" | "timestamp" | "model">;
  readonly words: SchemeWords;
}

/** What one kind of enclaves has said of it in its own words, as whole sentences. */
export interface SchemeWords {
  /** What `attested` means: on whose hardware the enclave runs, and what was not asked. */
  readonly attested: string;
  /** What `signed` means: what is not known of whoever holds the key. */
  readonly signed: string;
  /** What is not known of the code in the enclave, and of what stands beside it. */
  readonly environment: string;
}
