/** A git repository with one accepted suggestion in it, made, sealed and anchored by the built command line. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as z from "zod";
import { ANSWERS } from "../../server/src/cli/answers";
import type { Report } from "../../server/src/policy/report";
import { removeFolder } from "./removeFolder";

/** The file that the suggestion was accepted in. */
export const FILE = "src/inventory.ts";

const repository = join(import.meta.dirname, "../..");

const Accepted = z.looseObject({ id: z.string() });

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Calling {
  readonly cwd: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export class SealedProject {
  private copies = 0;

  private constructor(
    /** A folder for whatever a test needs; gone with `close`. */
    readonly scratch: string,
    /** The repository, committed on `main`; tests change copies of it. */
    readonly folder: string,
    /** The line of the suggestion, counted from one. */
    readonly line: number,
    /** Its id. */
    readonly id: string,
  ) {}

  static make(): SealedProject {
    const scratch = realpathSync(mkdtempSync(join(tmpdir(), "proofline-sealed-")));
    const folder = join(scratch, "project");
    cpSync(join(repository, "build", "sample"), folder, { recursive: true });
    writeFileSync(
      join(scratch, "gitconfig"),
      "[user]\n\tname = sample\n\temail = sample@example.com\n[init]\n\tdefaultBranch = main\n" +
        '[protocol "file"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n[core]\n\tautocrlf = false\n',
    );
    const unknown = new SealedProject(scratch, folder, 0, "");
    unknown.git(folder, "init", "-q");
    unknown.git(folder, "add", "-A");
    unknown.git(folder, "commit", "-qm", "before");
    const { id, line } = unknown.accept(folder);
    const made = new SealedProject(scratch, folder, line, id);
    made.anchor(folder);
    made.git(folder, "add", "-A");
    made.git(folder, "commit", "-qm", "accepted");
    // So that no test waits for the replay.
    made.report(folder);
    return made;
  }

  /** Accepts what the model suggests at the end of the line below the one that holds a text; the line counts from one. */
  accept(
    folder: string,
    { file = FILE, below = "has(id", home = this.home } = {},
  ): { readonly id: string; readonly line: number } {
    const lines = this.read(folder, file).split("\n");
    const line = lines.findIndex((text) => text.includes(below)) + 2;
    const column = (lines[line - 1] ?? "").length + 1;
    const place = ["--file", file, "--line", `${line}`, "--column", `${column}`];
    const calling = { cwd: folder, variables: { PROOFLINE_HOME: home } };
    return { id: this.answer(Accepted, ["complete", ...place, "--accept"], calling).id, line };
  }

  /** Seals and anchors what was accepted in a folder. */
  anchor(folder: string, home = this.home): void {
    this.answer(ANSWERS.anchor, ["anchor"], { cwd: folder, variables: { PROOFLINE_HOME: home } });
  }

  /** Ends the chain and removes everything. */
  close(): void {
    this.run(["chain", "stop"], { cwd: this.scratch });
    removeFolder(this.scratch);
  }

  get home(): string {
    return join(this.scratch, "home");
  }

  /** Variables with which git reads no settings but the project's own. */
  get variables(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      PROOFLINE_HOME: this.home,
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: join(this.scratch, "gitconfig"),
    };
  }

  /** A path in the scratch folder that nothing has yet. */
  fresh(name = "copy"): string {
    this.copies += 1;
    return join(this.scratch, `${name}${this.copies}`);
  }

  /** The whole repository, once more. */
  copy(): string {
    const folder = this.fresh();
    cpSync(this.folder, folder, { recursive: true });
    return folder;
  }

  /** @throws where git ends with another code than 0 */
  git(cwd: string, ...parameters: readonly string[]): string {
    return execFileSync("git", parameters, {
      cwd,
      encoding: "utf8",
      env: this.variables,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Git, whatever it ends with. */
  tryGit(cwd: string, parameters: readonly string[], variables: Readonly<Record<string, string>> = {}): Ran {
    const env = { ...this.variables, ...variables };
    return spawnSync("git", parameters, { cwd, encoding: "utf8", env });
  }

  run(parameters: readonly string[], { cwd, variables = {} }: Calling): Ran {
    return spawnSync(process.execPath, [join(repository, "dist", "cli.js"), ...parameters], {
      cwd,
      encoding: "utf8",
      env: { ...this.variables, ...variables },
    });
  }

  /** What a command prints with `--json`, by its schema. */
  answer<Schema extends z.ZodType>(
    schema: Schema,
    parameters: readonly string[],
    calling: Calling,
  ): z.output<Schema> {
    const { stdout, stderr } = this.run([...parameters, "--json"], calling);
    try {
      return schema.parse(JSON.parse(stdout));
    } catch (error) {
      throw new Error(`proofline ${parameters.join(" ")} printed ${stdout}${stderr}`, { cause: error });
    }
  }

  /** The report of `proofline verify`. */
  report(cwd: string, ...flags: readonly string[]): Report {
    return this.answer(ANSWERS.verify, ["verify", ...flags], { cwd });
  }

  read(folder: string, path = FILE): string {
    return readFileSync(join(folder, path), "utf8");
  }

  write(folder: string, path: string, text: string): void {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }

  /** The accepted line with something typed behind it, or with what `change` makes of it. */
  changeAccepted(folder: string, change: (line: string) => string = (line) => `${line} // mine`): void {
    const lines = this.read(folder).split("\n");
    lines[this.line - 1] = change(lines[this.line - 1] ?? "");
    this.write(folder, FILE, lines.join("\n"));
  }
}
