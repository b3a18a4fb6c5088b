import { deviceAddress } from "../evidence/device";
import type { RepositoryIdentity } from "../platform/acceptedRecords";
import { meaningOf } from "../platform/errors";
import type { Digest } from "../platform/primitives";
import { builtInPolicy, type KnownModel, type Policy, WITHOUT_KEY } from "../policy/policy";
import { EMBEDDED_PINS } from "./embeddedPins";
import { type InstalledPin, installedPins, type ModelPlaces } from "./installedPins";
import { NO_RULES, policyBy, type RepositoryRules } from "./repositoryPolicies";

/** Whom this installation knows, and the rules that follow from it for one repository while no policy file was accepted. */
export interface KnownHere {
  /** This computer's address, or `WITHOUT_KEY` while it has no device key, or one that cannot be read. */
  readonly device: string;
  /** Why the device key cannot be read, so that nothing can be signed, as a sentence; `null` where it can be, or there is none. */
  readonly deviceProblem: string | null;
  /** What cannot be read, as sentences, that among it. */
  readonly problems: readonly string[];
  /** Every pin that can be run here, whether it counts or not. */
  readonly pins: ReadonlyMap<Digest, InstalledPin>;
  readonly policy: Policy;
  /** The rules of the repository, as far as they were looked at. */
  readonly rules: RepositoryRules;
}

/** What is known where nothing could be looked at. */
export const NOTHING_KNOWN: KnownHere = {
  device: WITHOUT_KEY,
  deviceProblem: null,
  problems: [],
  pins: new Map(),
  policy: builtInPolicy({ device: WITHOUT_KEY, pins: [] }),
  rules: NO_RULES,
};

/**
 * Looks at the device key below `home`, at the models here, and at which of them a person accepted for a repository
 * (`null`: outside of all). Replays run under any installed pin; what they
 * say counts for the repository under these only: the embedded model, the person's own, and those accepted for it.
 *
 * @param rules those of the repository, where somebody looked at them
 * @param embedded the pins of models that came with this or an older Proofline
 */
export async function lookAround(
  home: string,
  models: ModelPlaces,
  repository: RepositoryIdentity | null,
  rules: RepositoryRules = NO_RULES,
  embedded: readonly KnownModel[] = EMBEDDED_PINS,
): Promise<KnownHere> {
  const [{ device, deviceProblem }, pins, accepted] = await Promise.all([
    deviceAddress(home).then(
      (address) => ({ device: address ?? WITHOUT_KEY, deviceProblem: null }),
      (error: unknown) => ({
        device: WITHOUT_KEY,
        deviceProblem: `The device key cannot be read: ${meaningOf(error)}`,
      }),
    ),
    installedPins(models),
    repository === null ? NOTHING_ACCEPTED : models.store.accepted.of(repository),
  ]);
  const installed = [...pins.values()];
  const counting = installed.filter(
    ({ manifestDigest, everywhere }) => everywhere || accepted.models.has(manifestDigest),
  );
  return {
    device,
    deviceProblem,
    problems: [deviceProblem, accepted.problem].filter((problem) => problem !== null),
    pins,
    policy: policyBy(rules, builtInPolicy({ device, pins: [...embedded, ...counting], installed })),
    rules,
  };
}

const NOTHING_ACCEPTED = { models: new Set<Digest>(), problem: null };
