import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { PAGE, teamExample } from "../../example/teamExample";

test("the example of a team does what its page says (npm run example:team writes it)", async () => {
  expect(await teamExample()).toBe(readFileSync(PAGE, "utf8"));
}, 240_000);
