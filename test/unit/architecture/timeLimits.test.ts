import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const top = join(import.meta.dirname, "../../..");

it("rests no time limit on a signal that Node may collect before its time is over (nodejs/node#57736)", () => {
  const sources = ["client/src", "server/src"].flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(folder, name)),
  );
  const code = (file: string): string =>
    readFileSync(join(top, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  expect(sources.filter((file) => /AbortSignal\.(?:any|timeout)\(/.test(code(file)))).toEqual([]);
});
