import { readPin } from "../inference/pin";
import type { Digest } from "../provenance/primitives";

/**
 * The manifest digests of the pins that are installed here: the embedded model's, and that of the configured one. A
 * folder without a readable pin counts for nothing; loading its model says why.
 */
export async function installedPins(...modelDirectories: readonly string[]): Promise<readonly Digest[]> {
  const pins = await Promise.all(
    [...new Set(modelDirectories)].map((directory) =>
      readPin(directory).then(
        ({ manifestDigest }) => [manifestDigest],
        () => [],
      ),
    ),
  );
  return pins.flat();
}
