/** The action and the GitLab template call scripts that are there, with values that they take, and nothing becomes code. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import * as z from "zod";

const top = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(top, path), "utf8");

const Input = z.strictObject({
  description: z.string().optional(),
  required: z.boolean().optional(),
  default: z.string().optional(),
});

const Step = z.strictObject({
  id: z.string().optional(),
  if: z.string().optional(),
  uses: z
    .string()
    .regex(/^[\w./-]+@[0-9a-f]{40}$/)
    .optional(),
  with: z.record(z.string(), z.string()).optional(),
  shell: z.literal("bash").optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});

const Action = z.strictObject({
  name: z.string(),
  description: z.string(),
  branding: z.strictObject({ icon: z.string(), color: z.string() }),
  inputs: z.record(z.string(), Input),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })),
  runs: z.strictObject({ using: z.literal("composite"), steps: z.array(Step) }),
});

const Template = z.tuple([
  z.strictObject({ spec: z.strictObject({ inputs: z.record(z.string(), Input) }) }),
  z.strictObject({
    proofline: z.looseObject({
      variables: z.record(z.string(), z.string()),
      script: z.array(z.string()),
      cache: z.strictObject({
        key: z.strictObject({ prefix: z.string(), files: z.array(z.string()) }),
        paths: z.array(z.string()),
      }),
      artifacts: z.looseObject({
        paths: z.array(z.string()),
        reports: z.strictObject({ junit: z.string() }),
      }),
    }),
  }),
]);

const action = Action.parse(parse(read("action.yml")));
const [{ spec }, { proofline: job }] = Template.parse(
  parseAllDocuments(read("pipelines/gitlab.yml")).map((document): unknown => document.toJS()),
);

const SCRIPTS = ["install", "base", "verify", "github", "gitlab"].map((name) => `pipelines/${name}.sh`);
/** The variables that the scripts read, each written in its head or its text. */
const known = new Set(SCRIPTS.flatMap((path) => read(path).match(/\bPROOFLINE_[A-Z0-9_]+\b/g) ?? []));

/** The names of inputs within a text. */
function inputsIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = ""]) => name);
}

