import { readPin } from "../models/pin/readPin";
import type { ModelStore } from "../models/store/modelStore";
import type { Digest } from "../platform/primitives";

/**
 * The pins that are installed here, each with its model's folder: those that a person approved on this machine, and
 * those of the given folders (the embedded model's and the configured one). A folder without a readable pin counts for
 * nothing; loading its model says why.
 */
export async function installedPins(
  store: ModelStore,
  ...modelDirectories: readonly string[]
): Promise<ReadonlyMap<Digest, string>> {
  const approved = (await store.list()).map(({ manifestDigest, path }) => [manifestDigest, path] as const);
  const given = await Promise.all(
    [...new Set(modelDirectories)].map((directory) =>
      readPin(directory).then(
        ({ manifestDigest }) => [[manifestDigest, directory] as const],
        () => [],
      ),
    ),
  );
  return new Map([...approved, ...given.flat()]);
}
