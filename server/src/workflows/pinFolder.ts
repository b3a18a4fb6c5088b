import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { refuseCancelled } from "../models/hub/hubRequest";
import { digestFiles } from "../models/pin/digestModel";
import { PIN_FILE, type Pin, type PinnedFile } from "../models/pin/manifest";
import { type FolderPlan, noOneGraph, planFolder } from "../models/pin/planFolder";
import { readPin } from "../models/pin/readPin";
import type { WalrusBlobId } from "../models/pin/walrusBlob";
import { withBlobs, writePin, writePinFile } from "../models/pin/writePin";
import { checkSignature, MAX_SIGNATURE_BYTES } from "../models/signature/signature";
import { readSignature } from "../models/store/modelStore";
import { displacedProposal, type ModelsFile, type NamedModel, withModel } from "../models/store/modelsFile";
import { removeIfThere, writeWhole } from "../platform/durable";
import { ProoflineError } from "../platform/errors";
import {
  acceptHere,
  modelsOf,
  type PinChoices,
  type PinnedModel,
  type PinPlaces,
  record,
  writeModels,
} from "./pinModel";

/** What is done to pin a folder. Nothing has been written yet. */
export interface FolderPinPlan extends Pick<FolderPlan, "files" | "signed"> {
  readonly kind: "plan";
  readonly name: string;
  /** The pin that these very files have already, and get again; `null` where they get a new one. */
  readonly known: KnownPin | null;
  /** The model that the repository proposes now and not once this one is pinned, by its name; `null` where none is. */
  readonly displaced: string | null;
}

interface KnownPin extends Pin {
  /** Who has it: the repository that names it, or the folder's own `pin.json`. */
  readonly from: "workspace" | "folder";
}

type FolderChoices = Pick<PinChoices, "name" | "variant" | "family" | "blobs" | "replace">;

/** The pins that a folder's files may have already. */
interface Candidates {
  readonly models: ModelsFile;
  /** The folder's pin as it lies there, whether or not its files are as pinned; `null` without one that can be read. */
  readonly own: Pin | null;
}

/**
 * Looks at a model folder and says what pinning it would pin, and as what, or which graphs it has where a person must
 * choose one. Files are hashed where their sizes are those of a known pin.
 *
 * @throws ProoflineError `model.file` or `model.pin`, as `pinFolder` does
 */
export async function planFolderPin(
  directory: string,
  { repository }: Pick<PinPlaces, "repository">,
  choices: FolderChoices,
): Promise<FolderPinPlan | { readonly kind: "variants"; readonly graphs: readonly string[] }> {
  const candidates = await candidatesOf(directory, repository);
  const { graph, graphs, files, signed } = await planOf(directory, choices, candidates);
  if (graph === null) {
    return { kind: "variants", graphs };
  }
  const paths = files.map(({ path }) => path);
  const isSized = pinsIn(candidates).some(({ manifest }) => isSame(manifest.files, files, ["path", "size"]));
  const known = isSized
    ? knownPin(graph, withBlobs(await digestFiles(directory, paths), blobsOf(choices)), choices, candidates)
    : null;
  const name = known?.manifest.name ?? choices.name ?? basename(directory);
  const displaced = known?.from === "workspace" ? null : displacedProposal(candidates.models, name);
  return { kind: "plan", files, signed, name, known, displaced };
}

/**
 * Pins a local model folder as it lies there, accepts it for the repository, and writes the pin into that. The very
 * files of a model that the repository names get the pin that it names, and files that have a pin keep it, unless the
 * person names another. A failure leaves the folder's earlier pin as it was, and so does whoever cancels before it is
 * done.
 */
