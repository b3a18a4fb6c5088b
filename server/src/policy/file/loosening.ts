import { VERIFIED_ONLY_LEVELS } from "../../protocol/verifiedOnly";
import { type PolicyFile, REACTIONS, WITNESSES } from "./policyFile";

/**
 * In which rules a policy asks for less than another, or for something else, each as a clause; none where whoever accepted the other one
 * gets all that they agreed to.
 */
export function loosening(before: PolicyFile, after: PolicyFile): readonly string[] {
  const found = RULES.flatMap(([name, isKept]) => (isKept(before, after) ? [] : [name]));
  return [...found, ...renamed(before, after)];
}

type Kept = (before: PolicyFile, after: PolicyFile) => boolean;

/** Whether a value of an ordered kind is at least as strict. */
const atLeast =
  <Level>(levels: readonly Level[], of: (policy: PolicyFile) => Level): Kept =>
  (before, after) =>
    levels.indexOf(of(after)) >= levels.indexOf(of(before));

/**
 * Whether a list that says what alone counts lists nothing new. The first entry is new, too: to list something also vouches for it to
 * whoever never let it count, as a known device or as rebuilt code.
 */
const noMore =
  (of: (policy: PolicyFile) => readonly string[] | undefined): Kept =>
  (before, after) => {
    const [known, now] = [of(before), of(after)];
    return known === undefined
      ? (now ?? []).length === 0
      : (now?.every((entry) => known.includes(entry)) ?? false);
  };

/** Whether patterns name no place that was not named: the same ones, or fewer. What two patterns have in common nobody computes. */
const nowhereElse =
  (kind: keyof PolicyFile["executions"]): Kept =>
  (before, after) => {
    const known = before.executions[kind];
    return known.includes("**") || after.executions[kind].every((pattern) => known.includes(pattern));
  };

/**
 * Whether the same addresses go on to approve the same kinds, and to revoke. Another address, or one that decides on more, may approve what
 * was not listed; one that is taken out no longer revokes anything.
 */
const isSameAuthority: Kept = ({ authority: known }, { authority }) => {
  const addresses = (one: PolicyFile["authority"]): string =>
    (one?.addresses ?? [])
      .map(({ address }) => address)
      .sort()
      .join();
  const decides = (one: PolicyFile["authority"]): string => [...new Set(one?.decides)].sort().join();
  return (
    addresses(known) === addresses(authority) &&
    decides(known) === decides(authority) &&
    (known === undefined || (authority !== undefined && authority.maximumAgeHours <= known.maximumAgeHours))
  );
};

const RULES: readonly (readonly [name: string, isKept: Kept])[] = [
  ["enforcement", atLeast(VERIFIED_ONLY_LEVELS, ({ enforcement }) => enforcement)],
  [
    "the chain",
    ({ chain: known }, { chain }) =>
      known === undefined ? chain === undefined : chain?.id === known.id && chain.contract === known.contract,
  ],
  ["final blocks", atLeast([false, true], ({ anchors }) => anchors.finalized)],
  ["the witnesses of anchors", atLeast(WITNESSES, ({ anchors }) => anchors.witnesses)],
  ["where replayable suggestions count", nowhereElse("replayable")],
  ["where enclaves' answers count", nowhereElse("attested")],
  ["where what nobody can check counts", nowhereElse("stated")],
  ["replays", atLeast(["optional", "required"], ({ replay }) => replay)],
  ["models", noMore(({ models }) => models?.map(({ digest }) => digest))],
  ["devices", noMore(({ devices }) => devices?.map(({ address }) => address))],
  ["the authority", isSameAuthority],
  ["verifiers", noMore(({ verifiers }) => verifiers?.map(({ address }) => address))],
  ["environments", noMore(({ environments }) => environments?.map(({ digest }) => digest))],
  ["code of enclaves", noMore(({ enclaveCode }) => enclaveCode?.map(({ measurement }) => measurement))],
  ["revoked code of enclaves", atLeast(["report", "refuse"], ({ revokedEnclaves }) => revokedEnclaves)],
  ["sealed prompts", atLeast(REACTIONS, ({ sealedPrompts }) => sealedPrompts)],
  ["the least share", ({ leastShare: known }, { leastShare }) => leastShare >= known],
  ["the copied share", ({ mostCopied: known }, { mostCopied }) => mostCopied <= known],
  ["edited lines", atLeast(REACTIONS, ({ edited }) => edited)],
  ["lines without evidence", atLeast(REACTIONS, ({ unattributed }) => unattributed)],
];

/** What a list calls otherwise than before: whoever agreed to a name agreed to what stood behind it. */
function renamed(before: PolicyFile, after: PolicyFile): readonly string[] {
  const lists = (policy: PolicyFile): ReadonlyMap<string, string> =>
    new Map<string, string>([
      ...(policy.models ?? []).map(({ name, digest }) => [digest, name] as const),
      ...(policy.devices ?? []).map(({ name, address }) => [address, name] as const),
      ...(policy.authority?.addresses ?? []).map(
        ({ address, name }) => [`authority ${address}`, name] as const,
      ),
      ...(policy.verifiers ?? []).map(({ address, name }) => [`verifier ${address}`, name] as const),
      ...(policy.environments ?? []).map(({ name, digest }) => [digest, name] as const),
      ...(policy.enclaveCode ?? []).map(({ name, measurement }) => [measurement, name] as const),
    ]);
  const [known, now] = [lists(before), lists(after)];
  const isRenamed = [...now].some(([entry, name]) => known.has(entry) && known.get(entry) !== name);
  return isRenamed ? ["names in its lists"] : [];
}
