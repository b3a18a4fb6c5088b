/** *Pin a Model…* and *Use the Workspace's Model…*. */
import * as z from "zod";
import { Count, Digest } from "../../platform/primitives";
import { HubRepository, HubRevision } from "../hubNames";
import { DocumentUri } from "./documentPlaces";
import { Nothing, notification, request } from "./message";

/** What a person wants to pin or fetch. `workspace`: one of the models that the repository's `models.json` names. */
export const WantedModel = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("folder"), path: z.string().min(1).max(8192) }),
  z.object({ kind: z.literal("huggingface"), repository: HubRepository, revision: HubRevision }),
  z.object({ kind: z.literal("workspace"), manifestDigest: Digest }),
]);
export type WantedModel = z.infer<typeof WantedModel>;

const Planned = z.object({
  /** The workspace folder that the pin is for, as a URI; `null` without one. */
  folder: z.nullable(DocumentUri),
  model: WantedModel,
  variant: z.nullable(z.string().max(4096)),
});
const Plan = z.object({
  kind: z.literal("plan"),
  name: z.string(),
  /** The commit that the revision stands for, and that is pinned; `null` for a folder. */
  commit: z.nullable(z.string()),
  /** The repository, and the folder in it where the model does not lie at its top. */
  from: z.string(),
  licence: z.nullable(z.string()),
  signed: z.boolean(),
  /** What its bytes must be; `null` where that is found by pinning them. */
  manifestDigest: z.nullable(Digest),
  /** Who has that pin already: the workspace that names it, or the folder's own `pin.json`; `null` where nobody has. */
  known: z.nullable(z.enum(["workspace", "folder"])),
  /** Models that are installed here under the same name with other pins. */
  namesakes: z.array(Digest).readonly(),
  /** The model that the workspace proposes now and no longer once this one is pinned, by its name. */
  displaced: z.nullable(z.string()),
  /** Sizes are in bytes. */
  files: z.array(z.object({ path: z.string(), size: Count })).readonly(),
  size: Count,
  toDownload: Count,
});
const Variants = z.object({
  kind: z.literal("variants"),
  variants: z
    .array(
      z.object({
        name: z.string(),
        graph: z.string(),
        /** Bytes of all that belongs to it. */
        size: Count,
      }),
    )
    .readonly(),
});

/**
 * What would be pinned, and fetched for that. Asks the hub and downloads nothing. Several variants and none named: the
 * answer is the variants. Can be cancelled.
 */
export const PlanModel = request(
  "proofline/planModel",
  "clientToServer",
  Planned,
  z.discriminatedUnion("kind", [Plan, Variants]),
);
export namespace PlanModel {
  export type Parameters = z.infer<typeof Planned>;
  export type Plan = z.infer<typeof Plan>;
  export type Variants = z.infer<typeof Variants>;
}

const Pem = z.string().max(1 << 20);
const Pinning = Planned.extend({
  /** Other bytes under a pinned name are meant. */
  replace: z.boolean(),
  /** Whom the person trusts to sign the model, as PEM texts. */
  trust: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("none") }),
    z.object({ kind: z.literal("key"), pem: Pem }),
    z.object({ kind: z.literal("authorities"), pem: Pem }),
  ]),
});
const Pinned = z.object({
  name: z.string(),
  manifestDigest: Digest,
  /** One line about the signature. */
  signature: z.string(),
  /** The path of the workspace's file below its repository's top, where it was written. */
  written: z.nullable(z.string()),
});

/**
 * Pin a folder, or download and pin. `DidAdvanceDownload` tells how far it is; can be cancelled, and goes on where it
 * stopped when it is asked for again.
 */
export const PinModel = request("proofline/pinModel", "clientToServer", Pinning, Pinned);
export namespace PinModel {
  export type Parameters = z.infer<typeof Pinning>;
  export type Result = z.infer<typeof Pinned>;
}

const Download = z.object({ path: z.string(), done: Count, total: Count });

/** How far the download is, in bytes. One download runs at a time. */
export const DidAdvanceDownload = notification("proofline/didAdvanceDownload", "serverToClient", Download);
export namespace DidAdvanceDownload {
  export type Parameters = z.infer<typeof Download>;
}

const NamedModel = z.object({
  name: z.string(),
  manifestDigest: Digest,
  /** Models that are installed here under the same name with other pins. */
  namesakes: z.array(Digest).readonly(),
  from: z.string(),
  /** Bytes of its files. */
  size: Count,
  /** The repository names it; otherwise it is only installed here. */
  named: z.boolean(),
  /** A person on this machine pinned or fetched it. */
  installed: z.boolean(),
  /** A person on this machine accepted it for this repository, and so it counts there. */
  accepted: z.boolean(),
  proposed: z.boolean(),
  chosen: z.boolean(),
  /** It can be downloaded; otherwise it was pinned from a folder. */
  fetchable: z.boolean(),
  /** One line about its signature, where it is installed; else `null`. */
  signature: z.nullable(z.string()),
});

/** The models that a workspace folder's repository names, and the others that are installed on this machine. */
export const ListWorkspaceModels = request(
  "proofline/listWorkspaceModels",
  "clientToServer",
  z.object({ folder: DocumentUri }),
  z.array(NamedModel).readonly(),
);
export namespace ListWorkspaceModels {
  export type Model = z.infer<typeof NamedModel>;
}

/**
 * Use an installed model in a workspace, on this machine, and accept it there; `null`: that of the settings again. The
 * person was shown its name, source, signature and manifest digest.
 */
export const ChooseModel = request(
  "proofline/chooseModel",
  "clientToServer",
  z.object({ folder: DocumentUri, manifestDigest: z.nullable(Digest) }),
  Nothing,
);

/**
 * Let an installed model count for a workspace folder's repository on this machine, or no longer. Whoever accepts it was
 * shown its name, source, signature and manifest digest.
 */
export const AcceptModel = request(
  "proofline/acceptModel",
  "clientToServer",
  z.object({ folder: DocumentUri, manifestDigest: Digest, accepted: z.boolean() }),
  Nothing,
);
