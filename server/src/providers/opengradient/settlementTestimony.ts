/**
 * What OpenGradient's chain says of an answer's settlement. `found`: a relay's event names the answer, or the root of its batch. `pending`:
 * none does, and there is still time. `notFound`: none does, and there was time enough. `disputed`: servers do not tell alike.
 */
export type SettlementTestimony =
  | {
      readonly kind: "found";
      readonly block: number /** Whose word it is, within a sentence. */;
      readonly witnesses: string;
    }
  | { readonly kind: "pending" | "notFound"; readonly witnesses: string }
  | { readonly kind: "disputed" };

/** Seconds after an answer within which it is settled: twice as long as the longest wait for a batch. */
export const SETTLED_WITHIN_SECONDS = 1_800;
