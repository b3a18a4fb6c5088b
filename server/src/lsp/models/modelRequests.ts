import { basename } from "node:path";
import { type Connection, ErrorCodes, ResponseError } from "vscode-languageserver/node";
import { inspect } from "../../models/hub/hub";
import { parseHubAddress } from "../../models/hub/hubAddress";
import { DEFAULT_PATIENCE, type HubAccess } from "../../models/hub/hubRequest";
import type { Progress } from "../../models/hub/progress";
import { variantsOf } from "../../models/hub/variants";
import { describeSource } from "../../models/modelSource";
import { planFolder } from "../../models/pin/planFolder";
import { describeSignature } from "../../models/signature/signature";
import { findModel } from "../../models/store/modelsFile";
import { unreachable } from "../../platform/errors";
import {
  AcceptModel,
  ChooseModel,
  DidAdvanceDownload,
  GetHubToken,
  ListWorkspaceModels,
  PinModel,
  PlanModel,
} from "../../protocol/messages";
import { pinFolder, planFolderPin } from "../../workflows/pinFolder";
import {
  applyPlan,
  type HubPlan,
  modelsOf,
  type PinnedModel,
  planFetch,
  planPin,
} from "../../workflows/pinModel";
import { EditorError } from "../editorError";
import { abortedBy, ask, onRequest } from "../requests";
import type { SettingsStore } from "../settingsStore";
import type { EngineHost } from "./engineHost";
import type { WorkspaceModels as Models } from "./workspaceModels";

export interface ModelParts {
  readonly connection: Connection;
  readonly settings: SettingsStore;
  readonly engine: EngineHost;
  readonly models: Models;
  /** What is installed or chosen changed. */
  readonly onChange: () => Promise<void>;
}

/** The requests behind *Pin a Model…*, *Use the Workspace's Model…* and *Accept a Model…*. No others reach a hub. */
export function provideModels(parts: ModelParts): void {
  const { connection, engine, models, onChange } = parts;
  onRequest(connection, PlanModel, (parameters, token) => {
    refuseUntrusted(parts);
    return plan(parts, parameters, abortedBy(token));
  });
  onRequest(connection, PinModel, async (parameters, token) => {
    refuseUntrusted(parts);
    const pinned = await pin(parts, parameters, abortedBy(token));
    await onChange();
    const { manifest, manifestDigest, signature, written } = pinned;
    return { name: manifest.name, manifestDigest, signature: describeSignature(signature), written };
  });
  onRequest(connection, ListWorkspaceModels, ({ folder }) => models.list(folder));
  onRequest(connection, ChooseModel, async ({ folder, manifestDigest }) => {
    refuseUntrusted(parts);
    await models.choose(folder, manifestDigest);
    await engine.reconsider();
    await onChange();
  });
  onRequest(connection, AcceptModel, async ({ folder, manifestDigest, accepted }) => {
    refuseUntrusted(parts);
    await (accepted ? models.accept(folder, manifestDigest) : models.reject(folder, manifestDigest));
    await engine.reconsider();
    await onChange();
  });
}

async function plan(
  parts: ModelParts,
  parameters: PlanModel.Parameters,
  signal: AbortSignal,
): Promise<PlanModel.Plan | PlanModel.Variants> {
  const { model, variant } = parameters;
  if (model.kind === "folder") {
    return planOfFolder(parts, parameters.folder, model.path, variant);
  }
  const access = await accessOf(parts);
  if (model.kind === "huggingface" && variant === null) {
    const variants = variantsOf(await inspect(access, model.repository, model.revision, signal));
    if (variants.length > 1) {
      return { kind: "variants", variants: variants.map(({ name, graph, size }) => ({ name, graph, size })) };
    }
  }
  const planned = await planOf(parts, access, parameters, signal);
  const { name, source, licence, signed, displaced, files, size, toDownload } = planned;
  const manifestDigest = planned.pin.kind === "existing" ? planned.pin.manifestDigest : null;
  return {
    kind: "plan",
    name,
    commit: source.commit,
    from: source.folder === "" ? source.repository : `${source.repository}, folder ${source.folder}`,
    licence,
    signed,
    manifestDigest,
    known: planned.pin.kind === "existing" ? "workspace" : null,
    namesakes: manifestDigest === null ? [] : await parts.models.namesakesOf(name, manifestDigest),
    displaced,
    files: files.map(({ path, wanted }) => ({ path, size: wanted.size })),
    size,
    toDownload,
  };
}

