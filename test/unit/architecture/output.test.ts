import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sourceFiles } from "../../support/imports";

const top = join(import.meta.dirname, "../../..");

/** Files of a part of the program that do what only its door may do. */
function others(isPart: (path: string) => boolean, door: string, forbidden: RegExp): string[] {
  const part = sourceFiles(top)
    .map(({ path }) => path)
    .filter(isPart);
  const using = part.filter((path) => forbidden.test(readFileSync(join(top, path), "utf8")));
  expect(using).toContain(door);
  return using.filter((path) => path !== door);
}

it("writes to the terminal through the one door that shows everything letter by letter", () => {
  const isCommandLine = (path: string): boolean => /^server\/src\/cli(?:\/|\.ts$)/.test(path);
  expect(
    others(isCommandLine, "server/src/cli/output.ts", /process\.std(?:out|err)(?:\.write|,)|console\./),
  ).toEqual([]);
});

it("shows messages, lists and progress in the editor through the one door that does the same", () => {
  const isClient = (path: string): boolean => path.startsWith("client/src/");
  const shows =
    /\.(?:show(?:Information|Warning|Error)Message|showQuickPick|createQuickPick|withProgress|setStatusBarMessage)\b/;
  expect(others(isClient, "client/src/dialogs.ts", shows)).toEqual([]);
  expect(others(isClient, "client/src/featureContext.ts", /createOutputChannel/)).toEqual([]);
});
