import { mkdir, rename } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import type { Repository } from "../evidence/repository/repository";
import { bytesThere, checkRoom, fetchFile, removePart, type Wanted } from "../models/hub/download";
import { type HubFile, type HubModel, inspect } from "../models/hub/hub";
import { type HubAccess, refuseCancelled } from "../models/hub/hubRequest";
import { PacedProgress, type Progress } from "../models/hub/progress";
import { chooseVariant } from "../models/hub/variants";
import type { ModelSource } from "../models/modelSource";
import { type Pin, type PinManifest, SIGNATURE_FILE } from "../models/pin/manifest";
import type { PromptFamilyName } from "../models/pin/promptFamilies";
import { readPin } from "../models/pin/readPin";
import type { WalrusBlobId } from "../models/pin/walrusBlob";
import { writePin, writePinFile } from "../models/pin/writePin";
import {
  checkSignature,
  MAX_SIGNATURE_BYTES,
  type SignatureReport,
  type Trust,
} from "../models/signature/signature";
import { type ApprovedModel, type ModelStore, readSignature } from "../models/store/modelStore";
import {
  displacedProposal,
  MAX_MODELS_BYTES,
  type ModelsFile,
  type NamedModel,
  NO_MODELS,
  parseModelsFile,
  pinnedContent,
  withModel,
  writeModelsFile,
} from "../models/store/modelsFile";
import { patiently } from "../platform/durable";
import { ProoflineError } from "../platform/errors";
import type { Digest } from "../platform/primitives";

/** Where a pin goes: this machine's store, and the repository that the person works in, if any. */
export interface PinPlaces {
  readonly store: ModelStore;
  readonly repository: Repository | null;
}

/** What the person decided beyond the source. */
export interface PinChoices {
  readonly name?: string;
  /** A graph, by its name without `.onnx` or its path; needed where there are several. */
  readonly variant?: string;
  readonly family?: PromptFamilyName;
  readonly trust: Trust;
  /** Where files of a folder lie in Walrus, by their paths. */
  readonly blobs?: ReadonlyMap<string, WalrusBlobId>;
  /** Other bytes under a name that the repository pins already are meant. */
  readonly replace: boolean;
}

/** What is done to fetch a model. Nothing has been downloaded yet. */
export interface DownloadPlan {
  readonly name: string;
  readonly source: ModelSource;
  readonly files: readonly PlannedFile[];
  /** Bytes of all files. */
  readonly size: number;
  /** Bytes that are not here yet. */
  readonly toDownload: number;
  readonly licence: string | null;
  readonly signed: boolean;
  /** The model that the repository proposes now and not once this one is pinned, by its name; `null` where none is. */
  readonly displaced: string | null;
  /** The manifest that the bytes must fit, or what to pin them as. */
  readonly pin:
    | { readonly kind: "existing"; readonly manifest: PinManifest; readonly manifestDigest: Digest }
    | { readonly kind: "new"; readonly graph: string };
}

/** The same for a model of the hub. */
export interface HubPlan extends DownloadPlan {
  readonly source: Extract<ModelSource, { kind: "huggingface" }>;
}

export interface PlannedFile {
  /** Path in the model folder. */
  readonly path: string;
  readonly wanted: Wanted;
}

/** A model that was pinned or fetched, and is installed on this machine. */
export interface PinnedModel extends Pin {
  readonly directory: string;
  readonly source: ModelSource;
  readonly signature: SignatureReport;
  /** It was accepted for the repository by pinning it; what the repository's own file names is not, by being fetched. */
  readonly accepted: boolean;
  /** Path of the workspace's file, below the top of its repository; `null` where nothing was written. */
  readonly written: string | null;
}

/**
 * Looks at a repository on the hub and says what pinning it would fetch.
 *
 * @throws ProoflineError `model.differs` where the hub states other bytes than an earlier pin of the same commit
 */
export async function planPin(
  access: HubAccess,
  { store, repository }: PinPlaces,
  source: { readonly repository: string; readonly revision?: string },
  choices: Pick<PinChoices, "name" | "variant">,
  signal?: AbortSignal,
): Promise<HubPlan> {
  const model = await inspect(access, source.repository, source.revision, signal);
  const variant = chooseVariant(model, choices.variant);
  const from = hubSource(model, variant.folder);
  const models = await modelsOf(repository);
  const known = pinnedContent(models, from);
  const files = variant.files.map((file): PlannedFile => {
    const path = below(variant.folder, file.path);
    const pinned = known.get(path);
    if (pinned !== undefined) {
      refuseOtherStatement(file, pinned);
    }
    const stated = pinned === undefined ? file.stated : ({ kind: "sha256", hex: pinned.sha256 } as const);
    return { path, wanted: wantedOf(model, file, stated) };
  });
  const shortName = posix.basename(model.repository);
  const name = choices.name ?? (choices.variant === undefined ? shortName : `${shortName}:${variant.name}`);
  const graph = below(variant.folder, variant.graph);
  const isNamed = models.models.some(
    ({ manifest }) =>
      manifest.name === name &&
      manifest.execution.graph === graph &&
      manifest.files.every(({ path }) => known.has(path)),
  );
  return {
    ...(await sizesOf(store, files)),
    name,
    source: from,
    files,
    licence: model.licence,
    signed: variant.signed,
    displaced: isNamed ? null : displacedProposal(models, name),
    pin: { kind: "new", graph },
  };
}

