import { SUMMARIES, type Summary } from "./verdictWords";

/**
 * What stands on one line, in the order in which it is told: the worst word first, which is the line's badge. Edited ones
 * come last where a verified one stands on the whole line: that took their place, and what is said of the line is not about
 * what became of them.
 */
export function worstFirst<One>(
  here: readonly One[],
  describe: (one: One) => { readonly summary: Summary; readonly isPart: boolean },
): readonly One[] {
  const isTaken = here.some((one) => {
    const { summary, isPart } = describe(one);
    return summary === "verified" && !isPart;
  });
  const rank = (one: One): number => {
    const { summary } = describe(one);
    return isTaken && summary === "edited" ? SUMMARIES.length : SUMMARIES.indexOf(summary);
  };
  return [...here].sort((one, other) => rank(one) - rank(other));
}
