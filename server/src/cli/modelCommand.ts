import { statSync } from "node:fs";
import { resolve } from "node:path";
import { describeSource, parseSource } from "../models/modelSource";
import { checkModel } from "../models/pin/checkModel";
import { digestModel } from "../models/pin/digestModel";
import { noOneGraph } from "../models/pin/planFolder";
import { readPin } from "../models/pin/readPin";
import { checkSignature, describeSignature, MAX_SIGNATURE_BYTES } from "../models/signature/signature";
import { ModelChoices } from "../models/store/modelChoice";
import { type InstalledModel, readSignature } from "../models/store/modelStore";
import { findModel } from "../models/store/modelsFile";
import type { Digest } from "../platform/primitives";
import { type KnownModel, namesakesAmong } from "../policy/policy";
import { megabytes } from "../protocol/byteCount";
import { visibleName, visibleText } from "../protocol/visibleText";
import { installedPins } from "../workflows/installedPins";
import { type FolderPinPlan, pinFolder, planFolderPin } from "../workflows/pinFolder";
import {
  applyPlan,
  type DownloadPlan,
  modelsOf,
  type PinChoices,
  type PinnedModel,
  planFetch,
  planPin,
  planWalrusFetch,
} from "../workflows/pinModel";
import type { Answer } from "./answers";
import { CommandError } from "./commandError";
import {
  askWhetherItCounts,
  describeAcceptance,
  describeModel,
  refuseOtherDigest,
  warningsAbout,
} from "./modelAcceptance";
import {
  type FetchFlags,
  type HubFlags,
  hubAccess,
  type PinFlags,
  pinChoices,
  revisionOf,
  type TrustFlags,
  trustOf,
  walrusAccess,
} from "./modelOptions";
import { namedModel, placesOf, proposedBy } from "./namedModels";
import { type CommandResult, note } from "./output";
import { modelPlacesOf, type Session } from "./session";
import { confirm, interruptible, showingProgress } from "./terminal";

