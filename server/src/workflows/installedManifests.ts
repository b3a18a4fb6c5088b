import { readPin } from "../models/pin/readPin";
import type { Digest } from "../platform/primitives";
import type { InstalledManifest } from "../policy/interop/bomExport";
import { installedPins, type ModelPlaces } from "./installedPins";

/** Some models with all that their installed pins say, and where they are said to come from; those without an installed pin are missing. */
export async function installedManifests(
  places: ModelPlaces,
  wanted: ReadonlySet<Digest>,
): Promise<ReadonlyMap<Digest, InstalledManifest>> {
  const installed = await installedPins(places);
  const found = new Map<Digest, InstalledManifest>();
  for (const digest of wanted) {
    const directory = installed.get(digest)?.directory;
    const pin = directory === undefined ? null : await readPin(directory).catch(() => null);
    if (pin?.manifestDigest === digest) {
      const source = (await places.store.find(digest))?.source ?? null;
      found.set(digest, { manifest: pin.manifest, source });
    }
  }
  return found;
}
