import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { importCircles, sourceFiles, wrongImports } from "../../support/imports";

const top = join(import.meta.dirname, "../../..");
const files = sourceFiles(top);

describe("the arrows between the rooms of the house", () => {
  it("run down only", () => {
    expect(files.length).toBeGreaterThan(200);
    expect(wrongImports(files)).toEqual([]);
  });

  it("form no circle", () => {
    expect(importCircles(files)).toEqual([]);
  });

  it.each([
    ["client/src/extension.ts", "server/src/policy/policy.ts"],
    ["client/src/features/badges.ts", "server/src/platform/errors.ts"],
    ["server/src/inference/engine/engine.ts", "server/src/evidence/format/record.ts"],
    ["server/src/models/modelSource.ts", "server/src/inference/suggestion.ts"],
    ["server/src/evidence/repository/repository.ts", "server/src/chain/chain.ts"],
    ["server/src/chain/chain.ts", "server/src/evidence/format/record.ts"],
    ["server/src/policy/policy.ts", "server/src/workflows/verify.ts"],
    ["server/src/workflows/verify.ts", "server/src/lsp/status.ts"],
    ["server/src/cli/output.ts", "server/src/lsp/status.ts"],
    ["server/src/lsp/status.ts", "server/src/cli/output.ts"],
    ["server/src/platform/git.ts", "server/src/protocol/settings.ts"],
    ["server/src/workflows/seal.ts", "server/src/protocol/messages.ts"],
    ["server/src/workflows/seal.ts", "server/src/protocol/messages/verdictMessages.ts"],
    ["server/src/policy/policy.ts", "vscode-languageserver"],
    ["server/src/policy/policy.ts", "vscode"],
    ["server/src/gadgets/new.ts", "server/src/platform/git.ts"],
  ])("would be broken by %s importing %s", (path, target) => {
    expect(wrongImports([{ path, imports: [target] }])).toHaveLength(1);
  });

  it("would be a circle from file to file", () => {
    const one = { path: "server/src/policy/one.ts", imports: ["server/src/policy/two.ts"] };
    const two = { path: "server/src/policy/two.ts", imports: ["server/src/policy/one.ts"] };
    expect(importCircles([one, two])).toEqual([[one.path, two.path]]);
  });
});

describe("names", () => {
  it("are each of one file", () => {
    const names = files.map(({ path }) => basename(path));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it("are each of one exported type", () => {
    const seen = new Map<string, string>();
    const twice = files.flatMap(({ path }) =>
      [
        ...readFileSync(join(top, path), "utf8").matchAll(
          /^export (?:type|interface|class|abstract class) (\w+)/gm,
        ),
      ]
        .map(([, name = ""]) => name)
        .filter((name) => {
          const other = seen.get(name);
          seen.set(name, path);
          return other !== undefined && other !== path;
        })
        .map((name) => `${name}: ${path}`),
    );
    expect(twice).toEqual([]);
  });
});
