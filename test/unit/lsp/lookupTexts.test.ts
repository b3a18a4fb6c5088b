import { beforeEach, describe, expect, it } from "vitest";
import { LookupTexts } from "../../../server/src/lsp/completion/lookupTexts";
import { OpenDocument } from "../../../server/src/lsp/documents/openDocument";
import type { Provider } from "../../../server/src/providers/provider";

type Context = ConstructorParameters<typeof LookupTexts>[0];

describe("what the provider is told to look up", () => {
  let told: (readonly string[])[];
  let lookUps: LookupTexts;
  const provider = { prepare: (texts: readonly string[]) => told.push(texts) } as unknown as Provider;
  const document = new OpenDocument("file:///a.ts", "typescript", 1, "before|after");
  const context = {
    locations: { repositoryPathOf: () => "/root" },
    sources: { textsBeside: () => ["1", "2", "3", "4", "5"] },
  } as unknown as Context;

  beforeEach(() => {
    told = [];
    lookUps = new LookupTexts(context);
  });

  it("is the document, what stands before the cursor last, after the files opened last", () => {
    lookUps.follow(provider, document, 7, 0);
    expect(told).toEqual([["2", "3", "4", "5", "after", "before|"]]);
  });

  it("is told again after a while, for another document, and to another provider", () => {
    const changing = new LookupTexts(context);
    for (const now of [0, 5_000, 9_000]) {
      changing.follow(provider, document, 7, now);
    }
    expect(told).toHaveLength(1);
    changing.follow(provider, document, 7, 11_000);
    expect(told).toHaveLength(2);
    changing.follow(provider, new OpenDocument("file:///b.ts", "typescript", 1, ""), 0, 11_001);
    expect(told).toHaveLength(3);
    changing.follow({ ...provider }, new OpenDocument("file:///b.ts", "typescript", 1, ""), 0, 11_002);
    expect(told).toHaveLength(4);
    changing.follow(null, document, 7, 100_000);
    expect(told).toHaveLength(4);
  });

  it("is the document alone outside of repositories", () => {
    const outside = { ...context, locations: { repositoryPathOf: () => null } } as unknown as Context;
    new LookupTexts(outside).follow(provider, document, 7, 0);
    expect(told).toEqual([["after", "before|"]]);
  });
});
