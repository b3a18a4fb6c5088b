import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { schemaFiles } from "../../../build/schemas.mjs";

it("the published schemas of the evidence format are those that the code reads with", () => {
  const folder = join(import.meta.dirname, "..", "..", "..", "docs", "schemas");
  const published = new Map(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
  // After a change: npx tsx build/schemas.mts
  expect(published).toEqual(schemaFiles());
});
