/** The parent's end of an engine process. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundleProgram } from "../bundleProgram";
import type { Answer, EngineParameters, Request, Timing } from "./engine";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const PROCESS = join(ROOT, "out", "bench", "engineProcess.js");

/** Bundles the program of the engine processes. */
export function bundleEngineProcess(): Promise<void> {
  return bundleProgram(join(import.meta.dirname, "engineProcess.ts"), PROCESS);
}

export class EngineClient {
  private constructor(
    private readonly process: ChildProcess,
    readonly version: string,
    /** Milliseconds from the start of the process until the model was loaded. */
    readonly startMs: number,
  ) {}

  static async start(parameters: EngineParameters): Promise<EngineClient> {
    const started = performance.now();
    const child = fork(PROCESS, [JSON.stringify(parameters)], {
      execArgv: [],
      cwd: ROOT,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    const answer = await nextAnswer(child);
    if (answer.kind !== "ready") {
      throw new Error(`${parameters.engine} did not start`);
    }
    return new EngineClient(child, answer.version, performance.now() - started);
  }

  async time(kind: "generate" | "suggest", ids: readonly number[], count: number): Promise<Timing> {
    const answer = await this.ask({ kind, ids, count });
    if (answer.kind !== "timing") {
      throw new Error("the engine process gave another answer");
    }
    if (answer.timing.tokens.length !== count) {
      throw new Error(`${this.version} wrote ${answer.timing.tokens.length} tokens instead of ${count}`);
    }
    return answer.timing;
  }

  async check(prompt: readonly number[], answer: readonly number[]): Promise<number | null> {
    const checked = await this.ask({ kind: "check", prompt, answer });
    return checked.kind === "checked" ? checked.milliseconds : null;
  }

  async forget(): Promise<void> {
    await this.ask({ kind: "forget" });
  }

  async logProbabilities(ids: readonly number[]): Promise<readonly (readonly number[])[]> {
    const answer = await this.ask({ kind: "logProbabilities", ids });
    return answer.kind === "rows" ? answer.rows : [];
  }

  /** The most memory that the process ever had resident, in MB (10^6 bytes). */
  peakMegabytes(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, "utf8");
    return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
  }

  async stop(): Promise<void> {
    const ended = once(this.process, "exit");
    this.process.disconnect();
    await ended;
  }

  private async ask(request: Request): Promise<Answer> {
    const answer = nextAnswer(this.process);
    this.process.send(request);
    return answer;
  }
}

async function nextAnswer(child: ChildProcess): Promise<Answer> {
  const waiting = new AbortController();
  try {
    const [answer]: [Answer?] = await Promise.race([
      once(child, "message", { signal: waiting.signal }) as Promise<[Answer]>,
      once(child, "exit", { signal: waiting.signal }).then((): [] => []),
    ]);
    if (answer === undefined) {
      throw new Error("the engine process ended");
    }
    if (answer.kind === "failed") {
      throw new Error(answer.reason);
    }
    return answer;
  } finally {
    waiting.abort();
  }
}
