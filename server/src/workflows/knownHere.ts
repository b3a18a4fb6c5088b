import { deviceAddress } from "../evidence/device";
import type { ModelStore } from "../models/store/modelStore";
import { messageOf } from "../platform/errors";
import type { Address, Digest } from "../platform/primitives";
import { builtInPolicy, type Policy } from "../policy/policy";
import { type InstalledPin, installedPins } from "./installedPins";

/** Whom this installation knows, and the rules that follow from it while no policy file was accepted. */
export interface KnownHere {
  /** `null` while this machine has no device key, or one that cannot be read. */
  readonly device: Address | null;
  /** Why the device key cannot be read, or `null`. */
  readonly deviceProblem: string | null;
  readonly pins: ReadonlyMap<Digest, InstalledPin>;
  readonly policy: Policy;
}

/** Looks at the device key below `home`, and at the pins of the store and of the given model folders. */
export async function lookAround(
  home: string,
  store: ModelStore,
  ...modelDirectories: readonly string[]
): Promise<KnownHere> {
  const [{ device, deviceProblem }, pins] = await Promise.all([
    deviceAddress(home).then(
      (address) => ({ device: address, deviceProblem: null }),
      (error: unknown) => ({
        device: null,
        deviceProblem: `The device key cannot be read: ${messageOf(error)}`,
      }),
    ),
    installedPins(store, ...modelDirectories),
  ]);
  return { device, deviceProblem, pins, policy: builtInPolicy({ device, pins: [...pins.values()] }) };
}
