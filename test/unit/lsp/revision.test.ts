import { describe, expect, it } from "vitest";
import { revisionOf } from "../../../server/src/lsp/documents/revision";

function uri(scheme: string, query: unknown, path = "/p/src/a b.ts"): string {
  const text = typeof query === "string" ? query : JSON.stringify(query);
  return `${scheme}:${encodeURI(path)}?${encodeURIComponent(text)}`;
}

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

describe("which version of which file a document is", () => {
  it.each([
    ["", "as staged"],
    ["~", "as staged or last committed"],
    ["~2", "as one side of the merge has it"],
    ["HEAD", "as last committed"],
    [COMMIT, "as of the commit 01234567"],
    ["origin/main", "as of origin/main"],
    ["a\u202eb", "as of a\\u{202e}b"],
  ])("git %j", (ref, which) => {
    expect(revisionOf(uri("git", { path: "/p/src/a b.ts", ref }))).toEqual({ file: "/p/src/a b.ts", which });
  });

  it("is told of either side of a pull request's file, checked out or not", () => {
    const review = { path: "src/a b.ts", ref: "x", commit: COMMIT, base: true, isOutdated: false };
    const request = {
      baseCommit: COMMIT,
      headCommit: `f${COMMIT.slice(1)}`,
      isBase: false,
      fileName: "a b.ts",
    };
    expect(revisionOf(uri("review", review))).toEqual({
      file: "/p/src/a b.ts",
      which: "as of the commit 01234567",
    });
    expect(revisionOf(uri("pr", request))).toMatchObject({ which: "as of the commit f1234567" });
    expect(revisionOf(uri("pr", { ...request, isBase: true }))).toMatchObject({
      which: "as of the commit 01234567",
    });
  });

  it.each([
    ["a file", "file:///p/src/a.ts"],
    ["a copy that marks changed lines", uri("git", { path: "/p/src/a.ts", ref: "" }, "/p/src/a.ts.git")],
    ["a change of a submodule", uri("git", { path: "/p/sub", ref: "", submoduleOf: "/p" }, "/p/sub.diff")],
    ["no query", "git:/p/src/a.ts"],
    ["a query that is no JSON", uri("git", "{")],
    ["a query without a path", uri("git", { ref: "HEAD" })],
    ["no URI", "git"],
  ])("cannot be told of %s", (_, text) => {
    expect(revisionOf(text)).toBeNull();
  });
});
