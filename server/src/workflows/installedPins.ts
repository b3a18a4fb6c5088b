import { readPin } from "../models/pin/readPin";
import type { ModelStore } from "../models/store/modelStore";
import type { Digest } from "../platform/primitives";
import type { KnownModel } from "../policy/policy";

/** A pin that is installed here, and its model's folder. */
export interface InstalledPin extends KnownModel {
  readonly directory: string;
  /** It counts for every repository: it came with Proofline, or this machine's person set it for all. */
  readonly everywhere: boolean;
}

/** Where a machine's models lie. */
export interface ModelPlaces {
  readonly store: ModelStore;
  /** The folder of the model that comes with Proofline. */
  readonly embedded: string;
  /** The folder that the person's own setting or flag names, which no workspace can set; `null` where it names none. */
  readonly own: string | null;
}

/**
 * The pins that are installed here: those of the store, and of the embedded and the person's own folder. A folder
 * without a readable pin counts for nothing; loading its model says why.
 */
export async function installedPins({
  store,
  embedded,
  own,
}: ModelPlaces): Promise<ReadonlyMap<Digest, InstalledPin>> {
  const stored = (await store.list()).map(({ path, manifestDigest }) => ({
    directory: path,
    // What lies in the folder now may not be what a person approved.
    expected: manifestDigest,
    everywhere: false,
  }));
  const named = [embedded, ...(own === null ? [] : [own])].map((directory) => ({
    directory,
    expected: null,
    everywhere: true,
  }));
  const pins = [...stored, ...named].map(async ({ directory, expected, everywhere }) => {
    const pin = await readPin(directory).catch(() => null);
    if (pin === null || (expected !== null && expected !== pin.manifestDigest)) {
      return [];
    }
    const { manifestDigest, manifest } = pin;
    const { name, omsRoot } = manifest;
    return [{ manifestDigest, name, omsRoot, directory, everywhere }];
  });
  return new Map((await Promise.all(pins)).flat().map((pin) => [pin.manifestDigest, pin]));
}
