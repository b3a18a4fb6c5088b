import type { Range } from "vscode-languageserver/node";
import type { Verdict } from "../../policy/verdict";

/** A verdict where it stands in an open document now, and what its badge adds to the word. */
export interface PlacedVerdict {
  readonly verdict: Verdict;
  readonly range: Range;
  readonly note: string | null;
}
