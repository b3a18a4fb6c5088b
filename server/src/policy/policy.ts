import type { Address, ChainHash, Digest } from "../platform/primitives";
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
    /** Pins that this machine's person lets count for this repository, by their manifests' digests. */
    readonly pinned: ReadonlyMap<Digest, KnownModel>;
    /** Every pin that is installed here, those that count among them. To be here says nothing for a model. */
    readonly installed: ReadonlyMap<Digest, KnownModel>;
    readonly revoked: ReadonlySet<Digest>;
  };
  /** Digests of environments that the rules name. */
  readonly environments: ReadonlySet<Digest>;
  /** Code of enclaves that somebody has rebuilt from its source, by its measurement, with what people call it. */
  readonly enclaveCode: ReadonlyMap<ChainHash, string>;
  /** The chain on which alone anchors count; `null` for whichever the reader asks. */
  readonly chain: { readonly id: number; readonly contract: Address } | null;
  /** Why nobody can tell yet which rules count, as a sentence; `null` where they do. */
  readonly hold: string | null;
}

/**
 * Who this computer is before it has a device key, which it gets with its first batch. Evidence names an address, so this
 * stands only for what this computer's own journals hold.
 */
export const WITHOUT_KEY = "";

/**
 * What stands in for a policy file: this device, and the pins that a person lets count here.
 *
 * @param installed further pins that are installed here and do not count
 */
export function builtInPolicy({
  device,
  pins,
  installed = [],
}: {
  readonly device: string;
  readonly pins: readonly KnownModel[];
  readonly installed?: readonly KnownModel[];
}): Policy {
  const byDigest = (some: readonly KnownModel[]): ReadonlyMap<Digest, KnownModel> =>
    new Map(some.map((pin) => [pin.manifestDigest, pin]));
  return {
    name: "built-in policy",
    requirements: DEFAULT_REQUIREMENTS,
    devices: { known: new Set([device]), revoked: new Set() },
    models: {
      approved: new Set(),
      pinned: byDigest(pins),
      installed: byDigest([...installed, ...pins]),
      revoked: new Set(),
    },
    environments: new Set(),
    enclaveCode: new Map(),
    chain: null,
    hold: null,
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
  const { approved, pinned, installed, revoked } = policy.models;
  if (revoked.has(told.manifestDigest)) {
    return "revoked";
  }
  const pin = installed.get(told.manifestDigest);
  if (pin !== undefined && (pin.name !== told.name || pin.omsRoot !== told.omsRoot)) {
    return "misnamed";
  }
  if (approved.has(told.manifestDigest)) {
    return "approved";
  }
  return pinned.has(told.manifestDigest) ? "pinOnly" : "unapproved";
}

/** The digests of other pins that bear a model's name: whoever knows a model by its name alone would take it for them. */
export function namesakesAmong(
  pins: Iterable<Pick<KnownModel, "name" | "manifestDigest">>,
  { name, manifestDigest }: Pick<KnownModel, "name"> & { readonly manifestDigest: Digest | null },
): readonly Digest[] {
  const digests = [...pins]
    .filter((pin) => pin.name === name && pin.manifestDigest !== manifestDigest)
    .map((pin) => pin.manifestDigest);
  return [...new Set(digests)].sort();
}

export function checkEnvironment(policy: Policy, digest: Digest): CheckValue<"environment"> {
  return policy.environments.has(digest) ? "declaredApproved" : "declaredUnknown";
}
