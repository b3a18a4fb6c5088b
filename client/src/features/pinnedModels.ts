/** *Pin a Model…*, *Use the Workspace's Model…* and *Accept a Model…*. Nothing here happens by itself: a workspace only names models. */
import { AcceptModel, ChooseModel, ListWorkspaceModels } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import { agree, pick, showMessage } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { askForFolder, askForModel } from "../pinning/modelQuestions";
import { describeModel, modelItem, questionAbout, sentence } from "../pinning/modelTexts";
import { Pinning } from "../pinning/pinning";
import { visibleNameInEditor } from "../visibleInEditor";

export function activate(context: FeatureContext): void {
  const pinning = new Pinning(context.server);
  registerCommand(context, "proofline.pinModel", () => pinModel(context, pinning));
  registerCommand(context, "proofline.useWorkspaceModel", () => useWorkspaceModel(context, pinning));
  registerCommand(context, "proofline.acceptModel", () => acceptModel(context));
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
  const message = `Pinned ${visibleNameInEditor(result.name)}. ${sentence(result.signature)} Its manifest digest is ${result.manifestDigest}.${written}`;
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
  const folder = await askForRepositoryFolder("A model is chosen for the folder's repository.");
  if (folder === undefined) {
    return;
  }
  const models = (await context.server.request(ListWorkspaceModels, { folder })).filter(({ named }) => named);
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
  if (model === null) {
    await choose(context, folder, null);
  } else if (model.installed) {
    if (model.accepted || (await isMeant(model, "Use It Here"))) {
      await choose(context, folder, model.manifestDigest);
    }
  } else if (model.fetchable) {
    await fetch(context, pinning, folder, model);
  } else {
    throw new Error(
      `${visibleNameInEditor(model.name)} was pinned from a folder, so it cannot be downloaded. Get the folder from whoever pinned it, then run Proofline: Pin a Model… on it in this workspace. The same files get the same pin here, whatever the folder is called.`,
    );
  }
}

/** Lets a model count in a workspace without using it there, or takes that back. */
async function acceptModel(context: FeatureContext): Promise<void> {
  const folder = await askForRepositoryFolder("A model is accepted for the folder's repository.");
  if (folder === undefined) {
    return;
  }
  const all = await context.server.request(ListWorkspaceModels, { folder });
  const models = all.filter(({ installed }) => installed);
  if (models.length === 0) {
    throw new Error(
      "No model is installed on this machine but the one that comes with Proofline, which counts everywhere. Get the workspace's with Proofline: Use the Workspace's Model….",
    );
  }
  const picked = await pick(
    models.map((model) => ({ ...modelItem(model), value: model })),
    { title: "Accept a Model", placeHolder: "Whose suggestions can be verified here? You see it first." },
  );
  const model = picked?.value;
  if (model === undefined) {
    return;
  }
  const { manifestDigest, accepted } = model;
  if (await isMeant(model, accepted ? "Accept It No Longer" : "Accept")) {
    await context.server.request(AcceptModel, { folder, manifestDigest, accepted: !accepted });
  }
}

/** Shows an installed model and asks whether it counts in the workspace, or no longer. */
function isMeant(model: ListWorkspaceModels.Model, yes: string): Promise<boolean> {
  return agree("information", questionAbout(model), describeModel(model), yes);
}

/** The folder whose repository is meant; `undefined` where the person changed their mind. */
async function askForRepositoryFolder(why: string): Promise<string | undefined> {
  const folder = await askForFolder();
  if (folder === null) {
    throw new Error(`Open a folder first. ${why}`);
  }
  return folder;
}

/** Downloads a model that the workspace names; they asked to use it and were shown it, so it is used once it is here. */
async function fetch(
  context: FeatureContext,
  pinning: Pinning,
  folder: string,
  { manifestDigest }: ListWorkspaceModels.Model,
): Promise<void> {
  const result = await pinning.pin(folder, { kind: "workspace", manifestDigest });
  if (result !== undefined) {
    await choose(context, folder, manifestDigest);
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