/**
 * Says what fetching a model that the workspace names would fetch: exactly the pinned bytes.
 *
 * @throws ProoflineError `model.workspace` for a model that came from a folder, `model.differs` where the hub states
 * other bytes than the pin
 */
export async function planFetch(
  access: HubAccess,
  { store }: PinPlaces,
  { source, manifest, manifestDigest }: NamedModel,
  signal?: AbortSignal,
): Promise<HubPlan> {
  if (source.kind === "folder") {
    throw new ProoflineError(
      "model.workspace",
      `${manifest.name} was pinned from a folder, so it cannot be downloaded from anywhere.`,
      "getModelFolder",
    );
  }
  const model = await inspect(access, source.repository, source.commit, signal);
  const byPath = new Map(model.files.map((file) => [below(source.folder, file.path), file]));
  const files = manifest.files.map((pinned): PlannedFile => {
    const { path, size, sha256 } = pinned;
    const file = byPath.get(path);
    if (file === undefined) {
      throw differs(`${path} is not in ${source.repository} at that commit`);
    }
    refuseOtherStatement(file, pinned);
    return { path, wanted: wantedOf(model, { ...file, size }, { kind: "sha256", hex: sha256 }) };
  });
  const signature = byPath.get(SIGNATURE_FILE);
  if (signature !== undefined) {
    files.push({ path: SIGNATURE_FILE, wanted: wantedOf(model, signature, signature.stated) });
  }
  return {
    ...(await sizesOf(store, files)),
    name: manifest.name,
    source,
    files,
    licence: model.licence,
    signed: signature !== undefined,
    displaced: null,
    pin: { kind: "existing", manifest, manifestDigest },
  };
}

/**
 * Downloads what was planned, checks every byte and the signature, and only then puts the model into the store and, if
 * it is new, its pin into the repository, for which it is accepted with that. Whatever fails leaves neither. A model
 * that the repository itself named is installed and no more: whether it counts is another question.
 *
 * @throws ProoflineError with a code that begins with `model.`
 */