export async function pinFolder(
  directory: string,
  places: PinPlaces,
  { trust, ...choices }: PinChoices,
  signal?: AbortSignal,
): Promise<PinnedModel> {
  const before = await readFile(join(directory, PIN_FILE)).catch(() => null);
  const candidates = await candidatesOf(directory, places.repository);
  const earlier = (await places.store.list()).find((model) => model.directory === directory);
  try {
    const { name, family, blobs, replace } = choices;
    const { graph, graphs } = await planOf(directory, choices, candidates);
    if (graph === null) {
      throw noOneGraph(directory, graphs);
    }
    const fresh = await writePin(directory, {
      graph,
      ...(name !== undefined && { name }),
      ...(family !== undefined && { family }),
      ...(blobs !== undefined && { blobs }),
    });
    const known = knownPin(graph, fresh.manifest.files, choices, candidates);
    if (known !== null) {
      await writePinFile(directory, known.manifest);
    }
    const { manifest, manifestDigest } = known ?? fresh;
    if (earlier !== undefined && earlier.name !== manifest.name && !replace) {
      throw new ProoflineError(
        "model.replace",
        `${directory} is pinned as ${earlier.name} already, and a folder has one pin.`,
        "pinCopy",
      );
    }
    const signature = await checkSignature(
      await readSignature(directory, MAX_SIGNATURE_BYTES),
      manifest.files,
      trust,
    );
    refuseCancelled(signal);
    const named: NamedModel = { source: { kind: "folder" }, manifest, manifestDigest };
    const instead = replace ? (earlier?.manifestDigest ?? null) : null;
    const file = withModel(candidates.models, named, { replace, proposed: true, instead });
    await places.store.approve({ ...record(named, signature), directory });
    if (earlier !== undefined && earlier.manifestDigest !== manifestDigest) {
      await places.store.remove(earlier);
    }
    const written = await writeModels(places.repository, file);
    const accepted = await acceptHere(places, manifestDigest);
    return { manifest, manifestDigest, directory, source: named.source, signature, accepted, written };
  } catch (error) {
    if (before === null) {
      // What went wrong before is what the person is told.
      await removeIfThere(join(directory, PIN_FILE)).catch(() => {});
    } else {
      await writeWhole(join(directory, PIN_FILE), before);
    }
    throw error;
  }
}

async function candidatesOf(directory: string, repository: PinPlaces["repository"]): Promise<Candidates> {
  return { models: await modelsOf(repository), own: await readPin(directory).catch(() => null) };
}

function pinsIn({ models, own }: Candidates): readonly Pin[] {
  return own === null ? models.models : [own, ...models.models];
}

/** The folder with the graph that a person named, its only one, or where neither is, that of a pin it could have. */
async function planOf(
  directory: string,
  { variant }: FolderChoices,
  candidates: Candidates,
): Promise<FolderPlan> {
  const plan = await planFolder(directory, variant ?? null);
  const graphs = pinsIn(candidates).map(({ manifest }) => manifest.execution.graph);
  for (const graph of plan.graph === null ? new Set(graphs) : []) {
    if (plan.graphs.includes(graph)) {
      const known = await planFolder(directory, graph);
      if (pinsIn(candidates).some(({ manifest }) => isSame(manifest.files, known.files, ["path", "size"]))) {
        return known;
      }
    }
  }
  return plan;
}

/**
 * The pin that files have already and that fits what the person chose: one that the repository names before the folder's
 * own, unless that is to replace it, and of several the folder's own, or the proposed one.
 */
function knownPin(
  graph: string,
  files: readonly PinnedFile[],
  { name, family, blobs, replace }: FolderChoices,
  { models, own }: Candidates,
): KnownPin | null {
  const same = ["path", "size", "sha256", ...(blobs === undefined ? [] : (["walrus"] as const))] as const;
  const fits = ({ manifest }: Pin): boolean =>
    manifest.execution.graph === graph &&
    isSame(manifest.files, files, same) &&
    (name ?? manifest.name) === manifest.name &&
    (family ?? manifest.prompt.family) === manifest.prompt.family;
  const named = models.models.filter(fits);
  const first =
    named.find(({ manifestDigest }) => manifestDigest === own?.manifestDigest) ??
    named.find(({ manifestDigest }) => manifestDigest === models.default) ??
    named[0];
  const isOwn = own !== null && fits(own);
  if (first !== undefined && !(isOwn && replace && first.manifestDigest !== own.manifestDigest)) {
    const { manifest, manifestDigest } = first;
    return { from: "workspace", manifest, manifestDigest };
  }
  return isOwn ? { from: "folder", ...own } : null;
}

function blobsOf({ blobs }: FolderChoices): ReadonlyMap<string, WalrusBlobId> {
  return blobs ?? new Map();
}

function isSame<Key extends keyof PinnedFile>(
  some: readonly Pick<PinnedFile, Key>[],
  others: readonly Pick<PinnedFile, Key>[],
  keys: readonly Key[],
): boolean {
  return (
    some.length === others.length &&
    some.every((file, index) => keys.every((key) => file[key] === others[index]?.[key]))
  );
}
