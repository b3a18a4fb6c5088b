import { readPin } from "../models/pin/readPin";
import { type InstalledModel, ModelStore } from "../models/store/modelStore";
import type { ModelsFile, NamedModel } from "../models/store/modelsFile";
import { unreachable } from "../platform/errors";
import { modelsOf, type PinPlaces } from "../workflows/pinModel";
import { CommandError } from "./commandError";
import { COMMAND_REMEDIES } from "./commandRemedies";
import { repositoryHere, type Session } from "./session";

export async function placesOf(session: Session): Promise<PinPlaces> {
  return { store: new ModelStore(session.home), repository: await repositoryHere() };
}

/** Fewer digits of a digest name no model: names of files and people are often that short. */
const FEWEST_DIGITS = 8;

/**
 * The model that a person means by its name, or by the beginning of its digest.
 *
 * @throws CommandError `model.missing` where none is installed, or several are meant
 */
export async function namedModel(
  { installation }: Session,
  { store, repository }: PinPlaces,
  name: string,
): Promise<InstalledModel | "embedded"> {
  const isMeant = (modelName: string, manifestDigest: string): boolean =>
    modelName === name || (name.length >= FEWEST_DIGITS && manifestDigest.startsWith(name));
  const { manifest, manifestDigest } = await readPin(installation.modelDirectory);
  const found = [
    ...(isMeant(manifest.name, manifestDigest) ? (["embedded"] as const) : []),
    ...(await store.list()).filter((model) => isMeant(model.name, model.manifestDigest)),
  ];
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    return only;
  }
  if (only !== undefined) {
    throw new CommandError(
      "model.missing",
      `Several models are called ${name}.`,
      "See `proofline model list`, and name it by the beginning of its digest.",
    );
  }
  const { models } = await modelsOf(repository);
  const proposed = models.find((model) => isMeant(model.manifest.name, model.manifestDigest));
  throw proposed === undefined ? notInstalled(name) : notFetched(proposed);
}

function notInstalled(name: string): CommandError {
  const isShort = /^[0-9a-f]+$/.test(name) && name.length < FEWEST_DIGITS;
  return new CommandError(
    "model.missing",
    `No model ${name} is installed.`,
    isShort
      ? `A digest is named by at least ${FEWEST_DIGITS} of its first digits; see \`proofline model list\`.`
      : "See `proofline model list` for those that are.",
  );
}

/** What a workspace names is a fetch or a folder away. */
function notFetched({ manifest: { name }, manifestDigest, source }: NamedModel): CommandError {
  switch (source.kind) {
    case "huggingface":
      return new CommandError(
        "model.missing",
        `This workspace names the model ${name}, but it is not installed on this machine.`,
        `Run \`proofline model fetch ${manifestDigest}\`, which downloads it.`,
      );
    case "folder":
      return new CommandError(
        "model.missing",
        `This workspace names the model ${name}, but it is not installed on this machine, and was pinned from a folder.`,
        COMMAND_REMEDIES.getModelFolder,
      );
    default:
      return unreachable(source);
  }
}

/** The digest of the model that a workspace proposes, or of its only one. */
export function proposedBy({ default: proposed, models }: ModelsFile): string {
  const [only, ...others] = models;
  if (proposed !== null) {
    return proposed;
  }
  if (only !== undefined && others.length === 0) {
    return only.manifestDigest;
  }
  throw new CommandError(
    "usage",
    models.length === 0
      ? "This workspace names no models."
      : "This workspace does not say which of its models to use.",
    models.length === 0 ? "Pin one with `proofline model pin`." : "Name one; see `proofline model list`.",
  );
}
