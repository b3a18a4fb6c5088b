import { join } from "node:path";

/** Where the parts of one installation lie: a clone after `npm run build`, or an unpacked extension. */
export interface Installation {
  readonly root: string;
  /** The check before each commit, a program for Node. */
  readonly hook: string;
  /** The embedded model's folder. */
  readonly modelDirectory: string;
  readonly inferenceWorker: string;
  readonly verificationWorker: string;
  readonly chainHost: string;
  /** The bundles whose bytes an environment's `serverDigest` covers. */
  readonly bundles: readonly string[];
}

/** `distDirectory` is the folder that the running bundle lies in: its `__dirname`. */
export function installationOf(distDirectory: string): Installation {
  const root = join(distDirectory, "..");
  const inferenceWorker = join(distDirectory, "inferenceWorker.js");
  return {
    root,
    hook: join(distDirectory, "hook.js"),
    modelDirectory: join(root, "server", "models", "proofline-code"),
    inferenceWorker,
    verificationWorker: join(distDirectory, "verificationWorker.js"),
    chainHost: join(distDirectory, "chainHost.js"),
    bundles: [inferenceWorker],
  };
}
