import { describe, expect, it } from "vitest";
import { type OfferPlace, type Offers, whyNoOffer } from "../../../client/src/editor/offers";

const MADE_FOR = ["typescript", "javascript"];
const NOW = new Date(2026, 2, 1, 10, 0).getTime();

function why(
  offers: Partial<Offers>,
  place: Partial<OfferPlace> = {},
  { asked = false, languages = MADE_FOR }: { asked?: boolean; languages?: readonly string[] | null } = {},
): string | null {
  return whyNoOffer(
    { automatic: true, languages: {}, snoozedUntil: null, ...offers },
    { languageId: "typescript", excludedBy: null, ...place },
    languages,
    asked,
    NOW,
  );
}

describe("where suggestions are offered", () => {
  it("is what the model was made for, unless a person wants more", () => {
    expect(why({})).toBeNull();
    expect(why({}, { languageId: "go" })).toContain("was not made for go");
    expect(why({}, { languageId: "go" }, { asked: true })).toBeNull();
    expect(why({}, { languageId: "go" }, { languages: null })).toBeNull();
    expect(why({ languages: { go: true } }, { languageId: "go" })).toBeNull();
    expect(why({ languages: { "*": true } }, { languageId: "go" })).toBeNull();
  });

  it("is never a language or a file that a person turned off, even when asked", () => {
    for (const asked of [false, true]) {
      expect(why({ languages: { typescript: false } }, {}, { asked })).toContain("turned off for typescript");
      expect(why({ languages: { "*": false, go: true } }, {}, { asked })).toContain("turned off");
      expect(why({ languages: { "*": false, go: true } }, { languageId: "go" }, { asked })).toBeNull();
      expect(why({}, { excludedBy: "**/*.min.js" }, { asked })).toContain("files like **/*.min.js");
    }
  });

  it("is nowhere on its own while snoozed, or where a person asks for each, and says until when", () => {
    const snoozedUntil = NOW + 5 * 60_000;
    expect(why({ snoozedUntil })).toContain("snoozed until 10:05");
    expect(why({ snoozedUntil: NOW })).toBeNull();
    expect(why({ automatic: false })).toContain("only when you ask");
    expect(why({ snoozedUntil, automatic: false }, {}, { asked: true })).toBeNull();
  });
});
