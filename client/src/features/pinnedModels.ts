/** *Pin a Model…* and *Use the Workspace's Model…*. Nothing here happens by itself: a workspace only names models. */
import { ChooseModel, ListWorkspaceModels } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import { pick, showMessage } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { askForFolder, askForModel } from "../pinning/modelQuestions";
import { modelItem, sentence } from "../pinning/modelTexts";
import { Pinning } from "../pinning/pinning";
import { visibleNameInEditor } from "../visibleInEditor";

export function activate(context: FeatureContext): void {
  const pinning = new Pinning(context.server);
  registerCommand(context, "proofline.pinModel", () => pinModel(context, pinning));
  registerCommand(context, "proofline.useWorkspaceModel", () => useWorkspaceModel(context, pinning));
}

async function pinModel(context: FeatureContext, pinning: Pinning): Promise<void> {
  const folder = await askForFolder();
  const model = folder === undefined ? undefined : await askForModel();
  if (folder === undefined || model === undefined) {
    return;
  }
  const result = await pinning.pin(folder, model);
  if (result === undefined) {
    return;
  }
  const written = result.written === null ? "" : ` The pin is in ${result.written}.`;
  const message = `Pinned ${visibleNameInEditor(result.name)}. ${sentence(result.signature)}${written}`;
  if (folder === null) {
    await tell(context, "information", message);
    return;
  }
  const use = "Use It Here";
  if ((await showMessage("information", message, use)) === use) {
    await choose(context, folder, result.manifestDigest);
  }
}

async function useWorkspaceModel(context: FeatureContext, pinning: Pinning): Promise<void> {
  const folder = await askForFolder();
  if (folder === undefined) {
    return;
  }
  if (folder === null) {
    throw new Error("Open a folder first. A model is chosen for the folder's repository.");
  }
  const models = await context.server.request(ListWorkspaceModels, { folder });
  const picked = await pick(
    [
      ...models.map((model) => ({ ...modelItem(model), value: model })),
      {
        label: "The model of the settings",
        description: "no choice for this workspace",
        detail: models.length === 0 ? "This workspace names no models." : "",
        value: null,
      },
    ],
    {
      title: "Use the Workspace's Model",
      placeHolder: "For this machine only. You see what would be downloaded first.",
    },
  );
  if (picked === undefined) {
    return;
  }
  const model = picked.value;
  if (model === null || model.installed) {
    await choose(context, folder, model?.manifestDigest ?? null);
  } else if (model.fetchable) {
    await fetch(context, pinning, folder, model);
  } else {
    throw new Error(
      `${visibleNameInEditor(model.name)} was pinned from a folder, so it cannot be downloaded. Get the folder from whoever pinned it, then run Proofline: Pin a Model…. The same bytes give the same pin.`,
    );
  }
}

/** Downloads a model that the workspace names; they asked to use it, so it is used once it is here. */
async function fetch(
  context: FeatureContext,
  pinning: Pinning,
  folder: string,
  { manifestDigest }: ListWorkspaceModels.Model,
): Promise<void> {
  const result = await pinning.pin(folder, { kind: "workspace", manifestDigest });
  if (result !== undefined) {
    await choose(context, folder, result.manifestDigest);
    const { name, signature } = result;
    await tell(
      context,
      "information",
      `Downloaded ${visibleNameInEditor(name)}. It is now used here. ${sentence(signature)}`,
    );
  }
}

async function choose(context: FeatureContext, folder: string, manifestDigest: string | null): Promise<void> {
  await context.server.request(ChooseModel, { folder, manifestDigest });
}
