import * as z from "zod";
import { decodeUtf8, parseCanonical, prettyCanonicalJson } from "../../platform/canonicalJson";
import { ProoflineError } from "../../platform/errors";
import { Digest } from "../../platform/primitives";
import { ModelSource } from "../modelSource";
import { manifestDigestOf, PinManifest } from "../pin/manifest";

/** Longer files are not read. */
export const MAX_MODELS_BYTES = 4 * 1024 * 1024;
const MAX_MODELS = 64;

/** One pinned model that a repository names: where its bytes came from, and what they must be. */
export const NamedModel = z
  .strictObject({ source: ModelSource, manifestDigest: Digest, manifest: PinManifest })
  .refine(({ manifest, manifestDigest }) => manifestDigestOf(manifest) === manifestDigest, {
    message: "manifestDigest does not follow from the manifest",
  });
export type NamedModel = z.infer<typeof NamedModel>;

/**
 * `.proofline/models.json`: the models that a team works with, whole pins, so that another machine can fetch or check
 * exactly these bytes. It is a proposal: nothing in it is fetched or loaded before the person at the machine says so.
 */
export const ModelsFile = z
  .strictObject({
    format: z.literal("proofline/models/v1"),
    /** The manifest digest of the model that the repository proposes, one of `models`. */
    default: z.nullable(Digest),
    /** Sorted by name; names and digests are unique. */
    models: z.array(NamedModel).max(MAX_MODELS),
  })
  .superRefine(({ models, default: proposed }, context) => {
    const issue = (message: string) => context.addIssue({ code: "custom", message });
    const names = models.map(({ manifest }) => manifest.name);
    for (let index = 1; index < names.length; index++) {
      if ((names[index - 1] ?? "") >= (names[index] ?? "")) {
        issue(`names are not sorted or repeat ${names[index]}`);
      }
    }
    const digests = new Set(models.map(({ manifestDigest }) => manifestDigest));
    if (digests.size !== models.length) {
      issue("a manifest stands in it twice");
    }
    if (proposed !== null && !digests.has(proposed)) {
      issue("default is not among the models");
    }
  });
export type ModelsFile = z.infer<typeof ModelsFile>;

export const NO_MODELS: ModelsFile = { format: "proofline/models/v1", default: null, models: [] };

/** @throws ProoflineError `model.workspace` with a sentence about the first thing found wrong */
export function parseModelsFile(bytes: Uint8Array): ModelsFile {
  try {
    return parseCanonical(decodeUtf8(bytes), ModelsFile, { maxLength: MAX_MODELS_BYTES });
  } catch (error) {
    if (!(error instanceof ProoflineError)) {
      throw error;
    }
    throw new ProoflineError(
      "model.workspace",
      `.proofline/models.json cannot be used. ${error.reason}`,
      "restoreModelsFile",
      { cause: error },
    );
  }
}

/** The one spelling of the file: RFC 8785 with line breaks and an indentation of two spaces. */
export function writeModelsFile(file: ModelsFile): string {
  return prettyCanonicalJson(ModelsFile.parse(file));
}

/**
 * Adds a pin. A name stands for its bytes: other bytes under it are refused unless `replace` says that they were
 * changed on purpose. One commit of a hub never has two contents: that is refused always. A pin that stands in it
 * already changes no proposal, and one from a folder hides from nobody that a hub has it.
 *
 * @param options.instead the pin of the same folder that this one replaces, if any
 * @throws ProoflineError `model.replace` for the first, `model.differs` for the second
 */
export function withModel(
  file: ModelsFile,
  model: NamedModel,
  {
    replace,
    proposed,
    instead = null,
  }: { readonly replace: boolean; readonly proposed: boolean; readonly instead?: Digest | null },
): ModelsFile {
  const { name } = model.manifest;
  refuseOtherContent(file, model);
  const same = file.models.find(({ manifest }) => manifest.name === name);
  if (same !== undefined && same.manifestDigest !== model.manifestDigest && !replace) {
    throw new ProoflineError(
      "model.replace",
      `.proofline/models.json pins other bytes under the name ${name}: ${differenceOf(same, model)}.`,
      "replacePin",
    );
  }
  const known = file.models.find(({ manifestDigest }) => manifestDigest === model.manifestDigest);
  const source = known !== undefined && model.source.kind === "folder" ? known.source : model.source;
  const isReplaced = (other: NamedModel): boolean =>
    other.manifest.name === name ||
    other.manifestDigest === model.manifestDigest ||
    (other.manifestDigest === instead && other.source.kind === "folder");
  const models = file.models
    .filter((other) => !isReplaced(other))
    .concat({ ...model, source })
    .sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
  const kept = models.some(({ manifestDigest }) => manifestDigest === file.default) ? file.default : null;
  const isNew = proposed && known === undefined;
  return { ...file, models, default: isNew || kept === null ? model.manifestDigest : kept };
}

/** The name of the model that the file proposes and that a new pin of another name displaces; `null` where none is. */
export function displacedProposal({ models, default: proposed }: ModelsFile, name: string): string | null {
  const before = models.find(({ manifestDigest }) => manifestDigest === proposed)?.manifest.name ?? null;
  return before === name ? null : before;
}

/**
 * The bytes that a file of a commit must have because a pin says so, by path in the model folder.
 *
 * @returns an empty map where no pin of that commit and folder is known
 */
export function pinnedContent(
  file: ModelsFile,
  source: ModelSource,
): ReadonlyMap<string, PinManifest["files"][number]> {
  if (source.kind !== "huggingface") {
    return new Map();
  }
  const same = file.models.filter(
    ({ source: other }) => JSON.stringify(order(other)) === JSON.stringify(order(source)),
  );
  return new Map(same.flatMap(({ manifest }) => manifest.files.map((one) => [one.path, one] as const)));
}

export function findModel(file: ModelsFile, nameOrDigest: string): NamedModel {
  // A model may be called like another one's digest.
  const found =
    file.models.find(({ manifestDigest }) => manifestDigest === nameOrDigest) ??
    file.models.find(({ manifest }) => manifest.name === nameOrDigest);
  if (found !== undefined) {
    return found;
  }
  const names = file.models.map(({ manifest }) => manifest.name);
  throw new ProoflineError(
    "model.workspace",
    names.length === 0
      ? "This workspace names no models."
      : `This workspace names no model ${nameOrDigest}; it names ${names.join(", ")}.`,
    "pinMissingModel",
  );
}

function refuseOtherContent(file: ModelsFile, { source, manifest }: NamedModel): void {
  const known = pinnedContent(file, source);
  const other = manifest.files.find(({ path, sha256 }) => (known.get(path)?.sha256 ?? sha256) !== sha256);
  if (other === undefined) {
    return;
  }
  throw new ProoflineError(
    "model.differs",
    `${other.path} differs from the pin of the same commit in .proofline/models.json.`,
    "distrustModel",
  );
}

function differenceOf(before: NamedModel, after: NamedModel): string {
  const known = new Map(before.manifest.files.map(({ path, sha256 }) => [path, sha256]));
  const other = after.manifest.files.find(({ path, sha256 }) => known.get(path) !== sha256);
  return other === undefined ? "the files or the settings are others" : `${other.path} differs`;
}

function order(source: ModelSource): readonly string[] {
  return source.kind === "folder" ? [] : [source.repository, source.commit, source.folder];
}
