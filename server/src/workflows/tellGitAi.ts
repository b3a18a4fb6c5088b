import { spawn } from "node:child_process";
import { ProoflineError } from "../platform/errors";
import { programOnPath } from "../platform/programOnPath";
import type { Checkpoint } from "../policy/interop/checkpoint";
import { visibleText } from "../protocol/visibleText";

/** What git-ai takes for an edit of an agent that it does not know by itself, as its documentation has it. */
const PARAMETERS = ["checkpoint", "agent-v1", "--hook-input", "stdin"];

const LIMIT_MILLISECONDS = 60_000;

/** What is kept of what it says. */
const MOST_SAID = 4_000;

/**
 * Where git-ai's own program lies.
 *
 * @throws ProoflineError `interop.program` where it is not installed
 */
export async function gitAiProgram(repositoryFolder: string): Promise<string> {
  const program = await programOnPath("git-ai", repositoryFolder);
  if (program === null) {
    throw new ProoflineError(
      "interop.program",
      "No program named git-ai lies in the folders of PATH.",
      "installGitAi",
    );
  }
  return program;
}

/**
 * Tells git-ai of some edits, one after the other, by its own program. Nothing of its notes is written otherwise.
 *
 * @throws ProoflineError `interop.program` where it refuses one, or does not answer
 */
export async function tellGitAi(
  program: string,
  repositoryFolder: string,
  checkpoints: readonly Checkpoint[],
): Promise<void> {
  for (const checkpoint of checkpoints) {
    const { isTaken, said } = await run(program, repositoryFolder, JSON.stringify(checkpoint));
    if (!isTaken) {
      throw new ProoflineError(
        "interop.program",
        `git-ai did not take a checkpoint${said === "" ? "" : `: ${visibleText(said)}`}.`,
        "askGitAi",
      );
    }
  }
}

function run(
  program: string,
  folder: string,
  input: string,
): Promise<{ readonly isTaken: boolean; readonly said: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, PARAMETERS, {
      cwd: folder,
      stdio: ["pipe", "ignore", "pipe"],
      timeout: LIMIT_MILLISECONDS,
      windowsHide: true,
    });
    let said = "";
    child.stderr.setEncoding("utf8");
    child.stderr.on("data", (text: string) => {
      said = `${said}${text}`.slice(0, MOST_SAID);
    });
    child.on("error", (error) => resolve({ isTaken: false, said: error.message }));
    child.on("close", (code) => {
      said = said.trim();
      // It ends with 0 whatever comes, so as not to stop an agent; only what it says tells that it took nothing.
      resolve({ isTaken: code === 0 && said === "", said });
    });
    // One that ends early closes the pipe; its exit code tells.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
