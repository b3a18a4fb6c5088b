import type { Digest } from "../../platform/primitives";
import { visibleName } from "../../protocol/visibleText";
import type { Policy } from "../policy";
import type { PolicyFile } from "./policyFile";

/**
 * The rules that verdicts are given by where a policy counts: what it lists counts alone, and beside it whom and what this computer
 * knows.
 *
 * @param builtIn the rules without it
 */
export function policyUnder(file: PolicyFile, builtIn: Policy): Policy {
  const { models, devices, environments, enclaveCode, anchors, authority, verifiers } = file;
  const decides = new Set(authority?.decides ?? []);
  // It stands in sentences of ours, and a policy that asks for no less may change it unasked.
  const name = `policy ${visibleName(file.name)}`;
  return {
    ...builtIn,
    name,
    requirements: {
      listedDevicesOnly: devices !== undefined || decides.has("devices"),
      approvedModelsOnly: models !== undefined || decides.has("models"),
      approvedEnvironmentsOnly: environments !== undefined || decides.has("environments"),
      rebuiltEnclavesOnly: enclaveCode !== undefined,
      finalizedOnly: anchors.finalized,
      witnesses: anchors.witnesses,
      revokedCodeFails: file.revokedEnclaves === "refuse",
    },
    devices:
      devices === undefined && !decides.has("devices")
        ? builtIn.devices
        : new Set((devices ?? []).map(({ address }) => address)),
    verifiers: new Map((verifiers ?? []).map(({ address, name: called }) => [address, called])),
    models: {
      ...builtIn.models,
      approved: new Set((models ?? []).map(({ digest }): Digest => digest)),
    },
    environments: new Set((environments ?? []).map(({ digest }) => digest)),
    enclaveCode: new Map((enclaveCode ?? []).map(({ measurement, name: called }) => [measurement, called])),
    chain: file.chain ?? null,
  };
}
