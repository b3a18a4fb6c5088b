import { Subject } from "../chain/authority/subjects";
import { factsDigest } from "../evidence/format/leaf";
import type { ExecutionFacts } from "../inference/suggestion";
import type { Address, Digest } from "../platform/primitives";
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

/** What would make a suggestion and anchor it, before there is one: all that its evidence will name. */
export interface Maker {
  /** The address of the device that would sign it; `WITHOUT_KEY` before there is one. */
  readonly device: string;
  /** The pinned model and what runs it; `null` for an enclave, of which only its answers tell. */
  readonly run: {
    readonly model: KnownModel;
    /** The digest of the environment. */
    readonly environment: Digest;
  } | null;
  readonly chain: AnchoringChain;
}

/** Where batches would be anchored. */
export interface AnchoringChain {
  /** EIP-155. */
  readonly id: number;
  /** That of EAS; `null` where it is known only once the chain runs. */
  readonly contract: Address | null;
  /** Whether it is a developer's own. */
  readonly isLocal: boolean;
}

/** @param facts of the engine that runs; `null` where none does, or an enclave is asked */
export function makerOf(device: string, facts: ExecutionFacts | null, chain: AnchoringChain): Maker {
  return {
    device,
    run: facts === null ? null : { model: facts.model, environment: factsDigest(facts.environment) },
    chain,
  };
}

/** Of what an authority may have said something. */
export function subjectsOf({ device, run }: Maker): readonly Subject[] {
  const named = [
    { kind: "device", id: device },
    ...(run === null
      ? []
      : [
          { kind: "model", id: run.model.manifestDigest },
          { kind: "environment", id: run.environment },
        ]),
  ];
  return named.flatMap((one) => Subject.safeParse(one).data ?? []);
}

/**
 * Why nothing of a maker can become *verified* under the rules, as a sentence; `null` where nothing of what is known speaks against it. A
 * computer without a key is let pass: it gets one with its first batch, and nobody can list it before.
 */
export function makerRefusal(policy: Policy, { device, run, chain }: Maker): string | null {
  return (
    chainRefusal(policy, chain) ??
    (device === WITHOUT_KEY ? null : deviceRefusal(policy, device)) ??
    (run === null ? null : (modelRefusal(policy, run.model) ?? environmentRefusal(policy, run.environment)))
  );
}

function chainRefusal({ name, chain, requirements }: Policy, anchoring: AnchoringChain): string | null {
  const isElsewhere =
    chain !== null &&
    (chain.id !== anchoring.id || (anchoring.contract !== null && chain.contract !== anchoring.contract));
  if (isElsewhere) {
    return `Under the ${name} only anchors of contract ${chain.contract} on chain ${chain.id} count, and here they would be made on ${anchoring.isLocal ? "a chain of this computer" : `chain ${anchoring.id} with contract ${anchoring.contract}`}. Choose that chain, or review the one that the repository proposes.`;
  }
  return anchoring.isLocal && !isGoodEnough("anchorTrust", "local", requirements)
    ? `Under the ${name} anchors take witnesses, and here they would be made on a chain of this computer. Choose a public chain, or review the one that the repository proposes.`
    : null;
}

function deviceRefusal(policy: Policy, device: string): string | null {
  const value = checkDevice(policy, device, null);
  return refusalOf(policy, "signature", value, {
    what: "What this computer signs",
    why:
      value === "revokedDevice"
        ? `the policy's authority revoked its device, ${device}`
        : `its device, ${device}, is neither listed nor enrolled. Send that address to whoever keeps the policy`,
  });
}

function modelRefusal(policy: Policy, model: KnownModel): string | null {
  const value = checkModelApproval(policy, model, null);
  return refusalOf(policy, "model", value, {
    what: `What the model ${visibleName(model.name)} writes`,
    why:
      value === "revoked"
        ? `the policy's authority revoked the model (pin ${model.manifestDigest})`
        : value === "pinOnly"
          ? `its pin, ${model.manifestDigest}, is neither listed nor approved. Choose a model that is, or ask whoever keeps the policy`
          : `its pin, ${model.manifestDigest}, is not accepted for this repository. Proofline: Accept a Model… shows it`,
  });
}

function environmentRefusal(policy: Policy, environment: Digest): string | null {
  const value = checkEnvironment(policy, environment, null);
  return refusalOf(policy, "environment", value, {
    what: "What is made in this computer's environment",
    why:
      value === "declaredRevoked"
        ? `the policy's authority revoked the environment ${environment}`
        : `the environment ${environment} is neither listed nor approved. Ask whoever keeps the policy`,
  });
}

function refusalOf<Name extends CheckName>(
  { name, requirements }: Policy,
  check: Name,
  value: CheckValue<Name>,
  { what, why }: { readonly what: string; readonly why: string },
): string | null {
  return isGoodEnough(check, value, requirements)
    ? null
    : `${what} does not count under the ${name}: ${why}.`;
}
