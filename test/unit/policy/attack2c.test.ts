/** A changed line whose original somebody puts where nothing runs. */
import { expect, it } from "vitest";
import { judged } from "./judgedPiece";

it("a changed line is told of though its original stands in a function that nobody calls", async () => {
  const accepted = "  return user.isRoot && check(user.token);";
  const saved = `function allows(user) {\n${accepted}\n}\n`;
  const changed = saved.replace("&&", "||");
  const result = await judged({
    path: "a.ts",
    saved,
    accepted,
    today: `${changed}function unused(user) {\n${accepted}\n}\n`,
  });
  expect(result).not.toEqual(["verified moved"]);
});
