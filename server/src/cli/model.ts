import { resolve } from "node:path";
import { checkModel, digestModel, writePin } from "../inference/pin";
import type { CommandResult } from "./output";

/** `proofline model digest DIR`: what a pin of this folder would say, whether or not there is one. */
export async function modelDigest(directory: string): Promise<CommandResult> {
  const digest = await digestModel(resolve(directory));
  return {
    exitCode: 0,
    json: digest,
    text: [
      `OMS root         ${digest.omsRoot}`,
      `manifest digest  ${digest.manifestDigest ?? "none: the folder has no pin.json"}`,
      ...digest.files.map(({ path, size, sha256 }) => `${sha256}  ${String(size).padStart(11)}  ${path}`),
    ],
  };
}

/** `proofline model check DIR`: reads every byte and compares it with the pin. */
export async function modelCheck(directory: string): Promise<CommandResult> {
  const { manifest, manifestDigest } = await checkModel(resolve(directory));
  return {
    exitCode: 0,
    json: { ok: true, name: manifest.name, omsRoot: manifest.omsRoot, manifestDigest },
    text: [`${manifest.name}: every file is as pinned (manifest digest ${manifestDigest}).`],
  };
}

/** `proofline model pin DIR`: writes the pin of a local model folder, from what lies there now. */
export async function modelPin(directory: string): Promise<CommandResult> {
  const { manifest, manifestDigest } = await writePin(resolve(directory));
  return {
    exitCode: 0,
    json: { name: manifest.name, omsRoot: manifest.omsRoot, manifestDigest },
    text: [`Pinned ${manifest.name}: ${manifest.files.length} files, manifest digest ${manifestDigest}.`],
  };
}
