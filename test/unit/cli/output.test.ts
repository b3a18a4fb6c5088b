import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { CommandError } from "../../../server/src/cli/commandError";
import { Failure } from "../../../server/src/cli/failure";
import { note, print, printError } from "../../../server/src/cli/output";
import { ProoflineError } from "../../../server/src/platform/errors";

interface Printed {
  readonly out: string;
  readonly err: string;
}

const printed = (error: unknown, json: boolean): Printed => written(() => printError(error, json));

function written(work: () => void): Printed {
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  work();
  const all = (spy: typeof out): string => spy.mock.calls.map(([text]) => String(text)).join("");
  const texts = { out: all(out), err: all(err) };
  vi.restoreAllMocks();
  return texts;
}

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const core = new ProoflineError("model.missing", "It has several variants.", "chooseVariant");
const own = new CommandError(
  "usage",
  "A model has one signer.",
  "Give --signer-key or --signer-ca, not both.",
);

it("prints reason and remedy, worded for the command line", () => {
  expect(printed(core, false)).toEqual({
    out: "",
    err: "It has several variants.\nName one of them with --variant.\n",
  });
  expect(printed(own, false).err).toBe(
    "A model has one signer.\nGive --signer-key or --signer-ca, not both.\n",
  );
});

it("prints code, reason and remedy as JSON", () => {
  const { code, reason } = core;
  expect(JSON.parse(printed(core, true).out)).toEqual({
    error: { code, reason, remedy: "Name one of them with --variant." },
  });
  expect(JSON.parse(printed(own, true).out)).toEqual({
    error: { code: "usage", reason: own.reason, remedy: own.remedy },
  });
});

it("asks for a report of a defect, with its stack, which looks like no line of ours", () => {
  const defect = new TypeError("x is not a function\nverified    src/a.ts:1");
  const { err } = printed(defect, false);
  expect(err).toMatch(
    /^This is a defect in Proofline: x is not a function.*\nPlease report it.*\n {2}TypeError: x/,
  );
  expect(err).toMatch(/\n {6}at /);
  expect(err).not.toMatch(/^verified/m);
  expect(Failure.parse(JSON.parse(printed(defect, true).out)).error).toMatchObject({
    code: "defect",
    stack: expect.stringContaining("at "),
  });
});

describe("what the system refuses", () => {
  const folder = mkdtempSync(join(tmpdir(), "proofline-output-"));
  const thrownBy = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is told in a sentence with a remedy, without a stack", () => {
    const missing = thrownBy(() => readFileSync(join(folder, "nowhere")));
    expect(printed(missing, false)).toEqual({
      out: "",
      err: `${join(folder, "nowhere")} does not exist.\nCheck the path.\n`,
    });
    expect(
      printed(
        thrownBy(() => readFileSync(tmpdir())),
        false,
      ).err,
    ).toMatch(/is a folder.*\nName a file\.\n$/);
  });

  it.each(["ENOENT", "EISDIR", "ENOTDIR", "EEXIST", "EACCES", "EPERM", "EROFS", "ENOSPC", "ELOOP", "EMFILE"])(
    "is no defect: %s",
    (code) => {
      const refused = Object.assign(new Error(code), { code, syscall: "open", path: "/there" });
      const { error } = Failure.parse(JSON.parse(printed(refused, true).out));
      expect(error).toMatchObject({ code: "file", reason: expect.stringMatching(/^\/there .+\.$/) });
      expect(error.remedy).toMatch(/^[A-Z].*\.$/);
      expect(error.stack).toBeUndefined();
    },
  );

  it("is one only where the system said so", () => {
    const own = Object.assign(new Error("ours"), { code: "ENOENT" });
    expect(printed(own, false).err).toContain("defect");
  });
});

describe("a mistake in how a command is called", () => {
  const mistake = async (...typed: string[]): Promise<unknown> => {
    const program = new Command("proofline")
      .exitOverride()
      .configureOutput({ outputError() {}, writeErr() {} });
    program
      .command("verify")
      .option("--count <count>")
      .argument("<path>")
      .action(() => {});
    return program.parseAsync(typed, { from: "user" }).catch((error: unknown) => error);
  };

  it.each([
    [["verifi"], "Unknown command 'verifi'.", "Did you mean verify?"],
    [["verify", "--cout", "1"], "Unknown option '--cout'.", "--help"],
    [["verify"], "Missing required argument 'path'.", "--help"],
    [["verify", "x", "--count"], "Option '--count <count>' argument missing.", "--help"],
    [["verify", "x", "y"], "Too many arguments for 'verify'. Expected 1 argument but got 2.", "--help"],
    [[], "No command is named.", "--help"],
    [["--json"], "No command is named.", "--help"],
  ])("is told as a sentence with a remedy: %j", async (typed, reason, remedy) => {
    const error = await mistake(...typed);
    const told = Failure.parse(JSON.parse(printed(error, true).out)).error;
    expect(told).toMatchObject({ code: "usage", reason, remedy: expect.stringContaining(remedy) });
    expect(printed(error, false)).toEqual({ out: "", err: `${reason}\n${told.remedy}\n` });
  });
});

describe("what is printed", () => {
  const hostile = "a\u001b[1A\u001b[2K\nverified    src/b.ts:1\u202e\u009b2K";
  const shown = "a\\u{1b}[1A\\u{1b}[2K\\u{a}verified    src/b.ts:1\\u{202e}\\u{9b}2K";

  it("is shown letter by letter, in results, notes and mistakes", () => {
    const result = {
      exitCode: 0,
      json: { name: hostile },
      text: [`name  ${hostile}`, { block: "a\tb\nc\r" }],
    } as const;
    expect(written(() => print(result, false)).out).toBe(`name  ${shown}\na\tb\nc\\u{d}\n`);
    expect(written(() => note(hostile)).err).toBe(`${shown}\n`);
    expect(printed(new CommandError("usage", hostile, "Try again."), false).err).toBe(
      `${shown}\nTry again.\n`,
    );
  });

  it("is JSON that means the same and holds no character that a terminal obeys", () => {
    const { out } = written(() => print({ exitCode: 0, json: { name: hostile }, text: [] }, true));
    expect(JSON.parse(out)).toEqual({ name: hostile });
    expect(out.replaceAll("\n", "")).toMatch(/^[\x20-\x7e]*$/);
  });
});

it("prints long lists as JSON in pieces, and every letter of them as in one piece", () => {
  const list = (length: number) => Array.from({ length }, (_, id) => ({ id, text: ["[\n", "\u202e", "{"] }));
  const values = [
    { list: list(257), none: [], missing: undefined, nothing: null, more: list(512), word: "“a”" },
    { summary: { a: 1 }, list: list(513) },
    { list: list(3) },
    list(300),
    [],
    {},
    null,
  ];
  for (const value of values) {
    const { out } = written(() => print({ exitCode: 0, json: value, text: [] }, true));
    expect(out).toBe(`${JSON.stringify(value, null, 2).replaceAll("\u202e", "\\u202e")}\n`);
  }
});
