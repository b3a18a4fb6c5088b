// `npm test`: builds, checks, and runs every suite, or those that PROOFLINE_TEST names (`unit,lsp,chain,cli,vscode`).
// What only an administrator can install is said first; the last line names each suite that did not run.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { register } from "tsx/esm/api";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const SUITES = ["unit", "lsp", "chain", "cli", "vscode"];
const chosen = (process.env.PROOFLINE_TEST ?? SUITES.join(",")).split(",").map((name) => name.trim());
const nonsense = chosen.filter((name) => !SUITES.includes(name));
if (nonsense.length > 0) {
  console.error(`PROOFLINE_TEST names ${nonsense.join(", ")}. The suites are ${SUITES.join(", ")}.`);
  process.exit(2);
}

register();
/** @type {Map<string, string>} each suite that does not run, and why */
const notRun = new Map(
  SUITES.filter((name) => !chosen.includes(name)).map((name) => [name, "not chosen by PROOFLINE_TEST"]),
);
const scratch = mkdtempSync(join(tmpdir(), "proofline-test-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
const totals = { passed: 0, failed: 0, skipped: 0 };
let honest = true;

if (chosen.includes("vscode")) {
  const { missingForWorkbench } = await import("./vscode/requirements.ts");
  const missing = missingForWorkbench();
  if (missing !== null) {
    console.error(`The vscode suite needs ${missing.what.join(", ")}. Type:\n\n  ${missing.remedy}\n`);
    notRun.set("vscode", `${missing.what.join(", ")} missing`);
    honest = false;
  }
}

step("Build", "build/bundle.mjs", []);
step("Types", "node_modules/typescript/bin/tsc", ["-b"]);
step("Format and lint", "node_modules/@biomejs/biome/bin/biome", ["check", "."]);

const quick = ["unit", "lsp", "chain", "cli"].filter((name) => chosen.includes(name));
if (quick.length > 0) {
  suites(quick, {});
}
if (chosen.includes("vscode") && !notRun.has("vscode")) {
  const { prepareWorkbench } = await import("./vscode/prepare.ts");
  try {
    suites(["vscode"], await prepareWorkbench(scratch));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    notRun.set("vscode", "the workbench could not be prepared");
    honest = false;
  }
}

if (totals.skipped > 0) {
  console.log(`${totals.skipped} skipped`);
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
console.log(
  notRun.size === 0
    ? "Suites not run: none"
    : `Suites not run: ${SUITES.filter((name) => notRun.has(name))
        .map((name) => `${name} (${notRun.get(name)})`)
        .join(", ")}`,
);
process.exitCode = honest && totals.failed === 0 ? 0 : 1;

/** Runs one of Node's programs, which must succeed for the whole to be good; the suites run in any case and say more. */
function step(/** @type {string} */ title, /** @type {string} */ program, /** @type {string[]} */ args) {
  console.log(`\n${title}`);
  const { status } = spawnSync(process.execPath, [program, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    console.error(`${title}: failed`);
    honest = false;
  }
}

/** Runs vitest projects and adds up what they report; a run that reports nothing has failed. */
function suites(
  /** @type {string[]} */ names,
  /** @type {Record<string, string>} */ env,
  /** @type {string[]} */ ...more
) {
  console.log(`\n${names.join(", ")}`);
  const report = join(scratch, `${names.join("-")}.json`);
  const { status } = spawnSync(
    process.execPath,
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      ...names.flatMap((name) => ["--project", name]),
      ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
      ...more,
    ],
    { cwd: root, stdio: "inherit", env: { ...process.env, ...env } },
  );
  honest &&= status === 0;
  if (!existsSync(report)) {
    for (const name of names) {
      notRun.set(name, "its run ended without a report");
    }
    honest = false;
    return;
  }
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  // A file that cannot be loaded, or whose set-up fails, fails without a failed test.
  const brokenFiles = testResults.filter(
    (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
      file.status === "failed" && file.assertionResults.every(({ status }) => status !== "failed"),
  );
  totals.passed += numPassedTests;
  totals.failed += numFailedTests + brokenFiles.length;
  totals.skipped += numPendingTests;
}
