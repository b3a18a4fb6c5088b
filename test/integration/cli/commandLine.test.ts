/** The whole path without an editor, as a person types it: the bundled command in real git folders. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type * as z from "zod";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { ANSWERS, BatchAnswer } from "../../../server/src/cli/answers";
import { Failure } from "../../../server/src/cli/failure";
import { bridgeTo } from "../../support/chainBridge";
import { repository } from "../../support/chainTest";
import { removeFolder } from "../../support/removeFolder";
import { rpcChain } from "../../support/rpcChain";

const CLI = join(repository, "dist", "cli.js");
const FILE = "src/inventory.ts";

let scratch: string;
let project: string;
let home: string;

beforeEach(() => {
  scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-cli-")));
  project = join(scratch, "project");
  home = join(scratch, "home");
  cpSync(join(repository, "build", "sample"), project, { recursive: true });
  git(project, "init", "-q");
});

afterEach(() => {
  proofline(["chain", "stop"]);
  removeFolder(scratch);
});

function git(cwd: string, ...parameters: string[]): string {
  const identity = ["-c", "user.name=sample", "-c", "user.email=sample@example.com"];
  return execFileSync("git", [...identity, ...parameters], { cwd, encoding: "utf8" });
}

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function proofline(
  parameters: readonly string[],
  { cwd = project, variables = {} as Record<string, string> } = {},
): Result {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...parameters], {
    cwd,
    encoding: "utf8",
    env: { ...process.env, PROOFLINE_HOME: home, ...variables },
  });
  return { status, stdout, stderr };
}

function json(parameters: readonly string[], options: Parameters<typeof proofline>[1] = {}) {
  const { status, stdout } = proofline([...parameters, "--json"], options);
  const value = JSON.parse(stdout);
  // Whatever it printed is as published.
  const own = schemas.get(parameters.slice(0, 2).join(" ")) ?? schemas.get(parameters[0] ?? "");
  const schema = status === 2 && "error" in value ? Failure : own;
  expect(schema?.safeParse(value)).toMatchObject({ success: true });
  return { status, value };
}

const schemas: ReadonlyMap<string, z.ZodType> = new Map(Object.entries(ANSWERS));

/** A call that must end with 2: what it says as text, and the same as JSON. */
function refusal(parameters: readonly string[], options: Parameters<typeof proofline>[1] = {}) {
  const text = proofline(parameters, options);
  const asJson = proofline([...parameters, "--json"], options);
  const { error } = Failure.parse(JSON.parse(asJson.stdout));
  expect([text.status, asJson.status]).toEqual([2, 2]);
  expect(text.stderr).toContain(`${error.reason}\n${error.remedy}\n`);
  expect(text.stderr).not.toContain("    at ");
  expect(asJson.stderr).toBe("");
  expect(error.code).not.toBe("defect");
  return error;
}

/** Accepts a suggestion at the end of the line after the one that holds `marker`. */
function acceptOne(
  file = FILE,
  marker = "has(id",
): { readonly text: string; readonly id: string; readonly line: number } {
  const lines = readFileSync(join(project, file), "utf8").split(/\r?\n/);
  const line = lines.findIndex((text) => text.includes(marker)) + 2;
  const column = (lines[line - 1] ?? "").length + 1;
  const place = ["--file", file, "--line", String(line), "--column", String(column)];
  const { status, value } = json(["complete", ...place, "--accept"]);
  expect(status).toBe(0);
  return { ...value, line };
}

