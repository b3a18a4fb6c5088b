/** Where a person wants suggestions. */
export interface Offers {
  /** Without it, only what was asked for is offered. */
  readonly automatic: boolean;
  /** By the editor's language identifiers, and `*` for all others: offered on its own, or not at all. */
  readonly languages: Readonly<Record<string, boolean>>;
  /** Until when nothing is offered, in milliseconds since 1970; `null` for no such time. */
  readonly snoozedUntil: number | null;
}

/** A document as far as that matters. */
export interface OfferPlace {
  readonly languageId: string;
  /** The pattern of the `exclude` setting that it fits; `null` for none. */
  readonly excludedBy: string | null;
}

/**
 * Why nothing is offered in a document, as a sentence; `null` where something may be.
 *
 * @param modelLanguages what the model was made for; `null` where nobody knows
 * @param asked a person asked for it, which only a language that is turned off refuses
 */
export function whyNoOffer(
  { automatic, languages, snoozedUntil }: Offers,
  { languageId, excludedBy }: OfferPlace,
  modelLanguages: readonly string[] | null,
  asked: boolean,
  now: number,
): string | null {
  const wish = languages[languageId] ?? languages["*"];
  if (excludedBy !== null) {
    return `Suggestions are turned off for files like ${excludedBy}.`;
  }
  if (wish === false) {
    return `Suggestions are turned off for ${languageId}.`;
  }
  if (asked) {
    return null;
  }
  if (snoozedUntil !== null && now < snoozedUntil) {
    return `Suggestions are snoozed until ${timeOf(snoozedUntil)}; they still come when you ask.`;
  }
  if (!automatic) {
    return "Suggestions come only when you ask for them.";
  }
  if (wish === undefined && modelLanguages !== null && !modelLanguages.includes(languageId)) {
    return `The model was not made for ${languageId}, so suggestions come only when you ask for them. The Proofline menu turns them on.`;
  }
  return null;
}

/** Hours and minutes as the person's clock shows them. */
function timeOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  return [date.getHours(), date.getMinutes()].map((part) => String(part).padStart(2, "0")).join(":");
}
