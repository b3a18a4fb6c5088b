import type { Digest } from "../platform/primitives";
import type { CheckValue } from "../protocol/verdictWords";
import { DEFAULT_REQUIREMENTS, type Requirements } from "./summary";

/** A team's rules, or the built-in ones: what counts as known, and what is required. */
export interface Policy {
  /** Names the rules in reasons and hovers. */
  readonly name: string;
  readonly requirements: Requirements;
  readonly devices: { readonly known: ReadonlySet<string>; readonly revoked: ReadonlySet<string> };
  readonly models: {
    /** Approved by an authority. */
    readonly approved: ReadonlySet<Digest>;
    /** Manifest digests of pins that are installed here; nobody else vouches for them. */
    readonly pinned: ReadonlySet<Digest>;
    readonly revoked: ReadonlySet<Digest>;
  };
  /** Digests of environments that the rules name. */
  readonly environments: ReadonlySet<Digest>;
}

/** What stands in for a policy file: the pins that are installed here, and this device. */
export function builtInPolicy(known: {
  readonly device: string | null;
  readonly pins: readonly Digest[];
}): Policy {
  return {
    name: "built-in policy",
    requirements: DEFAULT_REQUIREMENTS,
    devices: { known: new Set(known.device === null ? [] : [known.device]), revoked: new Set() },
    models: { approved: new Set(), pinned: new Set(known.pins), revoked: new Set() },
    environments: new Set(),
  };
}

export function checkDevice(policy: Policy, device: string): CheckValue<"signature"> {
  if (policy.devices.revoked.has(device)) {
    return "revokedDevice";
  }
  return policy.devices.known.has(device) ? "valid" : "unknownDevice";
}

export function checkModelApproval(policy: Policy, manifestDigest: Digest): CheckValue<"model"> {
  const { approved, pinned, revoked } = policy.models;
  if (revoked.has(manifestDigest)) {
    return "revoked";
  }
  if (approved.has(manifestDigest)) {
    return "approved";
  }
  return pinned.has(manifestDigest) ? "pinOnly" : "unapproved";
}

export function checkEnvironment(policy: Policy, digest: Digest): CheckValue<"environment"> {
  return policy.environments.has(digest) ? "declaredApproved" : "declaredUnknown";
}
