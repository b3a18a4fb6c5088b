import { attempt } from "../attestation/answerFlaw";
import { type AnswerCheck, check, failed, flawed, notChecked, passed } from "../attestation/answerReport";
import { type AnswerParts, NO_ANSWER } from "./answerParts";
import { decodeRegistryEntry, objectionToEntry } from "./registryEntry";
import type { RegistryState } from "./registryTestimony";

const NOBODY_ASKED = "OpenGradient's chain was not asked.";

/**
 * Whether OpenGradient's registry knows the enclave and approves its code. An entry in the file can contradict the answer;
 * only what the chain itself says counts for it.
 */
export function registryChecks(parts: AnswerParts): readonly AnswerCheck[] {
  const { entry, registry } = parts;
  const objection = objectionTo(parts);
  if (objection !== null) {
    return [
      objection,
      notChecked("enclaveEnabled", "There is no entry of this enclave to look it up in."),
      notChecked("codeApproved", "There is no entry of this enclave that names its code."),
      notChecked("codeStillApproved", "There is no entry of this enclave that names its code."),
    ];
  }
  if (registry === null || entry === null || "flaw" in entry) {
    const isDisabled = entry !== null && "value" in entry && !entry.value.isEnabled;
    return [
      notChecked(
        "registryEntry",
        entry === null ? NOBODY_ASKED : `The entry in the file fits, but ${NOBODY_ASKED}`,
      ),
      isDisabled
        ? failed("enclaveEnabled", "The entry in the file says that the enclave is disabled.")
        : notChecked("enclaveEnabled", NOBODY_ASKED),
      notChecked("codeApproved", NOBODY_ASKED),
      notChecked("codeStillApproved", NOBODY_ASKED),
    ];
  }
  const { witnesses, whenSigned, now } = registry;
  const told = (what: string, block: number): string =>
    `According to ${witnesses}, ${what} at block ${block}.`;
  return [
    passed("registryEntry", told("the registry holds this key as an enclave's", whenSigned.block)),
    check(
      "enclaveEnabled",
      entry.value.isEnabled ? "passed" : "failed",
      told(`the enclave was ${entry.value.isEnabled ? "enabled" : "not enabled"}`, whenSigned.block),
    ),
    check(
      "codeApproved",
      whenSigned.isCodeApproved ? "passed" : "failed",
      told(
        `the registry ${whenSigned.isCodeApproved ? "approved" : "did not approve"} its code`,
        whenSigned.block,
      ),
    ),
    stillApprovedCheck(now, told),
  ];
}

/** Whether the registry stands by the enclave today: it approves its code, and has it enabled. */
function stillApprovedCheck(
  { entry, isCodeApproved, block }: RegistryState,
  told: (what: string, block: number) => string,
): AnswerCheck {
  const decoded = entry === null ? null : attempt(() => decodeRegistryEntry(entry));
  const isEnabled = decoded !== null && "value" in decoded && decoded.value.isEnabled;
  if (!isCodeApproved) {
    return check("codeStillApproved", "warning", told("the registry does not approve its code", block));
  }
  return isEnabled
    ? passed("codeStillApproved", told("the registry approves its code", block))
    : check("codeStillApproved", "warning", told("the registry does not have the enclave enabled", block));
}

/** Why the entry counts for nothing; `null` where nothing speaks against it, or there is none and nobody was asked. */
function objectionTo({ answer, entry, registry, keyBytes }: AnswerParts): AnswerCheck | null {
  if (entry === null) {
    return registry === null
      ? null
      : failed(
          "registryEntry",
          `According to ${registry.witnesses}, the registry knows no such enclave at block ${registry.whenSigned.block}.`,
        );
  }
  if ("flaw" in entry) {
    return flawed("registryEntry", "The entry cannot be read", entry.flaw);
  }
  if ("flaw" in answer) {
    return notChecked("registryEntry", NO_ANSWER);
  }
  const objection = objectionToEntry(entry.value, answer.value.enclave);
  if (objection !== null) {
    return failed("registryEntry", `The entry is not this enclave's: ${objection}.`);
  }
  return keyBytes.equals(entry.value.signingKey)
    ? null
    : failed("registryEntry", "The entry names another key than the one that came with the answer.");
}
