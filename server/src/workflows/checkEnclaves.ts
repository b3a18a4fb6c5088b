import { messageOf } from "../platform/errors";
import type { ChainHash } from "../platform/primitives";
import type { EnclaveOutcome } from "../policy/verifyParameters";
import { attempt } from "../providers/attestation/answerFlaw";
import type { AnswerReport } from "../providers/attestation/answerReport";
import { type ClaimedAnswer, keptAnswer } from "../providers/opengradient/claimedAnswer";
import { decodeRegistryEntry } from "../providers/opengradient/registryEntry";
import type { RegistryTestimony } from "../providers/opengradient/registryTestimony";
import type { SettlementTestimony } from "../providers/opengradient/settlementTestimony";
import { soughtSettlement } from "../providers/opengradient/soughtSettlement";
import type { EnclaveClaim } from "./enclaveClaims";
import { type EnclaveRegistry, RegistryReader } from "./enclaveRegistry";

/** Where answers are checked: cutting one like its author did, and curve arithmetic, take time. */
export interface AnswerChecker {
  checkAnswer(
    claimed: ClaimedAnswer,
    registry: RegistryTestimony | null,
    settlement: SettlementTestimony | null,
  ): Promise<AnswerReport>;
}

/** Answers that are looked at together: each takes the registry's servers some twenty questions. */
const MOST_AT_ONCE = 1024;
const TOO_MANY = `Only ${MOST_AT_ONCE} answers of enclaves are looked at in one go.`;

/** What a person does so that a registry is asked, which no repository can. */
export const NOBODY_ASKED =
  "OpenGradient's registry was not asked who signed it: nobody has named RPC servers of its chain here.";

/**
 * Checks the enclaves of attested claims, one after the other, and tells each outcome as soon as it is known.
 *
 * @param registry whom to ask about enclaves; `null` where the person has named nobody, and then nothing leaves this machine
 */
export async function* checkEnclaves(
  claims: Iterable<EnclaveClaim>,
  checker: AnswerChecker,
  registry: EnclaveRegistry | null,
): AsyncGenerator<readonly [claim: string, outcome: EnclaveOutcome], void, undefined> {
  const reader = registry && new RegistryReader(registry);
  let asked = 0;
  try {
    for (const { claim, answer } of claims) {
      asked += "obstacle" in answer ? 0 : 1;
      if ("obstacle" in answer || asked > MOST_AT_ONCE) {
        yield [claim, unchecked("obstacle" in answer ? answer.obstacle : TOO_MANY)];
      } else {
        yield [claim, await outcomeOf(answer, checker, reader)];
      }
    }
  } finally {
    reader?.close();
  }
}

async function outcomeOf(
  answer: ClaimedAnswer,
  checker: AnswerChecker,
  reader: RegistryReader | null,
): Promise<EnclaveOutcome> {
  let testimony: RegistryTestimony | null = null;
  let settlement: SettlementTestimony | null = null;
  let silence = NOBODY_ASKED;
  if (reader !== null) {
    try {
      testimony = await reader.testimonyOf(`0x${answer.enclave}`, answer.timestamp);
      const sought = soughtSettlement(keptAnswer(answer));
      settlement = sought && (await reader.settlementOf(sought, answer.timestamp));
    } catch (error) {
      silence = `OpenGradient's registry could not be asked: ${messageOf(error)}`;
    }
  }
  try {
    return outcomeIn(
      await checker.checkAnswer(answer, testimony, settlement),
      testimony === null ? silence : null,
      testimony && measurementIn(testimony),
    );
  } catch (error) {
    // One answer that breaks its checker costs that answer, and no other.
    return unchecked(`It cannot be checked: ${messageOf(error)}`);
  }
}

/** What the registry says that the enclave's code is measured as. */
function measurementIn({ whenSigned }: RegistryTestimony): ChainHash | null {
  const { entry } = whenSigned;
  const decoded = entry === null ? null : attempt(() => decodeRegistryEntry(entry));
  return decoded !== null && "value" in decoded ? decoded.value.measurementHash : null;
}

/** @param silence why the registry said nothing, as a sentence; `null` where it spoke */
function outcomeIn(
  { summary, meaning, checks }: AnswerReport,
  silence: string | null,
  measurement: ChainHash | null,
): EnclaveOutcome {
  const failed = checks.filter(({ value }) => value === "failed");
  const warned = checks.filter(({ value }) => value === "warning");
  const isRevokedSince = warned.some(({ name }) => name === "codeStillApproved");
  const reasonsOf = (some: AnswerReport["checks"]): readonly string[] => some.map(({ reason }) => reason);
  switch (summary) {
    case "approved":
      return {
        value: "enclaveSigned",
        reason: [meaning, ...reasonsOf(warned)].join(" "),
        checks,
        isRevokedSince,
        measurement,
      };
    case "contradicted":
      return {
        value: "enclaveContradicted",
        reason: reasonsOf(failed).join(" "),
        checks,
        isRevokedSince,
        measurement,
      };
    case "attested":
    case "signed":
    case "unchecked": {
      const open = checks.find(({ value }) => value === "notChecked");
      return {
        value: "enclaveUnchecked",
        reason: silence ?? open?.reason ?? meaning,
        checks,
        isRevokedSince,
        measurement,
      };
    }
  }
}

function unchecked(reason: string): EnclaveOutcome {
  return { value: "enclaveUnchecked", reason, checks: [], isRevokedSince: false, measurement: null };
}