describe("proofline complete", () => {
  it("suggests without touching the file, and inserts exactly the suggestion with --accept", () => {
    const before = readFileSync(join(project, FILE), "utf8");
    const place = ["--file", FILE, "--line", "19", "--column", "5"];
    const { status, value } = json(["complete", ...place]);
    expect(status).toBe(0);
    expect(value).toMatchObject({ text: expect.stringMatching(/\S/), tokens: expect.any(Number) });
    expect(value.confidence).toBeGreaterThan(0);
    expect(readFileSync(join(project, FILE), "utf8")).toBe(before);

    const { text, line } = acceptOne();
    const lines = before.split("\n");
    lines[line - 1] = `    ${text}`;
    expect(readFileSync(join(project, FILE), "utf8")).toBe(lines.join("\n"));
  });

  it("keeps CRLF line ends", () => {
    const crlf = readFileSync(join(project, FILE), "utf8").replaceAll("\n", "\r\n");
    writeFileSync(join(project, FILE), crlf);
    const { text } = acceptOne();
    const after = readFileSync(join(project, FILE), "utf8");
    expect(after.replaceAll("\r\n", "")).not.toContain("\n");
    expect(after).toContain(text.replaceAll("\n", "\r\n"));
  });

  it("changes no other byte of a file with mixed line ends, keeps its permissions, and follows a link to it", () => {
    const lines = readFileSync(join(project, FILE), "utf8").split("\n");
    const at = lines.findIndex((line) => line.includes("has(id")) + 2;
    const before = `\uFEFF${lines.map((line, index) => `${line}${index === lines.length - 1 ? "" : ["\n", "\r\n"][index % 2]}`).join("")}`;
    writeFileSync(join(project, FILE), before);
    chmodSync(join(project, FILE), 0o755);
    symlinkSync(join(project, FILE), join(project, "src/link.ts"));
    const { text } = acceptOne("src/link.ts");
    const inserted = text.replaceAll("\n", at % 2 === 1 ? "\n" : "\r\n");
    const place = lines.slice(0, at).join("\n").length + Math.floor((at - 1) / 2) + 1;
    expect(readFileSync(join(project, FILE), "utf8")).toBe(
      `${before.slice(0, place)}${inserted}${before.slice(place)}`,
    );
    expect(statSync(join(project, FILE)).mode & 0o777).toBe(0o755);
    expect(lstatSync(join(project, "src/link.ts")).isSymbolicLink()).toBe(true);
    expect(readdirSync(join(project, "src")).filter((name) => name.startsWith("."))).toEqual([]);
  });

  it("refuses a file whose characters it cannot tell, and leaves it as it is", () => {
    const latin1 = Buffer.from("// caf\u00e9\nconst one = ", "latin1");
    writeFileSync(join(project, "src/old.ts"), latin1);
    const error = refusal(["complete", "--accept", "--file", "src/old.ts", "--line", "2", "--column", "13"]);
    expect(error).toMatchObject({ code: "document", reason: expect.stringContaining("is not UTF-8") });
    expect(readFileSync(join(project, "src/old.ts"))).toEqual(latin1);
  });

  it("answers a batch line by line with one model load", () => {
    const file = join(scratch, "batch.jsonl");
    const requests = [
      { path: "a.ts", prefix: "export function add(a: number, b: number) {\n  return a", suffix: "\n}\n" },
      { path: "b.ts", prefix: "const list = [1, 2, 3];\nfor (const item of li", suffix: "" },
    ];
    writeFileSync(file, requests.map((request) => JSON.stringify(request)).join("\n"));
    const { status, stdout } = proofline(["complete", "--batch", file]);
    expect(status).toBe(0);
    const answers = stdout
      .trim()
      .split("\n")
      .map((line) => BatchAnswer.parse(JSON.parse(line)));
    expect(answers).toHaveLength(2);
    for (const answer of answers) {
      expect(answer).toMatchObject({
        text: expect.any(String),
        confidence: expect.any(Number),
        tokens: expect.any(Number),
        milliseconds: expect.any(Number),
      });
    }
  });

  const PLACE = ["--line", "1", "--column", "1"];
  it.each([
    ["usage", "--file", ["complete"]],
    ["usage", "no line 999", ["complete", "--file", FILE, "--line", "999", "--column", "1"]],
    ["document", "nowhere.ts", ["complete", "--file", "nowhere.ts", ...PLACE]],
    ["document", "src is a folder", ["complete", "--file", "src", ...PLACE]],
    ["usage", "whole number", ["complete", "--file", FILE, "--line", "one", "--column", "1"]],
    ["usage", "--accept", ["complete", "--batch", FILE, "--accept"]],
    ["document", "nowhere.jsonl does not exist", ["complete", "--batch", "nowhere.jsonl"]],
    ["document", "src is a folder", ["complete", "--batch", "src"]],
    ["usage", "--rpc-url is missing", ["verify", "--chain-id", "5"]],
    ["usage", "abc is not a chain id", ["verify", "--chain-id", "abc"]],
    ["document", "nokey does not exist", ["anchor", "--key-file", "nokey"]],
    ["document", "nosuch.py does not exist", ["verify", "nosuch.py"]],
    ["document", "lies outside the repository", ["verify", tmpdir()]],
    ["usage", "nonsense", ["nonsense"]],
    ["usage", "--nonsense", ["verify", "--nonsense"]],
    ["usage", "argument", ["evidence", "show"]],
    ["usage", "No command", []],
    ["usage", "No command", ["model"]],
    ["usage", "Too many arguments", ["chain", "stop", "now"]],
    ["usage", "contains the suggestion", ["evidence", "show", "nosuch"]],
    ["usage", "comes with Proofline", ["model", "remove", "proofline-code"]],
    ["model.missing", "nosuch", ["model", "check", "nosuch"]],
    ["usage", "comes with Proofline", ["model", "reject", "proofline-code"]],
    ["usage", "names no models", ["model", "accept"]],
    ["model.missing", "nosuch", ["model", "accept", "nosuch"]],
    ["model.workspace", "names no models", ["model", "fetch", "nosuch", "--accept", "0"]],
    ["usage", "No command is called nosuch", ["schema", "nosuch"]],
  ] as const)("ends with 2, a %s error about %s, and a remedy for %j", (code, words, parameters) => {
    const error = refusal(parameters);
    expect(error.code).toBe(code);
    expect(`${error.reason} ${error.remedy}`).toContain(words);
  });

  it("tells a home that cannot be used in a sentence", () => {
    const link = join(scratch, "link");
    symlinkSync(project, link);
    expect(refusal(["chain", "status"], { variables: { PROOFLINE_HOME: link } })).toMatchObject({
      code: "home",
      reason: expect.stringContaining("is a link"),
    });
    expect(refusal(["chain", "status"], { variables: { PROOFLINE_HOME: join(project, FILE) } }).code).toBe(
      "home",
    );
  });

  it("publishes the schema of what each command prints", () => {
    const { value } = json(["schema"]);
    expect(Object.keys(value).sort()).toEqual(
      [...Object.keys(ANSWERS), "complete --batch", "failure", "attestation file"].sort(),
    );
    expect(json(["schema", "model", "list"]).value).toEqual(value["model list"]);
    // Whoever asks for all of them without --json gets all of them, too.
    expect(JSON.parse(proofline(["schema"]).stdout)).toEqual(value);
    const grouped = new Set(Object.keys(ANSWERS).flatMap((name) => name.match(/^(\S+) /)?.[1] ?? []));
    const help = ["", ...grouped].map((group) => {
      const { stdout } = proofline([...(group === "" ? [] : [group]), "--help"]);
      const commands = stdout.slice(stdout.indexOf("\nCommands:\n")).matchAll(/^ {2}([\w-]+)/gm);
      return [...commands].map(([, name = ""]) => (group === "" ? name : `${group} ${name}`));
    });
    const groups = new Set(["help", ...grouped]);
    const names = help.flat().filter((name) => !groups.has(name) && !name.endsWith(" help"));
    expect(names.sort()).toEqual(Object.keys(ANSWERS).sort());
  });

  it("says in one sentence that a processor of another kind cannot be used", () => {
    const place = ["--file", FILE, "--line", "19", "--column", "5"];
    const { status, stderr } = proofline(["complete", ...place, "--provider", "cuda"]);
    expect(status).toBe(0);
    expect(stderr).not.toContain("[E:onnxruntime");
    expect(stderr.trim().split("\n").length).toBeLessThanOrEqual(1);
  });

  it("refuses an ignored file", () => {
    appendFileSync(join(project, ".gitignore"), "src/\n");
    const { status, stderr } = proofline(["complete", "--file", FILE, "--line", "1", "--column", "1"]);
    expect(status).toBe(2);
    expect(stderr).toContain("ignored");
  });
});

