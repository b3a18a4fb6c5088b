import { describe, expect, it } from "vitest";
import { pathMatcher, patternProblem } from "../../../../server/src/policy/file/pathPattern";

describe("a pattern of paths", () => {
  it.each([
    ["**", ["a", ".a/b", "a/b/c.ts", "new\nline"], []],
    ["docs/**", ["docs/a", "docs/a/b"], ["doc/a", "a/docs/b"]],
    ["**/a.ts", ["a.ts", "b/a.ts", "b/c/a.ts"], ["ba.ts", "a.ts/b"]],
    ["src/*.ts", ["src/a.ts", "src/.ts"], ["src/a/b.ts", "src/a.tsx"]],
    ["a/**/b/*c?", ["a/b/cd", "a/x/b/y/b/ccd"], ["a/b/c", "a/b"]],
    ["app/[id]/(x|y)+/page.ts", ["app/[id]/(x|y)+/page.ts"], ["app/i/x/page.ts"]],
  ])("%j names what it seems to", (pattern, inside, outside) => {
    expect(patternProblem(pattern)).toBeNull();
    const matches = pathMatcher([pattern]);
    expect([...inside, ...outside].filter(matches)).toEqual(inside);
    expect(pathMatcher([])(inside[0] ?? "")).toBe(false);
  });

  it.each(["!docs/**", "{a,b}/**", "a\\*", "/a", "a/", "./a", "a/../b", "a//b"])(
    "%j, which would not do what is expected of it, is refused",
    (pattern) => {
      expect(patternProblem(pattern)).not.toBeNull();
    },
  );

  it("costs little, however it was made", () => {
    const begun = performance.now();
    for (const [pattern, path] of [
      ["*a".repeat(99), "a".repeat(250)],
      ["**/a/".repeat(39), "a/".repeat(2_000)],
      ["(a+)+b", "a".repeat(250)],
    ] as const) {
      expect(pathMatcher([`${pattern}/end`])(`${path}/other`)).toBe(false);
    }
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
