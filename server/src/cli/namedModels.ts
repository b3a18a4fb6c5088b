import { readPin } from "../models/pin/readPin";
import { type InstalledModel, ModelStore } from "../models/store/modelStore";
import type { ModelsFile } from "../models/store/modelsFile";
import type { PinPlaces } from "../workflows/pinModel";
import { CommandError } from "./commandError";
import { repositoryHere, type Session } from "./session";

export async function placesOf(session: Session): Promise<PinPlaces> {
  return { store: new ModelStore(session.home), repository: await repositoryHere() };
}

/** The model that a person means by its name, or by the beginning of its digest. */
export async function namedModel(
  { installation }: Session,
  store: ModelStore,
  name: string,
): Promise<InstalledModel | "embedded"> {
  const isMeant = (modelName: string, manifestDigest: string): boolean =>
    modelName === name || (name.length >= 8 && manifestDigest.startsWith(name));
  const { manifest, manifestDigest } = await readPin(installation.modelDirectory);
  const found = [
    ...(isMeant(manifest.name, manifestDigest) ? (["embedded"] as const) : []),
    ...(await store.list()).filter((model) => isMeant(model.name, model.manifestDigest)),
  ];
  const [only] = found;
  if (only !== undefined && found.length === 1) {
    return only;
  }
  throw new CommandError(
    "model.missing",
    found.length === 0 ? `No model ${name} is installed.` : `Several models are called ${name}.`,
    "See `proofline model list`, and name it by the beginning of its digest where names are not enough.",
  );
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
