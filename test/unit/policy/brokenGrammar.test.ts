/** One text that breaks the WebAssembly of the grammars costs all other texts their answers. */
import { expect, it } from "vitest";
import { grammars, judged } from "./judgedPiece";

const accepted = "check(digest, expected);";
const saved = `first(1);\n${accepted}\nlast(2);\n`;

it("a text that breaks the grammars' runtime makes no line verified, there or in other files", async () => {
  const today = `first(1);\n/*\n${accepted}\n*/\nlast(2);\n`;
  const breaking = `${today}${"{a:".repeat(7_000)}`;
  expect(await judged({ path: "a.js", saved, accepted, today: breaking })).toEqual(["edited edited"]);
});

it("answers about the next text", async () => {
  await grammars.enclosureOf("a.js", "{a:".repeat(7_000)).catch(() => null);
  expect(await grammars.enclosureOf("b.py", "'''\nx\n'''\n")).toMatchObject([{ first: 1, last: 2 }]);
});
