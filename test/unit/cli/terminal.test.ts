import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { agrees, confirm } from "../../../server/src/cli/terminal";

const CTRL_C = "\x03";
const CTRL_D = "\x04";

/** A terminal in which somebody types once the question is there. */
function terminalWith(keys: string) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true });
  let shown = "";
  output.on("data", (chunk: Buffer) => {
    const asked = shown.includes("[y/N]");
    shown += chunk.toString();
    if (!asked && shown.includes("[y/N]")) {
      input.write(keys);
    }
  });
  return { input, output };
}

describe("a question at the terminal", () => {
  it.each(["y\r", "Y\r", "yes\r"])("is answered with %j", async (keys) => {
    await expect(confirm("Download 1 MB?", "downloaded", terminalWith(keys))).resolves.toBeUndefined();
  });

  it.each(["\r", "n\r", "yep\r", CTRL_C, `y${CTRL_C}`, CTRL_D])(
    "is a refusal with a remedy for %j",
    async (keys) => {
      await expect(confirm("Download 1 MB?", "downloaded", terminalWith(keys))).rejects.toMatchObject({
        code: "model.cancelled",
        remedy: expect.stringContaining("answer y"),
      });
    },
  );

  it("is a refusal where the terminal goes away", async () => {
    const terminal = terminalWith("");
    const asked = confirm("Download 1 MB?", "downloaded", terminal);
    terminal.input.end();
    await expect(asked).rejects.toMatchObject({ code: "model.cancelled" });
  });

  it.each([
    ["y\r", true],
    ["\r", false],
    ["n\r", false],
    [CTRL_C, false],
    [CTRL_D, false],
  ])("is agreed to with a yes alone: %j", async (keys, expected) => {
    expect(await agrees("Let tiny count for this repository?", terminalWith(keys))).toBe(expected);
  });

  it("is not asked where there is no terminal", async () => {
    const terminal = { input: new PassThrough(), output: new PassThrough() };
    await expect(confirm("Download 1 MB?", "downloaded", terminal)).rejects.toMatchObject({
      code: "usage",
      remedy: expect.stringContaining("--yes"),
    });
    expect(await agrees("Let tiny count for this repository?", terminal)).toBeNull();
  });
});
