/** What a server means by refusing a signed transaction, in the words of the common clients (geth, reth, nethermind, anvil, erigon). */
export type Refusal =
  /** It has it already. */
  | "known"
  /** A block has a transaction with its nonce. */
  | "used"
  /** One with its nonce waits in the pool, and this one does not offer enough more to take its place. */
  | "claimed"
  /** It offers less than the pool takes. */
  | "underpriced"
  /** The account does not hold what it may cost. */
  | "underfunded"
  | "other";

const WORDS: readonly (readonly [Refusal, RegExp])[] = [
  ["known", /already known|already imported|known transaction/i],
  ["used", /nonce (is )?too low|OldNonce/i],
  // Before the next: geth says "replacement transaction underpriced".
  ["claimed", /replacement transaction/i],
  ["underpriced", /underpriced/i],
  ["underfunded", /insufficient funds|lack of funds/i],
];

export function refusalOf(message: string): Refusal {
  return WORDS.find(([, words]) => words.test(message))?.[0] ?? "other";
}