describe("complete → anchor → verify", () => {
  it("goes from pending to verified, and a second anchor finds nothing to do", () => {
    const { id, line } = acceptOne();
    const pending = json(["verify"]);
    expect(pending.status).toBe(1);
    expect(pending.value.summary).toMatchObject({ pending: 1, verified: 0 });

    const anchored = json(["anchor"]);
    expect(anchored.status).toBe(0);
    expect(anchored.value.sealed).toHaveLength(1);
    const { status, value } = json(["verify"]);
    expect(status).toBe(0);
    expect(value).toMatchObject({
      summary: { verified: 1, pending: 0 },
      suggestions: [
        {
          id,
          path: FILE,
          startLine: line,
          summary: "verified",
          checks: { anchorTrust: "local", execution: "exact" },
        },
      ],
      files: [],
    });
    expect(json(["anchor"]).value).toMatchObject({ sealed: [], anchored: [], problems: [] });
    expect(readdirSync(join(project, ".proofline", "evidence"))).toHaveLength(1);
    expect(readdirSync(join(project, ".proofline", "anchors"))).toHaveLength(1);
    expect(json(["replay", id]).value.replays).toMatchObject([{ id, value: "exact" }]);
    expect(json(["evidence", "show", id]).value.suggestion.pieces[0].path).toBe(FILE);
    expect(json(["evidence", "show", id.slice(0, 6)]).value.suggestion.record.id).toBe(id);
    expect(proofline(["evidence", "show", id]).stdout).toMatch(
      /^suggestion\.pieces\.0\.path +src\/inventory\.ts$/m,
    );
    expect(json(["evidence", "list"]).value.batches).toHaveLength(1);
    const inText = proofline(["verify", "src"]);
    expect(inText.status).toBe(0);
    expect(inText.stdout.match(/local chain/g)).toHaveLength(1);
    const without = proofline(["verify", "README.md"]);
    expect(without).toMatchObject({ status: 0, stdout: expect.stringContaining("No accepted suggestion") });
  });

  it("prints what it found as others read it, from wherever it is called, and which version it is", () => {
    expect(proofline(["verify"])).toMatchObject({
      status: 0,
      stdout: "This repository holds no evidence of accepted suggestions.\n",
    });
    acceptOne();
    expect(json(["anchor"]).status).toBe(0);
    writeFileSync(
      join(project, FILE),
      `// one more line\n${readFileSync(join(project, FILE), "utf8")}`.replace("}", "} "),
    );
    const inSource = { cwd: join(project, "src") };
    const { stdout, stderr } = proofline(["verify", "--no-replay", "--format", "sarif"], inSource);
    const [run] = JSON.parse(stdout).runs;
    expect(run.tool.driver.version).toBe(proofline(["--version"]).stdout.trim());
    for (const { locations } of run.results) {
      expect(locations[0].physicalLocation.artifactLocation.uri).toBe(FILE);
    }
    expect(stderr).toBe("");
    expect(proofline(["verify", "--no-replay", "--format", "junit"]).stdout).toContain("<testsuites ");
    expect(proofline(["verify", "--no-replay", "--format", "markdown"]).stdout).toMatch(/^## Proofline: /);
    expect(refusal(["verify", "--format", "xml"]).code).toBe("usage");
  });

  it("blames each line of one file: the word that its badge bears, whose, and since when", () => {
    const { id, line } = acceptOne();
    expect(json(["anchor"]).status).toBe(0);
    const { status, value } = json(["blame", FILE]);
    const saved = readFileSync(join(project, FILE), "utf8").split("\n");
    expect(status).toBe(0);
    expect(value.path).toBe(FILE);
    expect(value.lines.map(({ text }: { text: string }) => text)).toEqual(saved.slice(0, -1));
    const own = value.lines[line - 1];
    expect(own.suggestions).toMatchObject([
      { id, summary: "verified", startColumn: 5, isOwnDevice: true, time: expect.any(Number) },
    ]);
    expect(own.suggestions[0].manifestDigest).toMatch(/^[0-9a-f]{64}$/);
    const { stdout, stderr } = proofline(["blame", "inventory.ts"], { cwd: join(project, "src") });
    expect(stderr).toContain("nobody can tell who or what wrote them");
    const rows = stdout.split("\n");
    expect(rows).toHaveLength(saved.length);
    expect(rows[line - 1]).toMatch(/^verified .* this computer {2}\d{4}-.* UTC {2,}\d+ {2} {4}\S/);
    expect(rows[0]).toMatch(/^ +1 {2}/);
    expect(json(["schema", "blame"]).value).toMatchObject({ type: "object" });

    const none = proofline(["blame", "README.md"]);
    expect(none).toMatchObject({ status: 0, stderr: expect.stringContaining("No accepted suggestion") });
    expect(refusal(["blame", "src"]).reason).toContain("is a folder");
    expect(refusal(["blame", "gone.ts"]).reason).toContain("does not exist");
  });

  it("gives a reviewer on another machine the same verdict on the same chain, and says unknown without it", async () => {
    acceptOne();
    expect(proofline(["anchor"]).status).toBe(0);
    git(project, "add", "-A");
    git(project, "commit", "-qm", "sample");
    const clone = join(scratch, "clone");
    git(scratch, "clone", "-q", project, clone);
    const reviewer = { cwd: clone, variables: { PROOFLINE_HOME: join(scratch, "reviewer") } };

    const alone = json(["verify"], reviewer);
    expect(alone.status).toBe(1);
    expect(alone.value.suggestions[0]).toMatchObject({ summary: "unknown" });
    // It says what can be done about that, and that the model does yield the text.
    expect(alone.value.suggestions[0].reasons[0]).toMatch(/on another computer.* Its author can anchor/);
    const aloneInText = proofline(["verify"], reviewer).stdout;
    expect(aloneInText).toMatch(/^unknown .* replayed here$/m);
    expect(aloneInText).toMatch(/^Replayed here, .*: 1\.$/m);
    expect(proofline(["chain", "show"], reviewer).stdout).toContain("so the one on this computer counts");

    const { value: chain } = json(["chain", "start"]);
    const { url, close } = await bridgeTo(home, join(repository, "dist", "chainHost.js"));
    onTestFinished(close);
    const flags = ["--chain-id", String(chain.chainId), "--rpc-url", url, "--contract", chain.contract];
    const together = json(["verify", ...flags], reviewer);
    expect(together.value.suggestions[0]).toMatchObject({
      summary: "verified",
      checks: { signature: "unknownDevice" },
    });
    expect(together.status).toBe(0);
    const fresh = { cwd: clone, variables: { PROOFLINE_HOME: join(scratch, "second-reviewer") } };
    const unreplayed = json(["verify", "--no-replay", ...flags], fresh);
    expect(unreplayed.value.summary).toMatchObject({ anchored: 1, verified: 0 });
    expect(unreplayed.status).toBe(1);
    expect(proofline(["verify", "--no-replay", "--allow-anchored", ...flags], fresh).status).toBe(0);

    expect(json(["chain", "stop"]).value.stopped).toBe(true);
    expect(json(["verify", ...flags], reviewer).value.suggestions[0]).toMatchObject({ summary: "unknown" });
  });

  it("anchors on either chain what the other holds, where that one is none that everybody knows", async () => {
    const { configuration } = await rpcChain(434343);
    const { id, rpcUrls, contract } = { ...configuration };
    const flags = ["--chain-id", String(id), "--rpc-url", ...rpcUrls, "--contract", contract];
    acceptOne();
    const pays = { variables: { PROOFLINE_KEY: DEVELOPMENT_KEY } };
    expect(proofline(["anchor", "--pay", ...flags], pays).status).toBe(0);
    // A file may name any chain, so that it keeps nothing from being anchored.
    expect(json(["anchor"]).value.anchored).toHaveLength(1);
    expect(readdirSync(join(project, ".proofline", "anchors"))).toHaveLength(2);
    // Nor does an anchor on a local chain, which is worth nothing to others.
    appendFileSync(
      join(project, "src/report.ts"),
      "\nexport function count(items: Item[]): number {\n  \n}\n",
    );
    acceptOne("src/report.ts", "count(items");
    expect(json(["anchor"]).value.anchored).toHaveLength(1);
    const published = json(["anchor", ...flags], pays);
    expect(published.value.anchored).toHaveLength(1);
    expect(json(["verify", ...flags]).value.summary).toMatchObject({ verified: 2 });
  });

  it("fails a suggestion whose evidence file has one byte changed, and names the file", () => {
    acceptOne();
    expect(proofline(["anchor"]).status).toBe(0);
    const folder = join(project, ".proofline", "evidence");
    const [name = ""] = readdirSync(folder);
    const text = readFileSync(join(folder, name), "utf8");
    const at = text.indexOf('"salt"') + 12;
    writeFileSync(
      join(folder, name),
      `${text.slice(0, at)}${text[at] === "0" ? "1" : "0"}${text.slice(at + 1)}`,
    );
    const { status, value } = json(["verify"]);
    expect(status).toBe(1);
    expect(value.summary).toMatchObject({ verified: 0, failed: 1 });
    expect(value.files[0].path).toBe(`.proofline/evidence/${name}`);
  });

  it("follows a file that was moved by what was accepted in it, and guesses nothing where two hold it", () => {
    const { id } = acceptOne();
    expect(proofline(["anchor"]).status).toBe(0);
    mkdirSync(join(project, "lib"));
    renameSync(join(project, FILE), join(project, "lib", "stock.ts"));
    expect(json(["verify"])).toMatchObject({
      status: 0,
      value: {
        suggestions: [{ id, path: "lib/stock.ts", summary: "verified", checks: { content: "moved" } }],
        gone: [],
      },
    });
    cpSync(join(project, "lib", "stock.ts"), join(project, "lib", "copy.ts"));
    expect(refusal(["verify"])).toMatchObject({
      code: "evidence",
      reason: expect.stringContaining(`${id} of ${FILE}.`),
    });
    const inPart = json(["verify", "lib"]);
    expect(inPart).toMatchObject({ status: 0, value: { suggestions: [] } });
  });

  it("does not call it good where nothing of what was accepted is left, or where there is no repository", () => {
    acceptOne();
    expect(proofline(["anchor"]).status).toBe(0);
    rmSync(join(project, FILE));
    const gone = refusal(["verify"]);
    expect(gone).toMatchObject({ code: "evidence", reason: expect.stringContaining(` of ${FILE}.`) });
    expect(refusal(["verify", "."])).toMatchObject({ code: "evidence" });
    for (const command of [["verify"], ["replay"], ["evidence", "list"], ["anchor"]]) {
      expect(refusal(command, { cwd: scratch }), command.join(" ")).toMatchObject({ code: "repository" });
    }
  });

  it("shows letter by letter what a repository's files say", () => {
    acceptOne();
    expect(proofline(["anchor"]).status).toBe(0);
    const folder = join(project, ".proofline", "evidence");
    writeFileSync(join(folder, "a\u001b[1A\u001b[2K\nverified    src\u202e.json"), "{}");
    for (const command of [["verify"], ["evidence", "list"]]) {
      const { stdout } = proofline(command);
      expect(stdout).toContain("a\\u{1b}[1A\\u{1b}[2K\\u{a}verified    src\\u{202e}.json");
      expect(stdout).not.toMatch(/[^\P{C}\n]/u);
      expect(proofline([...command, "--json"]).stdout).not.toMatch(/[^\P{C}\n]/u);
    }
  });

  it("tells against a base which evidence vanished while its lines remain", () => {
    const { id, line } = acceptOne();
    expect(json(["anchor"]).status).toBe(0);
    git(project, "add", "-A");
    git(project, "commit", "-qm", "base");
    expect(json(["verify", "--no-replay", "--base", "HEAD"]).value.vanished).toEqual([]);

    removeFolder(join(project, ".proofline", "evidence"));
    const { status, value } = json(["verify", "--base", "HEAD"]);
    expect(status).toBe(1);
    expect(value.vanished).toMatchObject([{ id, path: FILE, line }]);
    expect(proofline(["verify", "--base", "HEAD"]).stdout).toContain(`vanished    ${FILE}:${line}`);

    const path = join(project, FILE);
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, lines.filter((_, index) => index !== line - 1).join("\n"));
    expect(json(["verify", "--base", "HEAD"]).value.vanished).toEqual([]);

    git(project, "checkout", "-q", "--", ".");
    rmSync(path);
    symlinkSync("/etc/hostname", path);
    const linked = json(["verify", "--no-replay"]);
    expect(linked.status).toBe(1);
    expect(linked.value.files).toMatchObject([{ path: FILE }]);

    const [name = ""] = git(project, "ls-tree", "--name-only", "HEAD", ".proofline/evidence/").split("\n");
    const object = git(project, "rev-parse", `HEAD:${name}`).trim();
    rmSync(join(project, ".git", "objects", object.slice(0, 2), object.slice(2)));
    removeFolder(join(project, ".proofline", "evidence"));
    // What git cannot read is not nothing.
    expect(json(["verify", "--base", "HEAD"]).status).toBe(2);

    const unknown = json(["verify", "--base", "nosuch"]);
    expect(unknown.status).toBe(2);
    expect(unknown.value.error.reason).toContain("nosuch");
  });

  it("claims no more than it could read, shows nothing of broken evidence, and says what puts it right", () => {
    const { id, line } = acceptOne();
    expect(proofline(["anchor"]).status).toBe(0);
    git(project, "add", "-A");
    git(project, "commit", "-qm", "base");
    const folder = join(project, ".proofline", "evidence");
    const [name = ""] = readdirSync(folder);
    const file = join(folder, name);
    const path = `.proofline/evidence/${name}`;
    const good = readFileSync(file, "utf8");
    const verify = (...flags: readonly string[]): string =>
      proofline(["verify", "--no-replay", ...flags]).stdout;
    expect(proofline(["evidence", "show", id]).stdout).toMatch(
      new RegExp(`^suggestion\\.pieces\\.0\\.start +line ${line}, column \\d+$`, "m"),
    );

    const elsewhere = join(scratch, "evidence.json");
    writeFileSync(elsewhere, good);
    const broken: readonly (readonly [string, () => void])[] = [
      ["It is not JSON.", () => writeFileSync(file, good.slice(0, 40))],
      ["It is a link that leads out of the repository.", () => symlinkSync(elsewhere, file)],
      ["It is a link that leads nowhere.", () => symlinkSync("nowhere.json", file)],
    ];
    for (const [reason, make] of broken) {
      rmSync(file);
      make();
      const today = verify();
      expect(today).toContain(`problem     ${path}: ${reason} Restore the file from version control.`);
      expect(today).toContain(
        "No accepted suggestion in the evidence that can be read stands in today's text.",
      );
      const since = verify("--base", "HEAD");
      expect(since).toContain(`what lies in the place of HEAD:${path} now cannot be believed`);
      expect(since).not.toMatch(/No accepted suggestion|is gone/);
      expect(proofline(["replay"]).stdout).toBe(
        "There is nothing to replay in the evidence that can be read.\n",
      );
      expect(proofline(["evidence", "list"]).stdout).toContain(reason);
      expect(json(["evidence", "list"]).value.batches).toMatchObject([{ file: path, suggestions: [] }]);
    }

    rmSync(file);
    const at = good.indexOf('"salt"') + 12;
    writeFileSync(file, `${good.slice(0, at)}${good[at] === "0" ? "1" : "0"}${good.slice(at + 1)}`);
    const tampered = verify();
    expect(tampered).toMatch(new RegExp(`^failed +${FILE}:${line} +${id}$`, "m"));
    expect(tampered).not.toContain("proofline-code");
    expect(tampered.match(/do not add up to the signed root/g)).toHaveLength(1);
    expect(tampered).toContain(`problem     ${path}: Restore the file from version control.`);

    writeFileSync(file, good);
    removeFolder(join(project, ".proofline", "repository"));
    const lost = verify("--base", "HEAD");
    expect(lost).toContain("The repository had this id at the base and has none now");
    expect(lost).not.toContain("counts as foreign");
    expect(lost.match(/has no id of its own/g)).toHaveLength(1);
    expect(lost).toContain("Restore the files of .proofline/repository from version control.");

    expect(refusal(["verify", "--base", ""])).toMatchObject({
      code: "usage",
      reason: expect.stringContaining("--base"),
    });
    expect(refusal(["evidence", "show", ""])).toMatchObject({ code: "usage" });
  });

  it("keeps a suggestion whose text no saved file holds, until the person gives it up", () => {
    const before = readFileSync(join(project, FILE));
    const { id } = acceptOne();
    const after = readFileSync(join(project, FILE));
    // As after a crash of an editor, which holds the text unsaved, and in another branch, where the file is not.
    for (const lose of [
      () => writeFileSync(join(project, FILE), before),
      () => rmSync(join(project, FILE)),
    ]) {
      lose();
      const waiting = json(["anchor"]);
      expect(waiting.status).toBe(2);
      expect(waiting.value).toMatchObject({ sealed: [], anchored: [], dropped: [] });
      expect(JSON.stringify(waiting.value)).toContain(`${FILE} does not hold a suggestion that was accepted`);
      expect(JSON.stringify(waiting.value)).toContain("--drop-gone");
      expect(JSON.stringify(waiting.value)).not.toContain("open editor");
    }
    writeFileSync(join(project, FILE), after);
    expect(json(["anchor"]).value).toMatchObject({ dropped: [], sealed: [{ ids: [id] }] });

    writeFileSync(join(project, FILE), before);
    const other = acceptOne();
    writeFileSync(join(project, FILE), before);
    const { value } = json(["anchor", "--drop-gone"]);
    expect(value).toMatchObject({ sealed: [], anchored: [], dropped: [{ id: other.id }] });
  });

  it("anchors on any EVM chain with EAS through flags and variables, with a key from a file", async () => {
    const { configuration } = await rpcChain(424242);
    const variables = {
      PROOFLINE_CHAIN_ID: String(configuration.id),
      PROOFLINE_RPC_URLS: configuration.rpcUrls.join(","),
      PROOFLINE_CONTRACT: configuration.contract,
    };
    acceptOne();
    const keyless = proofline(["anchor"], { variables });
    expect(keyless.status).toBe(2);
    expect(keyless.stderr + keyless.stdout).toMatch(/key/i);

    const keyFile = join(scratch, "key");
    writeFileSync(keyFile, `${DEVELOPMENT_KEY}\n`, { mode: 0o600 });
    const asked = proofline(["anchor", "--key-file", keyFile], { variables });
    expect(asked.status).toBe(2);
    expect(asked.stderr + asked.stdout).toMatch(/first payment of 0x.* at most 0\.\d+ .* --pay/);
    const anchored = json(["anchor", "--key-file", keyFile, "--pay"], { variables });
    expect(anchored.value.problems).toEqual([]);
    expect(anchored.value.anchored).toMatchObject([{ chainId: 424242, suggestions: 1 }]);
    const { status, value } = json(["verify"], { variables });
    expect(value.suggestions[0]).toMatchObject({ summary: "verified" });
    expect(status).toBe(0);
    // The same folder, asked about the local chain: its anchor lies elsewhere.
    expect(json(["verify"]).value.suggestions[0]).toMatchObject({ summary: "unknown" });
  });
});

