import type { ModelSource } from "../../models/modelSource";
import type { PinManifest } from "../../models/pin/manifest";
import { canonicalJson } from "../../platform/canonicalJson";
import { compareText } from "../../platform/compareText";
import { sha256Digest } from "../../platform/digests";
import { unreachable } from "../../platform/errors";
import { groupBy } from "../../platform/groupBy";
import { nameUuid } from "../../platform/nameUuid";
import type { Digest } from "../../platform/primitives";
import { rfc3339 } from "../../platform/rfc3339";
import { SUMMARIES } from "../../protocol/verdictWords";
import type { Verdict } from "../verdict";
import type { Bom, ModelComponent, Property } from "./bom";
import { isBelieved } from "./standingSuggestion";

/** A pin that is installed here. */
export interface InstalledManifest {
  readonly manifest: PinManifest;
  /** Where its bytes came from, as was said when it was pinned; `null` for a model that came with Proofline or is named by a folder. */
  readonly source: ModelSource | null;
}

export interface BomParameters {
  /** Its folder's name. */
  readonly repository: string;
  /** What is checked out. */
  readonly commit: string | null;
  readonly verdicts: readonly Verdict[];
  /** Installed pins by their digests. */
  readonly pins: ReadonlyMap<Digest, InstalledManifest>;
  /** Of Proofline. */
  readonly version: string;
  /** Seconds since 1970. */
  readonly made: number;
}

const REPOSITORY = "repository";

/** The models of the suggestions that stand in a repository today. The same state has the same serial number. */
export function bomOf({ repository, commit, verdicts, pins, version, made }: BomParameters): Bom {
  const believed = verdicts.filter(isBelieved);
  const models = [...groupBy(believed, modelRef)].sort(([a], [b]) => compareText(a, b));
  const said = {
    components: models.flatMap(([ref, uses]) => componentOf(ref, uses, pins)),
    // Whatever else is in a repository, other models among it, nobody can tell from evidence.
    compositions: [{ aggregate: "incomplete" as const, assemblies: [REPOSITORY] }],
  };
  const about = {
    tools: { components: [{ type: "application" as const, name: "proofline" as const, version }] },
    component: {
      "bom-ref": REPOSITORY,
      type: "application" as const,
      name: repository,
      ...(commit !== null && { version: commit }),
    },
    properties: [
      property("scope", "models of accepted suggestions that stand in the repository and have evidence"),
      property("suggestions:notBelieved", verdicts.length - believed.length),
    ],
  };
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.7.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.7",
    serialNumber: `urn:uuid:${nameUuid(`urn:proofline:bom:${sha256Digest(canonicalJson({ about, said }))}`)}`,
    version: 1,
    metadata: { timestamp: rfc3339(made) ?? "1970-01-01T00:00:00Z", ...about },
    ...said,
  };
}

/** What a model is known by: its pin's digest, or, without one, what the evidence calls it. */
function modelRef({ findings: { model, execution } }: Verdict): string {
  return model.manifestDigest === null
    ? `${execution.kind}:${sha256Digest(JSON.stringify([model.told, model.tool ?? ""])).slice(0, 16)}`
    : `model:${model.manifestDigest}`;
}

function componentOf(
  ref: string,
  uses: readonly Verdict[],
  pins: ReadonlyMap<Digest, InstalledManifest>,
): ModelComponent[] {
  const [first] = uses;
  if (first === undefined) {
    return [];
  }
  const { kind } = first.findings.execution;
  const { manifestDigest, omsRoot, told, tool } = first.findings.model;
  const properties = [
    property("kind", kind),
    ...(tool === undefined ? [] : [property("tool", tool)]),
    ...usesOf(uses),
  ];
  const common = { "bom-ref": ref, type: "machine-learning-model" as const };
  switch (kind) {
    case "attested":
    case "stated":
      return [
        {
          ...common,
          name: told === "" ? "unknown" : told,
          description:
            kind === "attested"
              ? "A model behind an enclave, by the name that was asked for. Nobody can check which weights answered."
              : "A model that another tool is said to have used. Nobody can check that.",
          properties,
        },
      ];
    case "replayable": {
      if (manifestDigest === null) {
        return [];
      }
      const pinned = pins.get(manifestDigest);
      const known = [
        ...properties,
        property("manifestDigest", manifestDigest),
        ...(omsRoot === null ? [] : [property("omsRoot", omsRoot)]),
      ];
      return pinned === undefined
        ? [
            {
              ...common,
              name: `sha256:${manifestDigest}`,
              version: manifestDigest,
              description:
                "Pinned weights whose pin is not installed where this was made: the digest of the pin is all that is known.",
              properties: known,
            },
          ]
        : [pinnedComponent(common, pinned, manifestDigest, known)];
    }
    default:
      return unreachable(kind);
  }
}

function pinnedComponent(
  common: Pick<ModelComponent, "bom-ref" | "type">,
  { manifest, source }: InstalledManifest,
  manifestDigest: Digest,
  properties: Property[],
): ModelComponent {
  const text = [{ format: "string" as const }];
  return {
    ...common,
    name: manifest.name,
    version: manifestDigest,
    description: "Pinned weights: every file has the size and the digest that its pin says.",
    modelCard: { modelParameters: { task: "text-generation", inputs: text, outputs: text } },
    ...referenceTo(source),
    components: manifest.files.map(({ path, size, sha256, walrus }) => ({
      "bom-ref": `${common["bom-ref"]}/${path}`,
      type: "file",
      name: path,
      hashes: [{ alg: "SHA-256", content: sha256 }],
      properties: [property("size", size), ...(walrus === undefined ? [] : [property("walrusBlob", walrus)])],
    })),
    properties,
  };
}

function referenceTo(source: ModelSource | null): Pick<ModelComponent, "externalReferences"> {
  if (source?.kind !== "huggingface") {
    return {};
  }
  const { repository, commit, folder } = source;
  const below = folder
    .split("/")
    .map((part) => `/${encodeURIComponent(part)}`)
    .join("");
  return {
    externalReferences: [
      {
        type: "distribution",
        url: `https://huggingface.co/${repository}/tree/${commit}${folder === "" ? "" : below}`,
        comment: "Where its bytes came from, as was said when it was pinned.",
      },
    ],
  };
}

function usesOf(uses: readonly Verdict[]): readonly Property[] {
  return [
    property("suggestions", uses.length),
    ...[...SUMMARIES].reverse().flatMap((summary) => {
      const count = uses.filter((one) => one.summary === summary).length;
      return count === 0 ? [] : [property(`suggestions:${summary}`, count)];
    }),
  ];
}

/** In a namespace of its own, as CycloneDX has names of properties. */
function property(name: string, value: string | number): Property {
  return { name: `proofline:${name}`, value: String(value) };
}