describe("the action", () => {
  const steps = action.runs.steps;
  const values = steps.flatMap(({ env = {}, with: given = {}, if: when = "" }) => [
    ...Object.values(env),
    ...Object.values(given),
    when,
  ]);
  const used = values.flatMap((value) => inputsIn(value, /\binputs\.([\w-]+)/g));

  it("uses each of its inputs, and no other", () => {
    expect(new Set(used)).toEqual(new Set(Object.keys(action.inputs)));
  });

  it("hands every value over in a variable that the scripts read, and writes none into a script", () => {
    const scripts = steps.flatMap(({ run }) => run ?? []);
    expect(scripts.filter((text) => text.includes("$" + "{{"))).toEqual([]);
    const handed = steps.flatMap(({ env = {} }) => Object.keys(env));
    expect(handed.filter((name) => !known.has(name))).toEqual([]);
    const called = scripts.flatMap((text) => [...text.matchAll(/\$GITHUB_ACTION_PATH\/([\w./]+)/g)]);
    expect(called.map(([, path = ""]) => path)).toEqual(["pipelines/install.sh", "pipelines/github.sh"]);
  });

  it("has every package named by whoever calls it, and takes no secret and no event by itself", () => {
    expect(action.inputs.package).toMatchObject({ required: true });
    expect(action.inputs.package).not.toHaveProperty("default");
    const expressions = values.flatMap((value) => inputsIn(value, /\$\{\{\s*([\w.]+)/g));
    expect(
      expressions.filter((one) => !/^(?:inputs\.[\w-]+|inputs|runner\.(?:temp|os)|hashFiles)$/.test(one)),
    ).toEqual([]);
  });

  it("keeps models by what the repository pins, and no one's word for which of them count", () => {
    const cache = steps.find(({ uses }) => uses?.startsWith("actions/cache@"))?.with;
    expect(cache?.key).toContain("hashFiles('.proofline/models.json')");
    // What a path leaves out below a folder that it names, the cache keeps all the same: the scripts take it out.
    expect(cache?.path).not.toMatch(/^ *!/m);
    for (const script of ["pipelines/github.sh", "pipelines/gitlab.sh"]) {
      expect(read(script)).toContain('rm -rf "$work/home/models/accepted" "$work/home/models/choices"');
    }
  });

  it("gives out what its script writes", () => {
    const written = inputsIn(read("pipelines/github.sh"), /^ +echo "(\w+)=/gm);
    const outputs = Object.values(action.outputs).flatMap(({ value }) =>
      inputsIn(value, /steps\.verify\.outputs\.(\w+)/g),
    );
    expect(new Set(outputs)).toEqual(new Set(written));
  });
});

describe("the GitLab template", () => {
  it("uses each of its inputs, and no other, and none in a script", () => {
    const text = JSON.stringify(job);
    expect(new Set(inputsIn(text, /\$\[\[ inputs\.([\w-]+) \]\]/g))).toEqual(
      new Set(Object.keys(spec.inputs)),
    );
    expect(job.script.join("\n")).not.toContain("$[[");
  });

  it("takes what the action takes, and has every package named with its digest", () => {
    // Keys are variables of a project there, masked and protected, and no inputs of a template that everybody reads.
    const { sarif: _, "anchor-key": _anchor, "verifier-key": _verifier, ...inputs } = action.inputs;
    const { image: _image, stage: _stage, ...others } = spec.inputs;
    expect(Object.keys(others).toSorted()).toEqual(Object.keys(inputs).toSorted());
    for (const [name, { default: value }] of Object.entries(others)) {
      expect([name, value]).toEqual([name, name === "sha256" ? undefined : inputs[name]?.default]);
    }
  });

  it("calls scripts that are there, with variables that they read", () => {
    const named = [...job.script.join("\n").matchAll(/\bpipelines\/[\w.]+\.sh\b/g)].map(([path]) => path);
    expect(named).toEqual(["pipelines/install.sh", "pipelines/gitlab.sh"]);
    expect(named.filter((path) => !existsSync(join(top, path)))).toEqual([]);
    const others = Object.keys(job.variables).filter((name) => !known.has(name));
    expect(others).toEqual(["GIT_DEPTH"]);
  });

  it("keeps and shows what its script leaves", () => {
    const script = read("pipelines/gitlab.sh");
    expect(job.cache.paths).toEqual([`${/^MODELS=(.+)$/m.exec(script)?.[1]}/`]);
    expect(job.cache.key.files).toEqual([".proofline/models.json"]);
    expect(job.artifacts.paths).toEqual([/^MARKDOWN=(.+)$/m.exec(script)?.[1]]);
    expect(job.artifacts.reports.junit).toBe(/^JUNIT=(.+)$/m.exec(script)?.[1]);
  });
});

const Job = z.looseObject({
  permissions: z.record(z.string(), z.string()).optional(),
  steps: z.array(
    z.looseObject({
      id: z.string().optional(),
      uses: z.string().optional(),
      with: z.looseObject({}).optional(),
    }),
  ),
});
const Workflow = z.looseObject({
  on: z.looseObject({}),
  permissions: z.strictObject({ contents: z.literal("read") }),
  concurrency: z.looseObject({}),
  jobs: z.record(z.string(), Job),
});

describe("docs/ci.md", () => {
  const text = read("docs/ci.md");
  const blocks = [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block = ""]): unknown =>
    parse(block),
  );
  const workflows = blocks.flatMap((block) => {
    const { success, data } = Workflow.safeParse(block);
    return success ? [data] : [];
  });
  const Steps = z.array(z.looseObject({ uses: z.string(), with: z.looseObject({}).optional() }));
  const steps = [
    ...workflows.flatMap(({ jobs }) => Object.values(jobs).flatMap((one) => one.steps)),
    ...[
      ...blocks,
      ...[...read("README.md").matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, block = ""]): unknown =>
        parse(block),
      ),
    ].flatMap((block) => Steps.safeParse(block).data ?? []),
  ];

  it("shows workflows that call the action with inputs that it has", () => {
    const calls = steps.filter(({ uses }) => uses?.startsWith("owner/proofline@"));
    expect(workflows.length).toBeGreaterThanOrEqual(2);
    expect(calls.length).toBeGreaterThanOrEqual(3);
    const names = calls.flatMap((step) => Object.keys(step.with ?? {}));
    expect(names.filter((name) => !(name in action.inputs))).toEqual([]);
  });

  it("lets a job write security events alone where it uploads them, and nothing else but what attests", () => {
    for (const { steps: own, permissions = {} } of workflows.flatMap(({ jobs }) => Object.values(jobs))) {
      const writes = Object.entries(permissions).flatMap(([name, level]) => (level === "read" ? [] : [name]));
      const uses = own.map((step) => step.uses ?? "");
      expect(writes.toSorted()).toEqual([
        ...(uses.some((one) => one.startsWith("actions/attest@")) ? ["attestations", "id-token"] : []),
        ...(uses.some((one) => one.startsWith("github/codeql-action/upload-sarif@"))
          ? ["security-events"]
          : []),
      ]);
    }
  });

  it("names every input", () => {
    const names = Object.keys({ ...action.inputs, ...spec.inputs });
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});
