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
  const { models, devices, environments, enclaveCode, anchors } = file;
  // It stands in sentences of ours, and a policy that asks for no less may change it unasked.
  const name = `policy ${visibleName(file.name)}`;
  return {
    ...builtIn,
    name,
    requirements: {
      listedDevicesOnly: devices !== undefined,
      approvedModelsOnly: models !== undefined,
      approvedEnvironmentsOnly: environments !== undefined,
      rebuiltEnclavesOnly: enclaveCode !== undefined,
      finalizedOnly: anchors.finalized,
      witnesses: anchors.witnesses,
      revokedCodeFails: file.revokedEnclaves === "refuse",
    },
    devices:
      devices === undefined
        ? builtIn.devices
        : { ...builtIn.devices, known: new Set(devices.map(({ address }) => address)) },
    models: {
      ...builtIn.models,
      approved: new Set((models ?? []).map(({ digest }): Digest => digest)),
    },
    environments: new Set((environments ?? []).map(({ digest }) => digest)),
    enclaveCode: new Map((enclaveCode ?? []).map(({ measurement, name: called }) => [measurement, called])),
    chain: file.chain ?? null,
  };
}
