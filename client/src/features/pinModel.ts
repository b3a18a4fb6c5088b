/**
 * *Pin a Model…* and *Use the Workspace's Model…*: what would be downloaded is shown first, then fetched with progress
 * that can be cancelled. Nothing here happens by itself: a workspace only names models.
 */
import { type CancellationToken, ProgressLocation, type QuickPickItem, Uri, window, workspace } from "vscode";
import { megabytes as size } from "../../../server/src/models/byteCount";
import {
  ChooseModel,
  DidProgressModel,
  PinModel,
  PlanModel,
  type WantedModel,
  WorkspaceModels,
} from "../../../server/src/protocol";
import { registerCommand, tell } from "../asked";
import type { Context } from "../context";
import { counted } from "../words";

type Trust = PinModel.Parameters["trust"];

interface Choice<Value> extends QuickPickItem {
  readonly value: Value;
}

export function activate(context: Context): void {
  let onProgress: (progress: DidProgressModel.Parameters) => void = () => {};
  context.onNotification(DidProgressModel.type, (progress) => onProgress(progress));

  registerCommand(context, "proofline.pinModel", async () => {
    const folder = await askForFolder();
    const model = folder === undefined ? undefined : await askForModel();
    if (folder === undefined || model === undefined) {
      return;
    }
    await pin(folder, model, null);
  });

  registerCommand(context, "proofline.useWorkspaceModel", async () => {
    const folder = await askForFolder();
    if (folder === undefined) {
      return;
    }
    if (folder === null) {
      throw new Error("Open a folder first: a model is chosen for its repository.");
    }
    const models = await context.request(WorkspaceModels.type, { folder });
    const picked = await window.showQuickPick(choicesOf(models), {
      title: "Use the Workspace's Model",
      placeHolder: "Only this machine is told. Whatever is not here is downloaded after you have seen what.",
    });
    if (picked === undefined) {
      return;
    }
    const model = picked.value;
    if (model === null || model.installed) {
      await choose(folder, model?.manifestDigest ?? null);
    } else if (model.fetchable) {
      await pin(folder, { kind: "workspace", manifestDigest: model.manifestDigest }, model.name);
    } else {
      throw new Error(
        `${model.name} was pinned from a folder. Get the folder from whoever pinned it and run Proofline: Pin a Model…: the same bytes give the same pin.`,
      );
    }
  });

  async function pin(folder: string | null, model: WantedModel, known: string | null): Promise<void> {
    const planned = await plan(folder, model);
    if (planned === undefined) {
      return;
    }
    const trust = await askForTrust(planned.plan.signed);
    if (trust === undefined || !(await agreed(model, planned.plan))) {
      return;
    }
    const parameters = {
      folder,
      model: fixed(model, planned.plan),
      variant: planned.variant,
      trust,
    };
    const result = await carryOut(parameters, known ?? planned.plan.name);
    if (result === undefined) {
      return;
    }
    const written = result.written === null ? "" : ` The pin is in ${result.written}.`;
    const message = `Pinned ${result.name}: ${result.signature}.${written}`;
    if (folder === null) {
      await tell(context, "information", message);
      return;
    }
    const use = "Use It Here";
    if ((await window.showInformationMessage(message, use)) === use) {
      await choose(folder, result.manifestDigest);
    }
  }

  /** Asks what would be pinned and fetched; `undefined` where the person changed their mind. */
  async function plan(
    folder: string | null,
    model: WantedModel,
  ): Promise<{ readonly plan: PlanModel.Plan; readonly variant: string | null } | undefined> {
    const ask = (variant: string | null): Thenable<PlanModel.Plan | PlanModel.Variants> =>
      window.withProgress(
        {
          location: ProgressLocation.Notification,
          title: model.kind === "folder" ? "Proofline: reading the folder" : "Proofline: asking the hub",
          cancellable: true,
        },
        (_, token) => context.request(PlanModel.type, { folder, model, variant }, token),
      );
    const first = await ask(null);
    if (first.kind === "plan") {
      return { plan: first, variant: null };
    }
    const picked = await window.showQuickPick(
      first.variants.map(({ name, graph, size: bytes }) => ({
        label: name,
        description: size(bytes),
        detail: graph,
        value: graph,
      })),
      { title: "Which variant?", placeHolder: "Smaller ones are faster and less exact." },
    );
    if (picked === undefined) {
      return undefined;
    }
    const second = await ask(picked.value);
    return second.kind === "plan" ? { plan: second, variant: picked.value } : undefined;
  }

  /** Pins; where other bytes are pinned under the name already, the person is asked whether that is meant. */
  async function carryOut(
    parameters: Omit<PinModel.Parameters, "replace">,
    name: string,
  ): Promise<PinModel.Result | undefined> {
    const run = (replace: boolean): Thenable<PinModel.Result> =>
      window.withProgress(
        { location: ProgressLocation.Notification, title: `Proofline: pinning ${name}`, cancellable: true },
        async (progress, token: CancellationToken) => {
          let shown = 0;
          onProgress = ({ path, done, total }) => {
            const percent = total === 0 ? 100 : (100 * done) / total;
            progress.report({
              message: `${size(done)} of ${size(total)}, ${path}`,
              increment: Math.max(0, percent - shown),
            });
            shown = Math.max(shown, percent);
          };
          try {
            return await context.request(PinModel.type, { ...parameters, replace }, token);
          } finally {
            onProgress = () => {};
          }
        },
      );
    try {
      return await run(false);
    } catch (error) {
      if (codeOf(error) === "model.cancelled") {
        return undefined;
      }
      if (codeOf(error) !== "model.replace") {
        throw error;
      }
      const replace = "Replace the Pin";
      const answer = await window.showWarningMessage(
        error instanceof Error ? error.message : String(error),
        { modal: true },
        replace,
      );
      return answer === replace ? run(true) : undefined;
    }
  }

  async function choose(folder: string, manifestDigest: string | null): Promise<void> {
    await context.request(ChooseModel.type, { folder, manifestDigest });
  }
}

