/** Commented out after it was accepted, where what is known of its acceptance is against the grammar as code. */
import { expect, it } from "vitest";
import { judged } from "./judgedPiece";

it.each([
  ["a.ts", "  } else if (check(`digest`, expected)) {"],
  ["a.rs", '    } else if check_that("digest") {'],
  ["a.go", "\t} else if check(`digest`, expected) {"],
])("a sealed prompt, in %s", async (path, accepted) => {
  const saved = `first {\n${accepted}\n// end\n`;
  const today = `first {\n/*\n${accepted}\n*/\n// end\n`;
  const options = { open: () => false };
  expect(await judged({ path, saved, accepted, today, options })).toEqual(["edited edited"]);
});

it("an open prompt that begins within a function, before another function's comment", async () => {
  const accepted = "    return check(digest, expected);";
  const prefix = "    const a = 1;\n    }\n  }\n  f() {\n    g();\n";
  const suffix = "\n  }\n}\n\n/**\n * More.\n */\nexport class B {}\n";
  const saved = `class A {\n  e() {\n    if (x) {\n${prefix}${accepted}${suffix}`;
  const today = saved.replace(accepted, `    /*\n${accepted}\n    */`);
  expect(await judged({ path: "a.ts", saved, accepted, today, prompt: { prefix, suffix } })).toEqual([
    "edited edited",
  ]);
});
