import { factsDigest } from "../evidence/format/leaf";
import type { ExecutionFacts } from "../inference/suggestion";
import type { Digest } from "../platform/primitives";
import type { CheckName, CheckValue } from "../protocol/verdictWords";
import { visibleName } from "../protocol/visibleText";
import {
  checkDevice,
  checkEnvironment,
  checkModelApproval,
  type KnownModel,
  type Policy,
  WITHOUT_KEY,
} from "./policy";
import { isGoodEnough } from "./summary";

/** What would make a suggestion, before there is one: all that its evidence will name. */
export interface Maker {
  /** The address of the device that would sign it; `WITHOUT_KEY` before there is one. */
  readonly device: string;
  /** The pinned model and what runs it; `null` for an enclave, of which only its answers tell. */
  readonly run: {
    readonly model: KnownModel;
    /** The digest of the environment. */
    readonly environment: Digest;
  } | null;
}

/** @param facts of the engine that runs; `null` where none does, or an enclave is asked */
export function makerOf(device: string, facts: ExecutionFacts | null): Maker {
  return {
    device,
    run: facts === null ? null : { model: facts.model, environment: factsDigest(facts.environment) },
  };
}

/**
 * Why nothing of a maker can become *verified* under the rules, as a sentence; `null` where nothing of what is known speaks against it. A
 * computer without a key is let pass: it gets one with its first batch, and nobody can list it before.
 */
export function makerRefusal(policy: Policy, { device, run }: Maker): string | null {
  return (
    (device === WITHOUT_KEY ? null : deviceRefusal(policy, device)) ??
    (run === null ? null : (modelRefusal(policy, run.model) ?? environmentRefusal(policy, run.environment)))
  );
}

function deviceRefusal(policy: Policy, device: string): string | null {
  const value = checkDevice(policy, device, null);
  return refusalOf(policy, "signature", value, {
    what: `What this computer signs, as the device ${device},`,
    denied: value === "revokedDevice",
    else: "it is not listed. Send that address to whoever keeps the rules",
  });
}

function modelRefusal(policy: Policy, model: KnownModel): string | null {
  const value = checkModelApproval(policy, model, null);
  return refusalOf(policy, "model", value, {
    what: `What the model ${visibleName(model.name)} (pin ${model.manifestDigest.slice(0, 12)}) writes`,
    denied: value === "revoked",
    else: value === "pinOnly" ? "it is not approved" : "it is not accepted for this repository",
  });
}

function environmentRefusal(policy: Policy, environment: Digest): string | null {
  const value = checkEnvironment(policy, environment, null);
  return refusalOf(policy, "environment", value, {
    what: `What this environment (${environment.slice(0, 12)}) runs`,
    denied: value === "declaredRevoked",
    else: "it is not approved",
  });
}

function refusalOf<Name extends CheckName>(
  { name, requirements }: Policy,
  check: Name,
  value: CheckValue<Name>,
  words: { readonly what: string; readonly denied: boolean; readonly else: string },
): string | null {
  return isGoodEnough(check, value, requirements)
    ? null
    : `${words.what} does not count under the ${name}: ${words.denied ? "its authority revoked it" : words.else}.`;
}
