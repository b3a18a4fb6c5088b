import type { PinManifest } from "../../models/pin/manifest";
import type { Tolerance } from "../../models/pin/tolerance";
import { unreachable } from "../../platform/errors";
import type { ExecutionProfile } from "../../protocol/executionProfile";
/** For pins that were never calibrated: what float32 kernels of different CPUs stray by, with room to spare. */
export const UNCALIBRATED: Tolerance = { margin: 1e-3, notFirst: 1 };

const NONE: Tolerance = { margin: 0, notFirst: 0 };

/** What a replay under a profile forgives. */
export function toleranceOf(manifest: PinManifest, profile: ExecutionProfile): Tolerance {
  switch (profile) {
    case "native/v1":
      return manifest.execution.replay ?? UNCALIBRATED;
    case "portable/v1":
      return NONE;
    default:
      return unreachable(profile);
  }
}
