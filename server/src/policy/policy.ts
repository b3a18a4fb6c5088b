import type { Digest } from "../platform/primitives";
import type { CheckValue } from "../protocol/verdictWords";
import { DEFAULT_REQUIREMENTS, type Requirements } from "./summary";

/** What an installed pin says about its model. */
export interface KnownModel {
  readonly manifestDigest: Digest;
  readonly name: string;
  readonly omsRoot: Digest;
}

/** A team's rules, or the built-in ones: what counts as known, and what is required. */
export interface Policy {
  /** Names the rules in reasons and hovers. */
  readonly name: string;
  readonly requirements: Requirements;
  readonly devices: { readonly known: ReadonlySet<string>; readonly revoked: ReadonlySet<string> };
  readonly models: {
    /** Approved by an authority. */
    readonly approved: ReadonlySet<Digest>;
    /** Pins that are installed here, by their manifests' digests; nobody else vouches for them. */
    readonly pinned: ReadonlyMap<Digest, KnownModel>;
    readonly revoked: ReadonlySet<Digest>;
  };
  /** Digests of environments that the rules name. */
  readonly environments: ReadonlySet<Digest>;
}

/** What stands in for a policy file: the pins that are installed here, and this device. */
export function builtInPolicy(known: {
  readonly device: string | null;
  readonly pins: readonly KnownModel[];
}): Policy {
  return {
    name: "built-in policy",
    requirements: DEFAULT_REQUIREMENTS,
    devices: { known: new Set(known.device === null ? [] : [known.device]), revoked: new Set() },
    models: {
      approved: new Set(),
      pinned: new Map(known.pins.map((pin) => [pin.manifestDigest, pin])),
      revoked: new Set(),
    },
    environments: new Set(),
  };
}

export function checkDevice(policy: Policy, device: string): CheckValue<"signature"> {
  if (policy.devices.revoked.has(device)) {
    return "revokedDevice";
  }
  return policy.devices.known.has(device) ? "valid" : "unknownDevice";
}

/** @param told what evidence says about the model, which counts for nothing but its digest */
export function checkModelApproval(policy: Policy, told: KnownModel): CheckValue<"model"> {
  const { approved, pinned, revoked } = policy.models;
  if (revoked.has(told.manifestDigest)) {
    return "revoked";
  }
  const pin = pinned.get(told.manifestDigest);
  if (pin !== undefined && (pin.name !== told.name || pin.omsRoot !== told.omsRoot)) {
    return "misnamed";
  }
  if (approved.has(told.manifestDigest)) {
    return "approved";
  }
  return pin === undefined ? "unapproved" : "pinOnly";
}

export function checkEnvironment(policy: Policy, digest: Digest): CheckValue<"environment"> {
  return policy.environments.has(digest) ? "declaredApproved" : "declaredUnknown";
}
