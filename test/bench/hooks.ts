/** What the check before each commit costs whoever makes many of them. */
import { join } from "node:path";
import { removeFolder } from "../support/removeFolder";
import { FILE, SealedProject } from "../support/sealedProject";
import { row, Samples, timed } from "./samples";

const COMMITS = 200;
/** Rebases with the check, and as many without. */
const ROUNDS = 10;

export async function benchHooks(): Promise<void> {
  const project = SealedProject.make();
  try {
    await benchRebases(project);
    await benchCommits(project);
  } finally {
    project.close();
  }
}

/** A rebase starts no hook before its commits, so that it can cost nothing; with and without it in turns. */
async function benchRebases(project: SealedProject): Promise<void> {
  const folder = project.copy();
  project.git(folder, "checkout", "-qb", "side");
  for (let count = 0; count < COMMITS; count += 1) {
    change(project, folder, "README.md", count);
  }
  project.git(folder, "checkout", "-q", "main");
  change(project, folder, "other.md", 0);
  const times = { without: new Samples(), with: new Samples() };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, samples] of Object.entries(times)) {
      project.run(["hook", name === "with" ? "install" : "remove"], { cwd: folder });
      project.git(folder, "checkout", "-q", "-B", "again", "side");
      await timed(samples, async () => project.git(folder, "rebase", "-q", "main"));
    }
  }
  row(`rebase of ${COMMITS} commits, no hook`, times.without.describe("ms", 0));
  row(`rebase of ${COMMITS} commits, the check installed`, times.with.describe("ms", 0));
}

/** One commit after the other, each by its own `git commit`, of which git starts the hook; the variants in turns. */
async function benchCommits(project: SealedProject): Promise<void> {
  const variants = [
    { name: "no hook", path: "README.md", hook: false, evidence: true, each: 1 },
    { name: "the check, no evidence", path: "README.md", hook: true, evidence: false, each: 1 },
    { name: "the check, evidence of other files", path: "README.md", hook: true, evidence: true, each: 1 },
    { name: "the check, evidence of the file", path: FILE, hook: true, evidence: true, each: 10 },
  ].map((variant) => ({ ...variant, folder: prepared(project, variant), samples: new Samples() }));
  for (let count = 0; count < COMMITS; count += 1) {
    for (const { path, folder, samples, each } of variants) {
      if (count % each === 0) {
        project.write(folder, path, `${project.read(folder, path)}// ${count}\n`);
        project.git(folder, "add", path);
        await timed(samples, async () => project.git(folder, "commit", "-qm", `${count}`));
      }
    }
  }
  for (const { name, samples } of variants) {
    row(`commit: ${name}`, samples.describe("ms"));
  }
}

function prepared(
  project: SealedProject,
  { hook, evidence }: { readonly hook: boolean; readonly evidence: boolean },
): string {
  const folder = project.copy();
  if (!evidence) {
    removeFolder(join(folder, ".proofline"));
    project.git(folder, "add", "-A");
    project.git(folder, "commit", "-qm", "none");
  }
  if (hook) {
    project.run(["hook", "install"], { cwd: folder });
  }
  return folder;
}

function change(project: SealedProject, folder: string, path: string, count: number): void {
  project.write(folder, path, `Line ${count}.\n`);
  project.git(folder, "add", path);
  project.git(folder, "commit", "-qm", `${path} ${count}`);
}