async function planOfFolder(
  { models }: ModelParts,
  folder: PlanModel.Parameters["folder"],
  directory: string,
  variant: string | null,
): Promise<PlanModel.Plan | PlanModel.Variants> {
  const plan = await planFolderPin(directory, await models.placesOf(folder), {
    replace: false,
    ...(variant !== null && { variant }),
  });
  const sizeOf = (some: readonly { readonly size: number }[]): number =>
    some.reduce((sum, one) => sum + one.size, 0);
  if (plan.kind === "variants") {
    const variants = plan.graphs.map(async (path) => ({
      name: basename(path, ".onnx"),
      graph: path,
      size: sizeOf((await planFolder(directory, path)).files),
    }));
    return { kind: "variants", variants: await Promise.all(variants) };
  }
  const { name, known, displaced, files, signed } = plan;
  return {
    kind: "plan",
    name,
    commit: null,
    from: describeSource({ kind: "folder" }),
    licence: null,
    signed,
    manifestDigest: known?.manifestDigest ?? null,
    known: known?.from ?? null,
    namesakes: known === null ? [] : await models.namesakesOf(name, known.manifestDigest),
    displaced,
    files,
    size: sizeOf(files),
    toDownload: 0,
  };
}

async function planOf(
  { models }: ModelParts,
  access: HubAccess,
  { folder, model, variant }: PlanModel.Parameters,
  signal: AbortSignal,
): Promise<HubPlan> {
  const places = await models.placesOf(folder);
  switch (model.kind) {
    case "huggingface":
      return planPin(access, places, model, variant === null ? {} : { variant }, signal);
    case "workspace":
      return planFetch(
        access,
        places,
        findModel(await modelsOf(places.repository), model.manifestDigest),
        signal,
      );
    case "folder":
      throw new ResponseError(ErrorCodes.InvalidParams, "a folder is not downloaded");
    default:
      return unreachable(model);
  }
}

async function pin(
  parts: ModelParts,
  { trust, replace, ...wanted }: PinModel.Parameters,
  signal: AbortSignal,
): Promise<PinnedModel> {
  const { models, connection } = parts;
  const places = await models.placesOf(wanted.folder);
  if (wanted.model.kind === "folder") {
    const { variant } = wanted;
    const choices = { trust, replace, ...(variant !== null && { variant }) };
    return pinFolder(wanted.model.path, places, choices, signal);
  }
  const access = await accessOf(parts);
  const planned = await planOf(parts, access, wanted, signal);
  return applyPlan(planned, access, places, { trust, replace }, progressTo(connection), signal);
}

function progressTo(connection: Connection): (progress: Progress) => void {
  return (progress) => void connection.sendNotification(DidAdvanceDownload.type, progress);
}

/** The token is asked for anew each time and kept nowhere. */
async function accessOf({ connection, settings }: ModelParts): Promise<HubAccess> {
  const hub = parseHubAddress(settings.current.modelHub);
  // An editor that keeps no tokens does not know the request.
  const token = await ask(connection, GetHubToken, { hub: hub.origin }).catch(() => null);
  return { hub, token: token === "" ? null : token, patience: DEFAULT_PATIENCE };
}

function refuseUntrusted({ settings }: ModelParts): void {
  if (settings.current.trusted) {
    return;
  }
  throw new EditorError(
    "model.workspace",
    "The workspace is not trusted, so no model is fetched, pinned or loaded.",
    "Trust it with the command Workspaces: Manage Workspace Trust.",
  );
}
