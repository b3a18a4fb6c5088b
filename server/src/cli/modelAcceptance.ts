/** Which models count for a repository: what a person is shown of them, and what they say. */
import type { Repository } from "../evidence/repository/repository";
import { describeSource, type ModelSource } from "../models/modelSource";
import { readPin } from "../models/pin/readPin";
import { describeSignature, type SignatureReport } from "../models/signature/signature";
import { ModelChoices } from "../models/store/modelChoice";
import { Digest } from "../platform/primitives";
import { namesakesAmong } from "../policy/policy";
import { visibleName, visibleText } from "../protocol/visibleText";
import { installedPins } from "../workflows/installedPins";
import { modelsOf, type PinPlaces } from "../workflows/pinModel";
import type { Answer } from "./answers";
import { CommandError } from "./commandError";
import { namedModel, placesOf, proposedBy } from "./namedModels";
import { type CommandResult, note } from "./output";
import { modelPlacesOf, type Session } from "./session";
import { agrees, confirmAcceptance } from "./terminal";

/** What a person is shown of a model before it counts. */
export interface PresentedModel {
  readonly name: string;
  readonly manifestDigest: Digest;
  readonly source: ModelSource;
  readonly signature: SignatureReport;
}

export function describeModel({ name, manifestDigest, source, signature }: PresentedModel): string[] {
  return [
    `Model      ${visibleText(name)}`,
    `Source     ${visibleText(describeSource(source))}`,
    `Signature  ${visibleText(describeSignature(signature))}`,
    `Digest     ${manifestDigest}`,
  ];
}

/** A warning for each model that is installed here under the same name with another pin. */
export async function warningsAbout(
  session: Session,
  model: Pick<PresentedModel, "name" | "manifestDigest">,
): Promise<string[]> {
  const pins = await installedPins(modelPlacesOf(session));
  return namesakesAmong(pins.values(), model).map(
    (digest) =>
      `Beware: the model ${visibleName(model.name)} that is installed here is another one, ${digest}.`,
  );
}

/** Whether a model counts for a repository already. */
async function countsFor(
  session: Session,
  { store, repository }: PinPlaces,
  manifestDigest: Digest,
): Promise<boolean> {
  const pins = await installedPins(modelPlacesOf(session));
  if (pins.get(manifestDigest)?.everywhere === true) {
    return true;
  }
  return (
    repository !== null && (await store.accepted.of(await repository.identity())).models.has(manifestDigest)
  );
}

/**
 * Whether an installed model counts for the repository that names it: because it did before, or because the person, who is
 * shown it, says so now.
 *
 * @param typed the digest that they gave beforehand, if any
 */
export async function askWhetherItCounts(
  session: Session,
  places: PinPlaces,
  model: PresentedModel,
  typed: string | undefined,
): Promise<boolean> {
  const { store, repository } = places;
  if (repository === null || (await countsFor(session, places, model.manifestDigest))) {
    return repository !== null;
  }
  [...describeModel(model), ...(await warningsAbout(session, model))].forEach(note);
  const isAccepted = typed === model.manifestDigest || (await agrees(questionAbout(model))) === true;
  if (isAccepted) {
    await store.accepted.accept(await repository.ensureIdentity(), model.manifestDigest);
  }
  return isAccepted;
}

/** What follows for a repository, as a line. */
export function describeAcceptance(
  isAccepted: boolean,
  { name, manifestDigest }: Pick<PresentedModel, "name" | "manifestDigest">,
): string {
  return isAccepted
    ? `${visibleName(name)} counts for this repository, on this machine.`
    : `${visibleName(name)} does not count for this repository. To accept it, run \`proofline model accept ${manifestDigest}\`.`;
}

/** @throws CommandError `usage` for anything but the model's whole digest */
export function refuseOtherDigest(typed: string | undefined, manifestDigest: Digest): void {
  if (typed === undefined || typed === manifestDigest) {
    return;
  }
  throw new CommandError(
    "usage",
    Digest.safeParse(typed).success
      ? `The workspace's model has the manifest digest ${manifestDigest}, not the one that was accepted, ${typed}.`
      : `--accept takes a whole manifest digest, and ${typed} is none.`,
    "Get the digest from somebody whom you trust, not from this repository, and compare.",
  );
}

/** `proofline model accept [NAME|DIGEST]`: lets an installed model count for this repository, after it was shown. */
export async function modelAccept(
  session: Session,
  typed: string | undefined,
): Promise<CommandResult<Answer<"model accept">>> {
  const places = await placesWithRepository(session);
  const { store, repository } = places;
  const model = await namedModel(session, places, typed ?? proposedBy(await modelsOf(repository)));
  if (model === "embedded") {
    const { manifest, manifestDigest } = await readPin(session.installation.modelDirectory);
    return {
      exitCode: 0,
      json: { manifestDigest, accepted: true },
      text: [`${visibleName(manifest.name)} comes with Proofline, and counts for every repository.`],
    };
  }
  const { manifestDigest } = model;
  [...describeModel(model), ...(await warningsAbout(session, model))].forEach(note);
  if (typed !== manifestDigest) {
    await confirmAcceptance(
      questionAbout(model),
      "Compare what is shown, then give the whole manifest digest in place of the name.",
      "model.cancelled",
    );
  }
  await store.accepted.accept(await repository.ensureIdentity(), manifestDigest);
  return {
    exitCode: 0,
    json: { manifestDigest, accepted: true },
    text: [describeAcceptance(true, model)],
  };
}

/** `proofline model reject NAME|DIGEST`: a model no longer counts for this repository, and is no longer used in it. */
export async function modelReject(
  session: Session,
  typed: string,
): Promise<CommandResult<Answer<"model reject">>> {
  const places = await placesWithRepository(session);
  const { store, repository } = places;
  const digest = Digest.safeParse(typed);
  const model = digest.success ? { manifestDigest: digest.data } : await namedModel(session, places, typed);
  if (model === "embedded") {
    throw new CommandError(
      "usage",
      `${visibleName(typed)} comes with Proofline, and counts for every repository.`,
      "To use another model in a repository, run `proofline model use` with its name.",
    );
  }
  const { manifestDigest } = model;
  await store.accepted.reject(repository, manifestDigest);
  const choices = new ModelChoices(session.home, store);
  const isChosen = (await choices.chosen(repository.folder)) === manifestDigest;
  if (isChosen) {
    await choices.choose(repository.folder, null);
  }
  return {
    exitCode: 0,
    json: { manifestDigest, accepted: false },
    text: [
      `${visibleName(typed)} does not count for this repository.`,
      ...(isChosen ? ["It was used here; this repository uses the model of the settings again."] : []),
    ],
  };
}

function questionAbout({ name }: Pick<PresentedModel, "name">): string {
  return `Let ${visibleName(name)} count for this repository?`;
}

async function placesWithRepository(
  session: Session,
): Promise<PinPlaces & { readonly repository: Repository }> {
  const { store, repository } = await placesOf(session);
  if (repository !== null) {
    return { store, repository };
  }
  throw new CommandError(
    "repository",
    "A model counts for a repository, and this folder is not in one.",
    "Change to the repository's folder.",
  );
}
