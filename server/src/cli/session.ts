import { resolve } from "node:path";
import { prooflineHome } from "../home";
import type { Engine } from "../inference/engine";
import { DEFAULT_PROFILE } from "../inference/profile";
import { startEngine } from "../inference/startEngine";
import { type Installation, installationOf } from "../installation";
import type { ExecutionProfile } from "../provenance/record";

/** What one run of the command line works with. */
export interface Session {
  readonly home: string;
  readonly installation: Installation;
  readonly modelDirectory: string;
  /** What suggestions are made with. */
  readonly profile: ExecutionProfile;
}

export function openSession(flags: {
  readonly model?: string;
  readonly profile?: ExecutionProfile;
}): Session {
  const installation = installationOf(__dirname);
  const model = flags.model ?? process.env.PROOFLINE_MODEL;
  return {
    home: prooflineHome(),
    installation,
    modelDirectory: model === undefined ? installation.modelDirectory : resolve(model),
    profile: flags.profile ?? DEFAULT_PROFILE,
  };
}

/** Loads the pinned model, hands it to `use`, and lets its worker go again whatever happens. */
export async function withEngine<Value>(
  session: Session,
  use: (engine: Engine) => Promise<Value>,
): Promise<Value> {
  const engine = await startEngine({
    modelDirectory: session.modelDirectory,
    workerPath: session.installation.inferenceWorker,
    bundlePaths: session.installation.bundles,
    profile: session.profile,
  });
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
}
