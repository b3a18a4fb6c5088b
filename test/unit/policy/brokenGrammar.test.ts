/** One text that breaks the WebAssembly of the grammars costs all other texts their answers. */
import { expect, it } from "vitest";
import { ALL_CODE } from "../../../server/src/evidence/locate/textParts";
import { grammars, judged } from "./judgedPiece";

const accepted = "check(digest, expected);";
const saved = `first(1);\n${accepted}\nlast(2);\n`;

it("a text that breaks the grammars' runtime makes no line verified, there or in other files", async () => {
  const today = `first(1);\n/*\n${accepted}\n*/\nlast(2);\n`;
  const breaking = `${today}${"{a:".repeat(7_000)}`;
  expect(await judged({ path: "a.js", saved, accepted, today: breaking })).toEqual(["edited edited"]);
});

it("answers about the next text", async () => {
  await grammars.linesOf("a.js", `/**/${"{a:".repeat(7_000)}`, []).catch(() => null);
  const [reading] = (await grammars.linesOf("b.py", "'''\nx\n'''\n", [{ first: 1, last: 1 }])) ?? [];
  expect(reading).toMatchObject({ isSure: true });
  expect(reading?.digest).not.toBe(ALL_CODE);
});