/** The workspace folder that a pin is for; `null` without one, `undefined` where the person changed their mind. */
async function askForFolder(): Promise<string | null | undefined> {
  const folders = workspace.workspaceFolders ?? [];
  if (folders.length <= 1) {
    return folders[0]?.uri.toString() ?? null;
  }
  const folder = await window.showWorkspaceFolderPick({ placeHolder: "The folder that the pin is for" });
  return folder?.uri.toString();
}

async function askForModel(): Promise<WantedModel | undefined> {
  const picked = await window.showQuickPick<Choice<"folder" | "hub">>(
    [
      { label: "$(folder) A folder…", detail: "A model folder on this machine", value: "folder" },
      { label: "$(cloud-download) A Hugging Face repository…", detail: "owner/name", value: "hub" },
    ],
    { title: "Pin a Model" },
  );
  switch (picked?.value) {
    case "folder": {
      const [folder] =
        (await window.showOpenDialog({
          canSelectFiles: false,
          canSelectFolders: true,
          openLabel: "Pin This Folder",
        })) ?? [];
      return folder === undefined ? undefined : { kind: "folder", path: folder.fsPath };
    }
    case "hub":
      return askForRepository();
    case undefined:
      return undefined;
  }
}

async function askForRepository(): Promise<WantedModel | undefined> {
  const repository = await window.showInputBox({
    title: "Hugging Face repository",
    prompt: "owner/name of a repository with an ONNX export",
    ignoreFocusOut: true,
    validateInput: (value) =>
      /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(value.trim())
        ? undefined
        : "A repository is given as owner/name.",
  });
  if (repository === undefined) {
    return undefined;
  }
  const revision = await window.showInputBox({
    title: "Revision",
    prompt: "A branch, a tag or a commit. The commit that it stands for now is what gets pinned.",
    value: "main",
    ignoreFocusOut: true,
    validateInput: (value) =>
      /^\w[\w./-]*$/.test(value.trim()) ? undefined : "A branch, a tag or a commit is one word.",
  });
  return revision === undefined
    ? undefined
    : { kind: "huggingface", repository: repository.trim(), revision: revision.trim() };
}