describe("a chain that the repository proposes", () => {
  /** Whoever reads the repository on another machine. */
  const reader = () => ({ variables: { PROOFLINE_HOME: join(scratch, "reader") } });

  function propose(chain: {
    readonly id: number;
    readonly rpcUrls: readonly string[];
    readonly contract: string;
  }): void {
    mkdirSync(join(project, ".vscode"), { recursive: true });
    const settings = {
      "proofline.chain.kind": "rpc",
      "proofline.chain.id": chain.id,
      "proofline.chain.rpcUrls": chain.rpcUrls,
      "proofline.chain.contract": chain.contract,
    };
    writeFileSync(join(project, ".vscode/settings.json"), `// Ours\n${JSON.stringify(settings)}`);
  }

  it("is mentioned, shown, and counts once it is accepted by its digest; flags go before it", async () => {
    const { configuration } = await rpcChain(424243);
    const { id, rpcUrls, contract } = configuration;
    const flags = ["--chain-id", String(id), "--rpc-url", ...rpcUrls, "--contract", contract];
    acceptOne();
    const variables = { PROOFLINE_KEY: DEVELOPMENT_KEY };
    expect(json(["anchor", "--pay", ...flags], { variables }).value.problems).toEqual([]);
    expect(json(["chain", "show"]).value).toEqual({ proposal: null, counts: "own", problem: null });
    expect(refusal(["chain", "accept"]).code).toBe("usage");

    propose({ id, rpcUrls, contract });
    const before = proofline(["verify"], reader());
    expect(before.stderr).toContain("proposes a chain for its anchors, “chain 424243”");
    expect(before.status).toBe(1);
    const shown = json(["chain", "show"], reader());
    expect(shown.value).toMatchObject({ counts: "own", proposal: { answer: null, chain: { id } } });
    const { digest } = shown.value.proposal;
    const inText = proofline(["chain", "show"], reader()).stdout;
    for (const part of [...rpcUrls, contract, digest, "operated by this computer"]) {
      expect(inText).toContain(part);
    }

    expect(refusal(["chain", "accept", "0".repeat(64)], reader()).reason).toContain(digest);
    const unasked = proofline(["chain", "accept"], reader());
    expect(unasked).toMatchObject({ status: 2, stderr: expect.stringContaining("no terminal to ask in") });
    expect(json(["chain", "accept", digest], reader()).value).toEqual({ digest, answer: "accepted" });
    const accepted = proofline(["verify"], reader());
    expect(accepted).toMatchObject({ status: 0, stderr: expect.not.stringContaining("proposes") });
    expect(json(["chain", "show"], reader()).value.counts).toBe("proposed");
    const elsewhere = ["--chain-id", "1", "--rpc-url", "http://127.0.0.1:9", "--contract", contract];
    expect(proofline(["verify", ...elsewhere], reader()).status).toBe(1);

    propose({ id, rpcUrls: [...rpcUrls, "http://127.0.0.1:9"], contract });
    expect(proofline(["verify"], reader())).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("proposes a chain"),
    });
    expect(json(["chain", "decline"], reader()).value.answer).toBe("declined");
    expect(proofline(["verify"], reader())).toMatchObject({
      status: 1,
      stderr: expect.not.stringContaining("proposes a chain"),
    });
    propose({ id, rpcUrls, contract });
    expect(proofline(["verify"], reader()).status).toBe(0);
    expect(json(["chain", "forget"], reader()).value).toEqual({ forgotten: true });
    expect(proofline(["verify"], reader()).status).toBe(1);
  });

  it("counts in place of the variables' chain only where it was accepted in place of that one", () => {
    const theirs = { id: 2, rpcUrls: ["http://127.0.0.1:9"], contract: `0x${"2".repeat(40)}` };
    propose(theirs);
    const own = {
      variables: {
        PROOFLINE_CHAIN_ID: "3",
        PROOFLINE_RPC_URLS: "http://127.0.0.1:9",
        PROOFLINE_CONTRACT: `0x${"3".repeat(40)}`,
      },
    };
    const { digest } = json(["chain", "show"]).value.proposal;
    expect(proofline(["chain", "accept", digest]).status).toBe(0);
    expect(json(["chain", "show"]).value.counts).toBe("proposed");
    const there = json(["chain", "show"], own).value;
    expect(there).toMatchObject({ counts: "own", proposal: { answer: null } });
    expect(there.proposal.digest).not.toBe(digest);
  });
});

