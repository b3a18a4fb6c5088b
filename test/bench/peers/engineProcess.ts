/** Runs one engine and answers its parent's requests one by one. */
import { messageOf } from "../../../server/src/platform/errors";
import type { Answer, BenchEngine, EngineParameters, Request } from "./engine";
import { loadLlama } from "./llama";
import { loadProofline } from "./proofline";
import { loadTransformers } from "./transformers";

function load(parameters: EngineParameters): Promise<BenchEngine> {
  switch (parameters.engine) {
    case "proofline":
      return loadProofline(parameters);
    case "transformers.js":
      return loadTransformers(parameters);
    case "llama.cpp":
      return loadLlama(parameters);
  }
}

async function handle(engine: BenchEngine, request: Request): Promise<Answer> {
  switch (request.kind) {
    case "generate":
      return { kind: "timing", timing: await engine.generate(request.ids, request.count) };
    case "suggest":
      return { kind: "timing", timing: await engine.suggest(request.ids, request.count) };
    case "check":
      return {
        kind: "checked",
        milliseconds: (await engine.check?.(request.prompt, request.answer)) ?? null,
      };
    case "forget":
      await engine.forget();
      return { kind: "done" };
    case "logProbabilities": {
      const rows = await engine.logProbabilities?.(request.ids);
      return { kind: "rows", rows: (rows ?? []).map((row) => [...row]) };
    }
  }
}

function answer(message: Answer): void {
  process.send?.(message);
}

async function main(): Promise<void> {
  const parameters: EngineParameters = JSON.parse(process.argv[2] ?? "");
  const engine = await load(parameters);
  process.on("message", (request: Request) => {
    handle(engine, request).then(answer, (error: unknown) =>
      answer({ kind: "failed", reason: messageOf(error) }),
    );
  });
  // Node 24's exit sometimes waits for ever for a thread that compiles while the memory is full.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  answer({ kind: "ready", version: engine.version });
}

main().catch((error: unknown) => {
  answer({ kind: "failed", reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
});