export async function applyPlan(
  plan: DownloadPlan,
  access: HubAccess,
  places: PinPlaces,
  choices: Pick<PinChoices, "family" | "trust" | "replace">,
  onProgress: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<PinnedModel> {
  const { store } = places;
  // A signer who was asked for is missed before anything is fetched.
  if (!plan.signed) {
    await checkSignature(null, [], choices.trust);
  }
  return store.staging(async (folder) => {
    await checkRoom(store.partialFolder, plan.toDownload);
    const fetched: { readonly file: string; readonly staged: string }[] = [];
    const progress = new PacedProgress(onProgress);
    try {
      let done = 0;
      // Small files first: what is wrong with a model often shows there.
      for (const { path, wanted } of [...plan.files].sort((a, b) => a.wanted.size - b.wanted.size)) {
        const onBytes = (count: number): void => {
          done += count;
          progress.report({ path, done, total: plan.size });
        };
        const { file } = await fetchFile(access, store.partialFolder, wanted, onBytes, signal);
        fetched.push({ file, staged: join(folder, path) });
      }
    } finally {
      progress.end();
    }
    for (const { file, staged } of fetched) {
      await move(file, staged);
    }
    try {
      const pin = await pinStaged(plan, folder, choices.family);
      const signature = await checkSignature(
        await readSignature(folder, MAX_SIGNATURE_BYTES),
        pin.manifest.files,
        choices.trust,
      );
      refuseCancelled(signal);
      const named: NamedModel = { source: plan.source, ...pin };
      const file = await fileWith(plan, places, named, choices.replace);
      await store.install(folder, pin.manifestDigest);
      await store.approve({ ...record(named, signature), directory: null });
      for (const { wanted } of plan.files) {
        await removePart(store.partialFolder, wanted);
      }
      const written = file === null ? null : await writeModels(places.repository, file);
      const accepted = plan.pin.kind === "new" && (await acceptHere(places, pin.manifestDigest));
      const directory = store.pathOf(pin.manifestDigest);
      return { ...pin, directory, source: plan.source, signature, accepted, written };
    } catch (error) {
      if (isContradiction(error)) {
        for (const { wanted } of plan.files) {
          await removePart(store.partialFolder, wanted);
        }
      } else {
        // The bytes are good, so that nobody has to download them twice.
        for (const { file, staged } of fetched) {
          await move(staged, file).catch(() => {});
        }
      }
      throw error;
    }
  });
}

/** The person named what they pinned and was shown it, so it counts where they pinned it. */
export async function acceptHere({ store, repository }: PinPlaces, manifestDigest: Digest): Promise<boolean> {
  if (repository === null) {
    return false;
  }
  await store.accepted.accept(await repository.ensureIdentity(), manifestDigest);
  return true;
}

/** The models that a repository names; none where it names none. */
export async function modelsOf(repository: Repository | null): Promise<ModelsFile> {
  const bytes = (await repository?.modelsFile(MAX_MODELS_BYTES)) ?? null;
  return bytes === null ? NO_MODELS : parseModelsFile(bytes);
}

export async function writeModels(repository: Repository | null, file: ModelsFile): Promise<string | null> {
  return repository === null ? null : repository.writeModelsFile(writeModelsFile(file));
}

/** The workspace's file with a new pin in it; `null` where the model came from that file. */
async function fileWith(
  { pin }: DownloadPlan,
  { repository }: PinPlaces,
  named: NamedModel,
  replace: boolean,
): Promise<ModelsFile | null> {
  if (pin.kind === "existing") {
    return null;
  }
  return withModel(await modelsOf(repository), named, { replace, proposed: true });
}

/** Writes the pin of a staged folder, or the one that it has to fit. */
async function pinStaged(
  { pin, name }: DownloadPlan,
  folder: string,
  family: PromptFamilyName | undefined,
): Promise<Pin> {
  if (pin.kind === "new") {
    return writePin(folder, { name, graph: pin.graph, ...(family && { family }) });
  }
  await writePinFile(folder, pin.manifest);
  const written = await readPin(folder);
  if (written.manifestDigest !== pin.manifestDigest) {
    throw differs("the pin has another digest");
  }
  return written;
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await patiently(() => rename(from, to));
}

export function record(
  { source, manifest, manifestDigest }: NamedModel,
  signature: SignatureReport,
): Omit<ApprovedModel, "directory"> {
  return { format: "proofline/approved-model/v1", name: manifest.name, manifestDigest, source, signature };
}

function hubSource({ repository, commit }: HubModel, folder: string): HubPlan["source"] {
  return { kind: "huggingface", repository, commit, folder };
}

function wantedOf(
  { repository, commit }: HubModel,
  { path, size }: HubFile,
  stated: Wanted["stated"],
): Wanted {
  return { place: { kind: "repository", repository, commit }, path, size, stated };
}

/**
 * Says what fetching a model from Walrus would fetch: exactly the pinned bytes, from whichever aggregator the person named.
 *
 * @throws ProoflineError `model.workspace` where its pin does not name each file's blob
 */
export async function planWalrusFetch(
  { store }: PinPlaces,
  { source, manifest, manifestDigest }: NamedModel,
): Promise<DownloadPlan> {
  const files = manifest.files.map(({ path, size, sha256, walrus }): PlannedFile => {
    if (walrus === undefined) {
      throw new ProoflineError(
        "model.workspace",
        `The pin of ${manifest.name} does not say where ${path} lies in Walrus.`,
        "getModelFolder",
      );
    }
    const stated = { kind: "sha256", hex: sha256 } as const;
    return { path, wanted: { place: { kind: "walrus", blob: walrus }, path, size, stated } };
  });
  return {
    ...(await sizesOf(store, files)),
    name: manifest.name,
    source,
    files,
    licence: null,
    signed: false,
    displaced: null,
    pin: { kind: "existing", manifest, manifestDigest },
  };
}

async function sizesOf(
  store: ModelStore,
  files: readonly PlannedFile[],
): Promise<{ readonly size: number; readonly toDownload: number }> {
  const size = files.reduce((sum, { wanted }) => sum + wanted.size, 0);
  const there = await Promise.all(files.map(({ wanted }) => bytesThere(store.partialFolder, wanted)));
  return { size, toDownload: size - there.reduce((sum, bytes) => sum + bytes, 0) };
}

/** What the hub itself states to be other bytes than the pin's is not even downloaded. */
function refuseOtherStatement(file: HubFile, { path, size, sha256 }: PinManifest["files"][number]): void {
  const { stated } = file;
  if (file.size === size && (stated.kind !== "sha256" || stated.hex === sha256)) {
    return;
  }
  throw differs(`${path} is stated with another ${file.size === size ? "hash" : "size"} than the pin's`);
}

function isContradiction(error: unknown): boolean {
  return (
    error instanceof ProoflineError && (error.code === "model.differs" || error.code === "model.signature")
  );
}

function below(folder: string, path: string): string {
  return folder !== "" && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}

function differs(what: string): ProoflineError {
  return new ProoflineError(
    "model.differs",
    `The hub does not have the pinned model: ${what}.`,
    "distrustModel",
  );
}