describe("proofline model", () => {
  const model = join(repository, "server", "models", "proofline-code");

  it("checks the embedded model against its pin", () => {
    const { status, value } = json(["model", "check", model]);
    expect(status).toBe(0);
    expect(json(["model", "check", value.name]).value).toEqual(value);
    expect(json(["model", "use", value.name]).value).toEqual({ chosen: null });
    expect(json(["model", "list"]).value.embedded.name).toBe(value.name);
    expect(json(["model", "digest", model]).value).toMatchObject({
      omsRoot: value.omsRoot,
      manifestDigest: value.manifestDigest,
    });
  });

  it("runs no model of which one byte differs from its pin, and names the file", () => {
    const copy = join(scratch, "model");
    mkdirSync(copy);
    cpSync(model, copy, { recursive: true });
    const tokenizer = join(copy, "tokenizer.json");
    const bytes = readFileSync(tokenizer);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(tokenizer, bytes);
    const check = proofline(["model", "check", copy]);
    expect(check.status).toBe(2);
    expect(check.stderr).toContain("tokenizer.json");
    const place = ["--file", FILE, "--line", "19", "--column", "5"];
    const suggestion = proofline(["complete", ...place, "--model", copy]);
    expect(suggestion.status).toBe(2);
    expect(suggestion.stderr).toContain("tokenizer.json");
  });
});