/** Whom to trust to have signed; `undefined` where the person changed their mind. Nothing is asked without a signature. */
async function askForTrust(signed: boolean): Promise<Trust | undefined> {
  if (!signed) {
    return { kind: "none" };
  }
  const picked = await window.showQuickPick<Choice<Trust["kind"]>>(
    [
      { label: "Do not check who signed it", value: "none" },
      { label: "Signed with a key…", detail: "Choose the signer's public key (PEM)", value: "key" },
      {
        label: "Signed with a certificate…",
        detail: "Choose the authority's certificate (PEM)",
        value: "authorities",
      },
    ],
    { title: "Signature (OpenSSF Model Signing)" },
  );
  if (picked === undefined || picked.value === "none") {
    return picked === undefined ? undefined : { kind: "none" };
  }
  const [file] =
    (await window.showOpenDialog({ canSelectMany: false, openLabel: "Trust This Signer" })) ?? [];
  if (file === undefined) {
    return undefined;
  }
  const pem = Buffer.from(await workspace.fs.readFile(Uri.file(file.fsPath))).toString("utf8");
  return { kind: picked.value, pem };
}

/** Shows what will be pinned and asks. */
async function agreed(model: WantedModel, plan: PlanModel.Plan): Promise<boolean> {
  const yes = model.kind === "folder" ? "Pin" : "Download and Pin";
  const message =
    model.kind === "folder"
      ? `Pin the model in ${model.path} as it lies there now?`
      : `Download ${size(plan.toDownload)} and pin ${plan.name}?`;
  return (await window.showInformationMessage(message, { modal: true, detail: describe(plan) }, yes)) === yes;
}

function describe({ commit, from, licence, signed, files, size: bytes, toDownload }: PlanModel.Plan): string {
  const signature = `Signature: ${signed ? "model.sig is there" : "none"}.`;
  const all = `${counted(files.length, "file")}, ${size(bytes)}`;
  return [
    ...(commit === null
      ? [signature, `${all}:`]
      : [
          `From ${from}.`,
          `Licence: ${licence ?? "none is stated"}. ${signature}`,
          `${all}, of which ${size(toDownload)} are not here yet:`,
        ]),
    ...files.map((file) => `${file.path} (${size(file.size)})`),
  ].join("\n");
}

/** What was shown is what is pinned, even if the branch moves meanwhile. */
function fixed(model: WantedModel, plan: PlanModel.Plan): WantedModel {
  return model.kind === "huggingface" && plan.commit !== null ? { ...model, revision: plan.commit } : model;
}

function choicesOf(models: readonly WorkspaceModels.Model[]): Choice<WorkspaceModels.Model | null>[] {
  return [
    ...models.map((model) => ({
      label: `${model.chosen ? "$(check) " : ""}${model.name}`,
      description: model.installed ? "on this machine" : `not here, ${size(model.size)}`,
      detail: [
        model.from,
        ...(model.signature === null ? [] : [model.signature]),
        ...(model.proposed ? ["proposed by this workspace"] : []),
      ].join(" · "),
      value: model,
    })),
    {
      label: "The model of the settings",
      description: "no choice for this workspace",
      detail: models.length === 0 ? "This workspace names no models." : "",
      value: null,
    },
  ];
}

/** The code of an error that a person can act on, as the server sends it. */
function codeOf(error: unknown): string | undefined {
  const data: unknown = error instanceof Error && "data" in error ? error.data : undefined;
  const code: unknown = typeof data === "object" && data !== null && "code" in data ? data.code : undefined;
  return typeof code === "string" ? code : undefined;
}
