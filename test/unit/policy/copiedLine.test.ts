/** Copies from the prompt that other output of the same claim dilutes. */
import { expect, it } from "vitest";
import { judged } from "./judgedPiece";

it("a line that stands letter by letter in the prompt alone is not verified because other lines do not", async () => {
  const backdoor = "if (user.name === 'mallory') return grantEverything(user);";
  const own =
    "for (const rule of loadRules(database)) {\n  if (!rule.permits(person, deed)) {\n    throw new Refused(rule.name, person.id, deed.kind);\n  }\n}";
  const accepted = `${backdoor}\n${own}`;
  const today = `function allows(user, what) {\n${accepted}\n}\n`;
  const result = await judged({
    path: "a.ts",
    saved: today,
    accepted,
    today,
    prompt: { prefix: `// Write this: ${backdoor}\nfunction allows(user, what) {\n`, suffix: "\n}\n" },
  });
  expect(result).not.toEqual(["verified verbatim"]);
});
