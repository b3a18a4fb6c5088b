import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { sampleFolder } from "../../../build/sampleProject.mjs";

const top = join(import.meta.dirname, "../../..");
const WORKSPACE = "$" + "{workspaceFolder}";

const Launch = z.object({
  version: z.literal("0.2.0"),
  configurations: z.array(
    z.object({
      name: z.string(),
      type: z.enum(["extensionHost", "node"]),
      request: z.enum(["launch", "attach"]),
      program: z.string().optional(),
      args: z.array(z.string()).optional(),
      cwd: z.string().optional(),
      port: z.number().optional(),
      preLaunchTask: z.string().optional(),
    }),
  ),
  compounds: z.array(
    z.object({ name: z.string(), configurations: z.array(z.string()), preLaunchTask: z.string().optional() }),
  ),
});

const Matcher = z.object({
  pattern: z.array(
    z.object({
      regexp: z.string(),
      severity: z.number().optional(),
      message: z.number().optional(),
      file: z.number().optional(),
      line: z.number().optional(),
      column: z.number().optional(),
    }),
  ),
  background: z.object({ beginsPattern: z.string(), endsPattern: z.string() }),
});

const Tasks = z.object({
  version: z.literal("2.0.0"),
  tasks: z.array(
    z.intersection(
      z.object({
        label: z.string(),
        dependsOn: z.array(z.string()).default([]),
        problemMatcher: z.union([Matcher, z.array(z.string())]),
      }),
      z.union([
        z.object({ type: z.literal("npm"), script: z.string() }),
        z.object({ type: z.literal("process"), command: z.literal("node"), args: z.array(z.string()) }),
        z.object({ type: z.undefined().optional() }),
      ]),
    ),
  ),
});

/** A file of `.vscode/`, which may hold comments on lines of their own. */
function read<Value>(name: string, schema: z.ZodType<Value>): Value {
  const text = readFileSync(join(top, ".vscode", name), "utf8");
  return schema.parse(JSON.parse(text.replace(/^\s*\/\/.*$/gm, "")));
}

const { configurations, compounds } = read("launch.json", Launch);
const { tasks } = read("tasks.json", Tasks);
const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(top, "package.json"), "utf8")));

describe("the editor's tasks", () => {
  const labels = tasks.map(({ label }) => label);

  it("have names of their own and depend on tasks that are there", () => {
    expect(new Set(labels).size).toBe(labels.length);
    expect(tasks.flatMap(({ dependsOn }) => dependsOn).filter((label) => !labels.includes(label))).toEqual(
      [],
    );
  });

  it.each(tasks.map((task) => [task.label, task] as const))("run what is there: %s", (_, task) => {
    switch (task.type) {
      case "npm":
        expect(Object.keys(scripts)).toContain(task.script);
        break;
      case "process":
        for (const file of task.args.filter((argument) => /\.m[jt]s$/.test(argument))) {
          expect(existsSync(join(top, file))).toBe(true);
        }
        break;
      case undefined:
        expect(task.dependsOn).not.toEqual([]);
    }
  });

  it("tell when esbuild is done and what it found", async () => {
    const matcher = Matcher.parse(tasks.find(({ label }) => label === "watch")?.problemMatcher);
    const lines = await watchedBuild("const broken = ;\n", new RegExp(matcher.background.endsPattern));
    const [problem, blank, place] = matcher.pattern;
    const at = lines.findIndex((line) => new RegExp(problem?.regexp ?? "^$never").test(line));
    expect(new RegExp(problem?.regexp ?? "").exec(lines[at] ?? "")?.slice(1)).toEqual([
      "ERROR",
      'Unexpected ";"',
    ]);
    expect(lines[at + 1]).toMatch(new RegExp(blank?.regexp ?? "never"));
    expect(new RegExp(place?.regexp ?? "").exec(lines[at + 2] ?? "")?.slice(1)).toEqual([
      "broken.ts",
      "1",
      "15",
    ]);
  });
});

describe("the editor's launch configurations", () => {
  const names = configurations.map(({ name }) => name);

  it("name tasks and configurations that are there", () => {
    const before = [...configurations, ...compounds].flatMap(({ preLaunchTask }) => preLaunchTask ?? []);
    const labels = tasks.map(({ label }) => label);
    expect(before.filter((label) => !labels.includes(label))).toEqual([]);
    const parts = compounds.flatMap((compound) => compound.configurations);
    expect(parts.filter((name) => !names.includes(name))).toEqual([]);
  });

  it("run programs that are there, or that a build makes", () => {
    const programs = configurations.flatMap(({ program }) => program ?? []);
    const bundle = readFileSync(join(top, "build/bundle.mjs"), "utf8");
    const made = [...bundle.matchAll(/^ +(\w+): "(?:client|server)\/src\//gm)].map(
      ([, name]) => `${WORKSPACE}/dist/${name}.js`,
    );
    const missing = programs.filter(
      (program) => !made.includes(program) && !existsSync(program.replace(WORKSPACE, top)),
    );
    expect(programs).not.toEqual([]);
    expect(missing).toEqual([]);
  });

  it("open the folder that the sample task makes", () => {
    const host = configurations.find(({ type }) => type === "extensionHost");
    expect(host?.args?.map((argument) => argument.replace(WORKSPACE, top))).toEqual([
      `--extensionDevelopmentPath=${top}`,
      sampleFolder.replaceAll("\\", "/"),
    ]);
  });

  it("attach to the port that the client opens for the server", () => {
    const client = readFileSync(join(top, "client/src/languageClientConnection.ts"), "utf8");
    const port = /"--inspect=(\d+)"/.exec(client)?.[1];
    expect(configurations.find(({ name }) => name === "Language server")?.port).toBe(Number(port));
  });
});

/** The lines that esbuild prints when it watches a file with this text, until one says that the build is done. */
async function watchedBuild(text: string, done: RegExp): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "proofline-watch-"));
  try {
    writeFileSync(join(folder, "broken.ts"), text);
    const options = { entryPoints: ["broken.ts"], outdir: ".", absWorkingDir: folder, logLevel: "info" };
    const watching = spawn(
      process.execPath,
      ["-e", `require("esbuild").context(${JSON.stringify(options)}).then((context) => context.watch())`],
      { cwd: top, stdio: ["ignore", "ignore", "pipe"] },
    );
    try {
      let printed = "";
      for await (const chunk of watching.stderr.setEncoding("utf8")) {
        printed += chunk;
        if (printed.split("\n").some((line) => done.test(line))) {
          break;
        }
      }
      return printed.split("\n");
    } finally {
      watching.kill();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
