import { beforeEach, describe, expect, it } from "vitest";
import { LookupTexts } from "../../../server/src/lsp/completion/lookupTexts";
import { OpenDocument } from "../../../server/src/lsp/documents/openDocument";

type Context = ConstructorParameters<typeof LookupTexts>[0];

describe("what the provider is told to look up", () => {
  let told: (readonly string[])[];
  let lookUps: LookupTexts;
  const provider = { prepare: (texts: readonly string[]) => told.push(texts) };
  const document = new OpenDocument("file:///a.ts", "typescript", 1, "before|after");
  const context = {
    source: { provider },
    locations: { repositoryPathOf: () => "/root" },
    sources: { textsBeside: () => ["1", "2", "3", "4", "5"] },
  } as unknown as Context;

  beforeEach(() => {
    told = [];
    lookUps = new LookupTexts(context);
  });

  it("is the document, what stands before the cursor last, after the files opened last", () => {
    lookUps.follow(document, 7, 0);
    expect(told).toEqual([["2", "3", "4", "5", "after", "before|"]]);
  });

  it("is told again after a while, for another document, and to another provider", () => {
    const holder = { ...context.source } as { provider: unknown };
    const changing = new LookupTexts({ ...context, source: holder } as unknown as Context);
    for (const now of [0, 5_000, 9_000]) {
      changing.follow(document, 7, now);
    }
    expect(told).toHaveLength(1);
    changing.follow(document, 7, 11_000);
    expect(told).toHaveLength(2);
    changing.follow(new OpenDocument("file:///b.ts", "typescript", 1, ""), 0, 11_001);
    expect(told).toHaveLength(3);
    holder.provider = { ...provider };
    changing.follow(new OpenDocument("file:///b.ts", "typescript", 1, ""), 0, 11_002);
    expect(told).toHaveLength(4);
    holder.provider = null;
    changing.follow(document, 7, 100_000);
    expect(told).toHaveLength(4);
  });

  it("is the document alone outside of repositories", () => {
    const outside = { ...context, locations: { repositoryPathOf: () => null } } as unknown as Context;
    new LookupTexts(outside).follow(document, 7, 0);
    expect(told).toEqual([["after", "before|"]]);
  });
});