/** `proofline model digest DIR`: what a pin of this folder would say, whether or not there is one. */
export async function modelDigest(directory: string): Promise<CommandResult<Answer<"model digest">>> {
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

/**
 * `proofline model check MODEL`: reads every byte and compares it with the pin, and the signature with the files. Who
 * signed an installed model is remembered.
 */
export async function modelCheck(
  session: Session,
  typed: string,
  flags: TrustFlags,
): Promise<CommandResult<Answer<"model check">>> {
  const folder = resolve(typed);
  const places = await placesOf(session);
  const isThere = statSync(folder, { throwIfNoEntry: false }) !== undefined;
  const named = isThere ? null : await namedModel(session, places, typed);
  const installed = named === "embedded" ? null : named;
  const directory = named === "embedded" ? session.installation.modelDirectory : (named?.path ?? folder);
  const { manifest, manifestDigest } = await checkModel(directory);
  const signature = await checkSignature(
    await readSignature(directory, MAX_SIGNATURE_BYTES),
    manifest.files,
    trustOf(flags),
  );
  if (installed !== null && signature.kind === "verified") {
    const { path: _, storedBytes: __, ...approved } = installed;
    await places.store.approve({ ...approved, signature });
  }
  return {
    exitCode: 0,
    json: { ok: true, name: manifest.name, omsRoot: manifest.omsRoot, manifestDigest, signature },
    text: [
      `${visibleName(manifest.name)}: every file is as pinned (manifest digest ${manifestDigest}).`,
      `Signature: ${describeSignature(signature)}.`,
    ],
  };
}

/** `proofline model pin SOURCE`: pins a local folder as it lies there, or a repository of a hub after asking. */
export async function modelPin(
  session: Session,
  typed: string,
  flags: PinFlags,
): Promise<CommandResult<Answer<"model pin">>> {
  const source = parseSource(typed);
  const choices = pinChoices(flags);
  const places = await placesOf(session);
  if (source.kind === "folder") {
    const plan = await planFolderPin(source.directory, places, choices);
    if (plan.kind === "variants") {
      throw noOneGraph(source.directory, plan.graphs);
    }
    refuseUnpinnedBlobs(plan, choices);
    describeFolder(plan).forEach(note);
    if (flags.yes !== true) {
      await confirm(`Pin ${visibleName(plan.name)}?`, "pinned");
    }
    return pinned(await pinFolder(source.directory, places, choices));
  }
  if (choices.blobs !== undefined) {
    throw new CommandError(
      "usage",
      "A model of a hub is fetched from that hub.",
      "Leave out --walrus, or pin the model from a folder.",
    );
  }
  const access = hubAccess(flags);
  return interruptible(async (signal) => {
    const named = { repository: source.repository, ...revisionOf(flags) };
    const plan = await planPin(access, places, named, choices, signal);
    await agreed(plan, flags);
    return pinned(await showingProgress((tell) => applyPlan(plan, access, places, choices, tell, signal)));
  });
}

/**
 * `proofline model fetch [NAME]`: downloads exactly the bytes that this workspace's `models.json` pins. They count for
 * the repository once the person, who is shown them, says so.
 */
export async function modelFetch(
  session: Session,
  name: string | undefined,
  flags: FetchFlags,
): Promise<CommandResult<Answer<"model fetch">>> {
  const places = await placesOf(session);
  const file = await modelsOf(places.repository);
  const model = findModel(file, name ?? proposedBy(file));
  refuseOtherDigest(flags.accept, model.manifestDigest);
  const trust = trustOf(flags);
  const there = await places.store.find(model.manifestDigest);
  if (there !== null) {
    await checkModel(there.path);
    const accepted = await askWhetherItCounts(session, places, there, flags.accept);
    return {
      exitCode: 0,
      json: { ...summary(there, await pinsHere(session), accepted), fetched: false },
      text: [
        `${visibleName(there.name)} is here already, and every file is as pinned (${there.path}).`,
        describeAcceptance(accepted, there),
      ],
    };
  }
  const { walrusAggregator } = flags;
  const access = walrusAggregator === undefined ? hubAccess(flags) : walrusAccess(walrusAggregator);
  return interruptible(async (signal) => {
    const plan =
      walrusAggregator === undefined
        ? await planFetch(access, places, model, signal)
        : await planWalrusFetch(places, model);
    const { manifestDigest } = model;
    await agreed(plan, flags, [
      `Digest     ${manifestDigest}`,
      ...(await warningsAbout(session, { name: plan.name, manifestDigest })),
    ]);
    const choices = { trust, replace: false };
    const fetched = await showingProgress((tell) => applyPlan(plan, access, places, choices, tell, signal));
    const presented = { ...fetched, name: fetched.manifest.name };
    return pinned({
      ...fetched,
      accepted: await askWhetherItCounts(session, places, presented, flags.accept),
    });
  });
}

/** `proofline model list`: the models of this machine and those that the workspace names, with the room they take. */
export async function modelList(session: Session): Promise<CommandResult<Answer<"model list">>> {
  const { store, repository } = await placesOf(session);
  const [installed, partialBytes, file, embedded, pins] = await Promise.all([
    store.list(),
    store.partialBytes(),
    modelsOf(repository),
    readPin(session.installation.modelDirectory),
    pinsHere(session),
  ]);
  const chosen =
    repository === null ? null : await new ModelChoices(session.home, store).chosen(repository.folder);
  const accepted = repository === null ? null : await store.accepted.of(await repository.identity());
  if (accepted?.problem != null) {
    note(accepted.problem);
  }
  const isAccepted = (digest: Digest): boolean => accepted?.models.has(digest) === true;
  const storedBytes = installed.reduce((sum, model) => sum + model.storedBytes, 0);
  const here = new Set([embedded.manifestDigest, ...installed.map((model) => model.manifestDigest)]);
  const line = (digest: Digest, name: string, ...rest: readonly string[]): string =>
    [
      `${digest === chosen ? "*" : " "} ${digest.slice(0, 12)}`,
      visibleName(name),
      ...rest,
      ...(isAccepted(digest) ? ["accepted here"] : []),
      ...namesakesAmong(pins, { name, manifestDigest: digest }).map(
        (other) => `another ${visibleName(name)} is installed: ${other.slice(0, 12)}`,
      ),
    ].join("  ");
  return {
    exitCode: 0,
    json: {
      embedded: { name: embedded.manifest.name, manifestDigest: embedded.manifestDigest },
      installed: installed.map((model) => summary(model, pins, isAccepted(model.manifestDigest))),
      chosen,
      workspace: {
        default: file.default,
        models: file.models.map(({ manifest: { name }, manifestDigest, source }) => ({
          name,
          manifestDigest,
          source,
          installed: here.has(manifestDigest),
          accepted: isAccepted(manifestDigest),
          namesakes: namesakesAmong(pins, { name, manifestDigest }),
        })),
      },
      storedBytes,
      partialBytes,
    },
    text: [
      "On this machine:",
      line(embedded.manifestDigest, embedded.manifest.name, "embedded"),
      ...installed.map(({ manifestDigest, name, directory, storedBytes: bytes, source, signature }) =>
        line(
          manifestDigest,
          name,
          directory ?? megabytes(bytes),
          describeSource(source),
          describeSignature(signature),
        ),
      ),
      `${megabytes(storedBytes)} in the store, ${megabytes(partialBytes)} of downloads that are not finished.`,
      ...(file.models.length === 0 ? [] : ["Named by this workspace:"]),
      ...file.models.map(({ manifest, manifestDigest, source }) =>
        line(
          manifestDigest,
          manifest.name,
          here.has(manifestDigest) ? "here" : "not here",
          describeSource(source),
          ...(manifestDigest === file.default ? ["proposed"] : []),
        ),
      ),
    ],
  };
}

/**
 * `proofline model use NAME`: chooses an installed model for this repository, on this machine alone. Who uses a model
 * accepts it.
 */
export async function modelUse(
  session: Session,
  name: string | undefined,
): Promise<CommandResult<Answer<"model use">>> {
  const places = await placesOf(session);
  const { store, repository } = places;
  if (repository === null) {
    throw new CommandError(
      "repository",
      "A model is chosen for a repository, and this folder is not in one.",
      "Change to the repository's folder, or give --model with every command.",
    );
  }
  const choices = new ModelChoices(session.home, store);
  if (name === undefined) {
    await choices.choose(repository.folder, null);
    return { exitCode: 0, json: { chosen: null }, text: ["This repository uses the model of the settings."] };
  }
  const model = await namedModel(session, places, name);
  if (model === "embedded") {
    await choices.choose(repository.folder, null);
    return {
      exitCode: 0,
      json: { chosen: null },
      text: [
        "This repository uses the model that comes with Proofline again, unless the settings name another.",
      ],
    };
  }
  await store.accepted.accept(await repository.ensureIdentity(), model.manifestDigest);
  await choices.choose(repository.folder, model.manifestDigest);
  return {
    exitCode: 0,
    json: { chosen: model.manifestDigest },
    text: [
      ...describeModel(model),
      ...(await warningsAbout(session, model)),
      "This repository uses it, on this machine.",
      describeAcceptance(true, model),
    ],
  };
}

/** `proofline model remove NAME`: deletes a model, or unfinished downloads. */
export async function modelRemove(
  session: Session,
  name: string | undefined,
  { partial }: { readonly partial: boolean },
): Promise<CommandResult<Answer<"model remove">>> {
  const places = await placesOf(session);
  const { store } = places;
  if (!partial && name === undefined) {
    throw new CommandError("usage", "The model is missing.", "Name it, or give --partial.");
  }
  const freed = partial ? await store.partialBytes() : 0;
  if (partial) {
    await store.removePartial();
  }
  const model = name === undefined ? null : await namedModel(session, places, name);
  if (model === "embedded") {
    throw new CommandError(
      "usage",
      `${name} comes with Proofline, and is not removed.`,
      "To use another model in a repository, run `proofline model use` with its name.",
    );
  }
  if (model !== null) {
    await store.remove(model);
  }
  const bytes = freed + (model?.storedBytes ?? 0);
  return {
    exitCode: 0,
    json: { removed: model?.manifestDigest ?? null, bytes },
    text: [
      ...(model === null ? [] : [`${visibleName(model.name)} is no longer approved on this machine.`]),
      ...(model?.directory == null ? [] : [`Its folder ${model.directory} stays.`]),
      `${megabytes(bytes)} were freed.`,
    ],
  };
}

/** Shows what would be downloaded, and asks unless --yes says so already. */
async function agreed(plan: DownloadPlan, { yes }: HubFlags, more: readonly string[] = []): Promise<void> {
  [...describePlan(plan), ...more].forEach(note);
  if (yes !== true) {
    await confirm(`Download ${megabytes(plan.toDownload)}?`, "downloaded");
  }
}

/** Places in Walrus that are none of a pinned file would be lost without a word. */
function refuseUnpinnedBlobs({ files }: FolderPinPlan, { blobs }: PinChoices): void {
  const pinnedPaths = new Set(files.map(({ path }) => path));
  const other = [...(blobs?.keys() ?? [])].find((path) => !pinnedPaths.has(path));
  if (other !== undefined) {
    throw new CommandError(
      "usage",
      `${JSON.stringify(other)} is none of the files that would be pinned.`,
      `Name these with --walrus: ${[...pinnedPaths].map((path) => visibleText(path)).join(", ")}.`,
    );
  }
}

/** What a person is shown of a folder before it is pinned and so counts. */
function describeFolder({ name, known, displaced, files, signed }: FolderPinPlan): string[] {
  return [
    `Model      ${visibleText(name)}`,
    ...(known === null
      ? []
      : [
          `Pin        ${known.manifestDigest}, ${known.from === "workspace" ? "which this workspace names for these very files" : "as the folder's pin.json has it for these very files"}`,
        ]),
    `Signature  ${signed ? "model.sig is there" : "none"}`,
    ...proposalLine(name, displaced),
    ...files.map(fileLine),
  ];
}

/** Says that the workspace's proposal changes, where it does. */
function proposalLine(name: string, displaced: string | null): string[] {
  return displaced === null
    ? []
    : [`Proposal   this workspace proposes ${visibleName(displaced)} now, and then ${visibleName(name)}`];
}

/** The longest licence, in UTF-16 code units: what a hub states stays within the line that names it. */
const LICENCE_LIMIT = 80;

/** What a person consents to. What a hub states is a value within a line, and can look like none. */
function describePlan(plan: DownloadPlan): string[] {
  const { name, source, files, licence, signed, displaced, size, toDownload } = plan;
  return [
    `${visibleName(name)}: ${visibleText(describeSource(source))}`,
    ...(source.kind === "huggingface" ? [`Commit     ${source.commit}`] : []),
    `Licence    ${licence === null ? "none is stated" : visibleText(licence, LICENCE_LIMIT)}`,
    `Signature  ${signed ? "model.sig is there" : "none"}`,
    ...proposalLine(name, displaced),
    ...files.map(({ path, wanted }) => fileLine({ path, size: wanted.size })),
    `${megabytes(size).padStart(10)}  in all, ${megabytes(toDownload)} of it to download`,
  ];
}

function fileLine({ path, size }: { readonly path: string; readonly size: number }): string {
  return `${megabytes(size).padStart(10)}  ${visibleText(path)}`;
}

function pinned({
  manifest,
  manifestDigest,
  directory,
  source,
  signature,
  accepted,
  written,
}: PinnedModel): CommandResult<Answer<"model pin">> {
  return {
    exitCode: 0,
    json: {
      name: manifest.name,
      omsRoot: manifest.omsRoot,
      manifestDigest,
      directory,
      source,
      signature,
      family: manifest.prompt.family,
      accepted,
      written,
    },
    text: [
      `Pinned ${visibleName(manifest.name)}: ${manifest.files.length} files, manifest digest ${manifestDigest}.`,
      `It is in ${directory}. Prompt family: ${manifest.prompt.family}.`,
      `Source: ${describeSource(source)}. Signature: ${describeSignature(signature)}.`,
      ...(written === null ? [] : [`The pin is in ${written}.`]),
      describeAcceptance(accepted, { name: manifest.name, manifestDigest }),
    ],
  };
}

function summary(model: InstalledModel, pins: readonly KnownModel[], accepted: boolean) {
  const { name, manifestDigest, source, path, signature, storedBytes } = model;
  const namesakes = namesakesAmong(pins, { name, manifestDigest });
  return { name, manifestDigest, source, directory: path, signature, storedBytes, accepted, namesakes };
}

async function pinsHere(session: Session): Promise<readonly KnownModel[]> {
  return [...(await installedPins(modelPlacesOf(session))).values()];
}
