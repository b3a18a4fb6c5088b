import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { Grammars } from "../../../server/src/evidence/locate/grammars";
import { CHECK_VALUES, type CheckName } from "../../../server/src/protocol/verdictWords";
import { MUTATIONS } from "../../attack/mutations";
import { VECTORS } from "../../conformance/allVectors";
import {
  asExpectation,
  caseOf,
  expectationOf,
  reportOn,
  VECTOR_FOLDER,
  vectorNames,
  withVector,
} from "../../conformance/observe";
import { filesOf } from "../../conformance/written";
import { missingPaths } from "../../support/documentation";

const names = vectorNames();
const grammars = new Grammars(
  join(import.meta.dirname, "../../../node_modules/@vscode/tree-sitter-wasm/wasm"),
);

describe("each conformance vector gets the verdict that the rules give it", () => {
  it.each(names)("%s", async (name) => {
    const it = caseOf(name);
    const expected = expectationOf(name);
    const asked: [string, string, string][] = [];
    const report = await withVector(name, (folder, hasBase) =>
      reportOn(folder, it, hasBase, (...question) => asked.push(question)),
    );
    expect(asExpectation(report, expected)).toEqual(expected);
    const answers = await Promise.all(asked.map((question) => grammars.sameTokens(...question)));
    expect(answers, "what our grammars say").toEqual(asked.map(() => it.grammarSaysSame ?? false));
    if (it.grammarSaysSame !== null) {
      expect(asked.length).toBeGreaterThan(0);
    }
  });
});

describe("who asks about one file is told what who asks about all of them is told of it", () => {
  it.each(names)("%s", async (name) => {
    const it = caseOf(name);
    await withVector(name, async (folder, hasBase) => {
      const all = await reportOn(folder, it, hasBase);
      const paths = [...all.suggestions, ...all.beside, ...all.gone, ...all.vanished].map(({ path }) => path);
      for (const path of new Set(paths)) {
        const one = await reportOn(folder, it, hasBase, () => {}, [path]);
        const isHere = (it: { readonly path: string }): boolean => it.path === path;
        expect(one.suggestions).toEqual(all.suggestions.filter(isHere));
        expect(one.beside).toEqual(all.beside.filter(isHere));
        expect(one.gone).toEqual(all.gone.filter(isHere));
        expect(one.vanished).toEqual(all.vanished.filter(isHere));
      }
    });
  });
});

describe("the conformance vectors", () => {
  it("lie in the repository as they are generated", () => {
    const written = VECTORS.flatMap((vector) =>
      [...filesOf(vector)].map(([path, text]): [string, string] => [`${vector.name}/${path}`, text]),
    );
    const lying = readdirSync(VECTOR_FOLDER, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path): [string, string] => [
        relative(VECTOR_FOLDER, path).split(sep).join("/"),
        readFileSync(path, "utf8"),
      ]);
    expect(new Map(lying.sort())).toEqual(new Map(written.sort()));
  });

  it("show every value of every check that anything can have", () => {
    const expectations = names.map(expectationOf);
    const missing = (Object.keys(CHECK_VALUES) as CheckName[]).flatMap((check) =>
      CHECK_VALUES[check]
        .filter((value) => !isShown(expectations, check, value))
        .map((value) => `${check}: ${value}`),
    );
    expect(missing).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 7, 9, 12, 13, 14, 15, 16, 17])("show row %i of the table of attacks", (row) => {
    expect(names.filter((name) => caseOf(name).rows.includes(row))).not.toEqual([]);
  });

  it.each(RULES())("show the rule %s", (rule) => {
    expect(names.filter((name) => caseOf(name).rules.includes(rule))).not.toEqual([]);
  });

  it("name no rule that nobody knows", () => {
    const named = new Set(names.flatMap((name) => caseOf(name).rules));
    expect([...named].filter((rule) => !RULES().includes(rule))).toEqual([]);
  });
});

describe("docs/threat-model.md", () => {
  const top = join(import.meta.dirname, "../../..");
  const page = readFileSync(join(top, "docs/threat-model.md"), "utf8");

  it("names vectors, tests and kinds of mutations that are there", () => {
    const named = [...page.matchAll(/`((?:good|edited|hostile)\/[\w-]+)`/g)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((name) => !names.includes(name))).toEqual([]);
    expect(missingPaths(top, page)).toEqual([]);
    const kinds = [...page.matchAll(/^\| ([a-z.]+: [^|]+) \| \d/gm)].map(([, kind = ""]) => kind);
    expect(kinds).toEqual(MUTATIONS.map(({ kind }) => kind));
  });
});

/** The rules of docs/evidence.md that vectors are for. */
function RULES(): readonly string[] {
  return [
    "anchors",
    "ambiguous",
    "contested",
    "copies",
    "digestsOnly",
    "edited",
    "editedBeforeSealing",
    "fileNames",
    "form",
    "fragment",
    "gone",
    "identity",
    "lineEnds",
    "moved",
    "movedAfterContext",
    "copies",
    "movedFile",
    "newer",
    "enclosed",
    "oneFile",
    "oneSpelling",
    "part",
    "pieces",
    "place",
    "reading",
    "reformatted",
    "reformattedBeforeSealing",
    "sealedPrompt",
    "sequence",
    "units",
    "vanished",
    "versions",
  ];
}

function isShown(
  expectations: readonly ReturnType<typeof expectationOf>[],
  check: CheckName,
  value: string,
): boolean {
  return expectations.some(
    ({ pieces, broken, gone }) =>
      pieces.some(({ checks }) => checks[check] === value) ||
      broken.some(
        ({ evidence, signature }) =>
          (check === "evidence" && evidence === value) || (check === "signature" && signature === value),
      ) ||
      (check === "content" && value === "gone" && gone.length > 0),
  );
}
