import { readPin } from "../models/pin/readPin";
import type { ModelStore } from "../models/store/modelStore";
import type { Digest } from "../platform/primitives";
import type { KnownModel } from "../policy/policy";

/** A pin that is installed here, and its model's folder. */
export interface InstalledPin extends KnownModel {
  readonly directory: string;
}

/**
 * The pins that are installed here: those that a person approved on this machine, and those of the given folders (the
 * embedded model's and the configured one). A folder without a readable pin counts for nothing; loading its model says
 * why.
 */
export async function installedPins(
  store: ModelStore,
  ...modelDirectories: readonly string[]
): Promise<ReadonlyMap<Digest, InstalledPin>> {
  const approved = new Map((await store.list()).map((model) => [model.path, model.manifestDigest]));
  const directories = new Set([...approved.keys(), ...modelDirectories]);
  const pins = await Promise.all(
    [...directories].map((directory) =>
      readPin(directory).then(
        ({ manifestDigest, manifest: { name, omsRoot } }) => {
          // What lies in the folder now is not what a person approved.
          const isAnother = approved.has(directory) && approved.get(directory) !== manifestDigest;
          return isAnother ? [] : [{ manifestDigest, name, omsRoot, directory }];
        },
        () => [],
      ),
    ),
  );
  return new Map(pins.flat().map((pin) => [pin.manifestDigest, pin]));
}
