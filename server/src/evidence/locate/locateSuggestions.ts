import type { Prompt } from "../../inference/suggestion";
import { type AcceptedSuggestion, promptOf } from "../format/acceptedSuggestion";
import type { Position } from "../format/record";
import { type LocateInput, locate } from "./locate";
import type { Located } from "./locatePiece";

/** What a suggestion is looked for by, whether it comes from the journal or from evidence. */
export interface Placeable {
  readonly id: string;
  /** Where the accepted text began when it was recorded. */
  readonly position: Position;
  readonly accepted: string;
  /** `null` where the prompt is sealed. */
  readonly prompt: Pick<Prompt, "prefix" | "suffix"> | null;
}

/** Where an editor has followed suggestions to, by id, or pieces, by key. */
export type PlaceHints = ReadonlyMap<string, Position>;

/** Finds suggestions in a text; see `locate`. */
export function locateSuggestions(
  text: string,
  suggestions: readonly Placeable[],
  hints?: PlaceHints,
): ReadonlyMap<string, Located> {
  return locate(
    text,
    suggestions.map(({ id, position, accepted, prompt }): LocateInput => {
      const hint = hints?.get(id);
      return {
        id,
        position,
        accepted,
        ...(hint !== undefined && { hint }),
        ...(prompt !== null && { before: prompt.prefix, after: prompt.suffix }),
      };
    }),
  );
}

/** Finds suggestions of the journal in a text. */
export function locateAccepted(
  text: string,
  suggestions: readonly AcceptedSuggestion[],
  hints?: PlaceHints,
): ReadonlyMap<string, Located> {
  const placeable = suggestions.map((suggestion) => ({
    id: suggestion.id,
    position: suggestion.position,
    accepted: suggestion.values.accepted,
    prompt: promptOf(suggestion),
  }));
  return locateSuggestions(text, placeable, hints);
}
