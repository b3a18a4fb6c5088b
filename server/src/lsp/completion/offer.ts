import type { ActiveSuggestion } from "../suggestions/activeSuggestions";

/** What the model offers at a place, or why it offers nothing; without a reason nobody waits for one any more. */
export type Offer =
  | { readonly kind: "suggestion"; readonly suggestion: ActiveSuggestion }
  | { readonly kind: "nothing"; readonly reason: string | null };
