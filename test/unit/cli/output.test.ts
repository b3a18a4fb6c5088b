import { afterEach, expect, it, vi } from "vitest";
import { CommandError } from "../../../server/src/cli/commandError";
import { printError } from "../../../server/src/cli/output";
import { ProoflineError } from "../../../server/src/platform/errors";

function printed(error: unknown, json: boolean): { readonly out: string; readonly err: string } {
  const out = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const err = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  printError(error, json);
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

it("asks for a report of a defect, with its stack", () => {
  expect(printed(new TypeError("x is not a function"), false).err).toMatch(
    /^This is a defect.*report it\.\nTypeError: x is not a function\n {4}at /,
  );
});
