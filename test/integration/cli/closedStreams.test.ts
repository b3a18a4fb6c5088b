/** Output that nobody takes any more, as in `proofline verify | head -1`. */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { repository } from "../../support/chainTest";
import { removeFolder } from "../../support/removeFolder";

const CLI = join(repository, "dist", "cli.js");

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command whose named streams are closed at the other end before it writes. */
function run(
  home: string,
  parameters: readonly string[],
  closed: readonly ("stdout" | "stderr")[],
  stdout: "pipe" | number = "pipe",
): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, ...parameters], {
    cwd: join(repository, "build", "sample"),
    stdio: ["ignore", stdout, "pipe"],
    env: { ...process.env, PROOFLINE_HOME: home },
  });
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    if (closed.includes(name)) {
      child[name]?.destroy();
    } else {
      child[name]?.on("data", (data: Buffer) => {
        texts[name] += data.toString();
      });
    }
  }
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, ...texts }));
  });
}

function newHome(): string {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "proofline-home-")));
  onTestFinished(() => removeFolder(home));
  return home;
}

it.each([
  [0, ["--help"]],
  [0, ["schema"]],
  [0, ["chain", "status"]],
  [2, ["nonsense"]],
  [2, ["nonsense", "--json"]],
])("ends with %i and without a word of its own where nobody reads the output of %j", async (code, call) => {
  const home = newHome();
  const [unheard, unwarned] = await Promise.all([
    run(home, call, ["stdout"]),
    run(home, call, ["stderr", "stdout"]),
  ]);
  expect(unheard).toMatchObject({ code, signal: null });
  expect(unheard.stderr).not.toMatch(/EPIPE|^ {4}at /m);
  expect(unwarned).toMatchObject({ code, signal: null });
});

it.skipIf(!existsSync("/dev/full"))(
  "says so where its output does not fit on a full disk, and ends with 2",
  async () => {
    const full = openSync("/dev/full", "w");
    onTestFinished(() => closeSync(full));
    expect(await run(newHome(), ["schema"], [], full)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^Standard output cannot be written \(no space left on device\).*\nMake room.*\n$/,
      ),
    });
  },
);
