import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMAND_REMEDIES } from "../../../server/src/cli/commandRemedies";
import { EDITOR_REMEDIES } from "../../../server/src/lsp/editorRemedies";
import { ERROR_CODES, meaningOf } from "../../../server/src/platform/errors";
import { REMEDY_KEYS } from "../../../server/src/platform/remedy";
import { sourceFiles } from "../../support/imports";

const top = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(top, path), "utf8");
const WORDINGS = ["platform/remedy.ts", "protocol/sharedRemedies.ts", "lsp/editorRemedies.ts"].concat(
  "cli/commandRemedies.ts",
);
const sources = sourceFiles(top)
  .map(({ path }) => path)
  .filter((path) => path.startsWith("server/src/"));
/** All that throws, as text. */
const throwing = sources
  .filter((path) => !WORDINGS.includes(path.slice("server/src/".length)))
  .filter((path) => path !== "server/src/platform/errors.ts")
  .map(read)
  .join("\n");

const editor = Object.values(EDITOR_REMEDIES);
const command = Object.values(COMMAND_REMEDIES);

describe("errors", () => {
  it.each(REMEDY_KEYS)("have a use for the remedy %s", (key) => {
    expect(throwing).toContain(`"${key}"`);
  });

  it.each(ERROR_CODES)("have a use for the code %s", (code) => {
    expect(throwing).toContain(`"${code}"`);
  });

  it("name no code, call or path of the system within a sentence", () => {
    const spelled = sources.filter((path) => /\(\$\{messageOf\(error\)\}\)/.test(read(path)));
    expect(spelled).toEqual([]);
    let refused: unknown;
    try {
      read("no such file");
    } catch (error) {
      refused = error;
    }
    expect(meaningOf(refused)).toBe("no such file or directory");
    expect(meaningOf(new Error("A: b, c"))).toBe("A: b, c");
  });

  it("never carry a sentence for people without a code and a remedy", () => {
    const literals = sources.flatMap((path) =>
      [...read(path).matchAll(/new Error\(\s*(["`])((?:\\.|(?!\1)[^\\])*)\1/g)].map(([, , text = ""]) => ({
        path,
        text,
      })),
    );
    expect(literals.length).toBeGreaterThan(20);
    expect(literals.filter(({ text }) => /[.!]$|^[A-Z][a-z]+ /.test(text))).toEqual([]);
  });
});

describe("remedies", () => {
  it.each([...new Set([...editor, ...command])])("are whole sentences: %s", (words) => {
    expect(words).toMatch(/^[A-Z].*\.$/);
  });

  it("name nothing of the command line to people in the editor", () => {
    for (const words of editor) {
      expect(words).not.toMatch(/--\w|`|(?<!\.)\bproofline [a-z]|HF_|PROOFLINE_(?!HOME)/);
    }
  });

  it("name nothing of the editor to people at a terminal", () => {
    for (const words of command) {
      expect(words).not.toMatch(/Proofline: |\bproofline\.[a-z]|\bsettings?\b|\bextension\b/);
    }
  });

  it("name only commands and settings that the editor has", () => {
    const titles = Object.entries(JSON.parse(read("package.nls.json")))
      .filter(([key]) => key.startsWith("command."))
      .map(([, title]) => String(title));
    const groups: { properties: object }[] = JSON.parse(read("package.json")).contributes.configuration;
    const settings = groups.flatMap(({ properties }) => Object.keys(properties));
    const named = editor.flatMap((words) =>
      [...words.matchAll(/Proofline: (.+)/g)].map(([, rest = ""]) => rest),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((rest) => !titles.some((title) => rest.startsWith(title)))).toEqual([]);
    const ids = editor.flatMap((words) => words.match(/\bproofline(?:\.[a-zA-Z]+)+/g) ?? []);
    expect(ids.length).toBeGreaterThan(3);
    expect(ids.filter((id) => !settings.includes(id))).toEqual([]);
  });

  it("name only commands and flags that the command line has", () => {
    const flags = new Set(
      sources
        .filter((path) => path.startsWith("server/src/cli"))
        .flatMap((path) => [...read(path).matchAll(/"(--[a-z-]+)[ "]/g)].map(([, flag]) => flag)),
    );
    const named = command.flatMap((words) => words.match(/--[a-z-]+/g) ?? []);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((flag) => !flags.has(flag))).toEqual([]);
    const commands = command.flatMap((words) =>
      [...words.matchAll(/`proofline ([a-z ]+)`/g)].map(([, rest = ""]) => rest),
    );
    const cli = read("server/src/cli.ts");
    expect(commands.length).toBeGreaterThan(3);
    for (const word of commands.flatMap((rest) => rest.split(" "))) {
      expect(cli).toContain(`command("${word}")`);
    }
  });
});
