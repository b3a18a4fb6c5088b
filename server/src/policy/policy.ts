import { Subject } from "../chain/authority/subjects";
import type { Address, ChainHash, Digest } from "../platform/primitives";
import type { CheckValue } from "../protocol/verdictWords";
import { type AuthorityFindings, NO_AUTHORITY, standingAt } from "./authority";
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
  /** Addresses of devices that count. */
  readonly devices: ReadonlySet<string>;
  readonly models: {
    /** Listed in the rules. */
    readonly approved: ReadonlySet<Digest>;
    /** Pins that this machine's person lets count for this repository, by their manifests' digests. */
    readonly pinned: ReadonlyMap<Digest, KnownModel>;
    /** Every pin that is installed here, those that count among them. To be here says nothing for a model. */
    readonly installed: ReadonlyMap<Digest, KnownModel>;
  };
  /** Whose replays count beside one's own, by address, with what people call them. */
  readonly verifiers: ReadonlyMap<Address, string>;
  /** What an authority approves and denies beside what the rules list. */
  readonly authority: AuthorityFindings;
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
    devices: new Set([device]),
    models: {
      approved: new Set(),
      pinned: byDigest(pins),
      installed: byDigest([...installed, ...pins]),
    },
    verifiers: new Map(),
    authority: NO_AUTHORITY,
    environments: new Set(),
    enclaveCode: new Map(),
    chain: null,
    hold: null,
  };
}

/** @param anchored when it was anchored, in seconds since 1970; `null` for not yet */
export function checkDevice(
  policy: Policy,
  device: string,
  anchored: number | null,
): CheckValue<"signature"> {
  const standing = standingOf(policy, { kind: "device", id: device }, anchored);
  if (standing === "denied") {
    return "revokedDevice";
  }
  return standing === "approved" || policy.devices.has(device) ? "valid" : "unknownDevice";
}

/**
 * @param told what evidence says about the model, which counts for nothing but its digest
 * @param anchored when it was anchored, in seconds since 1970; `null` for not yet
 */
export function checkModelApproval(
  policy: Policy,
  told: KnownModel,
  anchored: number | null,
): CheckValue<"model"> {
  const { approved, pinned, installed } = policy.models;
  const standing = standingOf(policy, { kind: "model", id: told.manifestDigest }, anchored);
  if (standing === "denied") {
    return "revoked";
  }
  const pin = installed.get(told.manifestDigest);
  if (pin !== undefined && (pin.name !== told.name || pin.omsRoot !== told.omsRoot)) {
    return "misnamed";
  }
  if (standing === "approved" || approved.has(told.manifestDigest)) {
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

/** @param anchored when it was anchored, in seconds since 1970; `null` for not yet */
export function checkEnvironment(
  policy: Policy,
  digest: Digest,
  anchored: number | null,
): CheckValue<"environment"> {
  const standing = standingOf(policy, { kind: "environment", id: digest }, anchored);
  if (standing === "denied") {
    return "declaredRevoked";
  }
  return standing === "approved" || policy.environments.has(digest) ? "declaredApproved" : "declaredUnknown";
}

/** What the authority says of what evidence names, which may be no address. */
function standingOf(
  { authority }: Policy,
  named: { readonly kind: Subject["kind"]; readonly id: string },
  anchored: number | null,
): ReturnType<typeof standingAt> {
  const subject = Subject.safeParse(named);
  return subject.success ? standingAt(authority, subject.data, anchored) : "unnamed";
}
