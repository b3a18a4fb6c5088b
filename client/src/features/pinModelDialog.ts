/**
 * *Pin a Model…* and *Use the Workspace's Model…*: what would be downloaded is shown first, then fetched with progress
 * that can be cancelled. Nothing here happens by itself: a workspace only names models.
 */
import {
  type CancellationToken,
  type Progress,
  ProgressLocation,
  type QuickPickItem,
  Uri,
  window,
  workspace,
} from "vscode";
import { megabytes as size } from "../../../server/src/protocol/byteCount";
import {
  ChooseModel,
  DidAdvanceDownload,
  ListWorkspaceModels,
  PinModel,
  PlanModel,
  type WantedModel,
} from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commands";
import { counted } from "../format";
import type { Context } from "../server";

type Trust = PinModel.Parameters["trust"];

interface Choice<Value> extends QuickPickItem {
  readonly value: Value;
}

export function activate(context: Context): void {
  let onProgress: (progress: DidAdvanceDownload.Parameters) => void = () => {};
  context.onNotification(DidAdvanceDownload, (progress) => onProgress(progress));

  registerCommand(context, "proofline.pinModel", async () => {
    const folder = await askForFolder();
    const model = folder === undefined ? undefined : await askForModel();
    if (folder === undefined || model === undefined) {
      return;
    }
    const result = await pin(folder, model);
    if (result === undefined) {
      return;
    }
    const written = result.written === null ? "" : ` The pin is in ${result.written}.`;
    const message = `Pinned ${result.name}. ${sentence(result.signature)}${written}`;
    if (folder === null) {
      await tell(context, "information", message);
      return;
    }
    const use = "Use It Here";
    if ((await window.showInformationMessage(message, use)) === use) {
      await choose(folder, result.manifestDigest);
    }
  });

  registerCommand(context, "proofline.useWorkspaceModel", async () => {
    const folder = await askForFolder();
    if (folder === undefined) {
      return;
    }
    if (folder === null) {
      throw new Error("Open a folder first: a model is chosen for its repository.");
    }
    const models = await context.request(ListWorkspaceModels, { folder });
    const picked = await window.showQuickPick(choicesOf(models), {
      title: "Use the Workspace's Model",
      placeHolder: "For this machine only. What would be downloaded is shown first.",
    });
    if (picked === undefined) {
      return;
    }
    const model = picked.value;
    if (model === null || model.installed) {
      await choose(folder, model?.manifestDigest ?? null);
    } else if (model.fetchable) {
      await fetch(folder, model);
    } else {
      throw new Error(
        `${model.name} was pinned from a folder. Get the folder from whoever pinned it and run Proofline: Pin a Model…: the same bytes give the same pin.`,
      );
    }
  });

  /** Downloads a model that the workspace names; they asked to use it, so it is used once it is here. */
  async function fetch(folder: string, { manifestDigest }: ListWorkspaceModels.Model): Promise<void> {
    const result = await pin(folder, { kind: "workspace", manifestDigest });
    if (result !== undefined) {
      await choose(folder, result.manifestDigest);
      const { name, signature } = result;
      await tell(context, "information", `Downloaded ${name}; it is used here now. ${sentence(signature)}`);
    }
  }

  /** Shows what would be pinned, asks, and pins; `undefined` where the person changed their mind. */
  async function pin(folder: string | null, model: WantedModel): Promise<PinModel.Result | undefined> {
    const planned = await plan(folder, model);
    if (planned === undefined) {
      return undefined;
    }
    const trust = await askForTrust(planned.plan.signed);
    if (trust === undefined || !(await agreed(model, planned.plan, trust))) {
      return undefined;
    }
    const wanted = fixed(model, planned.plan);
    return carryOut({ folder, model: wanted, variant: planned.variant, trust }, planned.plan.name);
  }

  /** Asks what would be pinned and fetched; `undefined` where the person changed their mind. */
  async function plan(
    folder: string | null,
    model: WantedModel,
  ): Promise<{ readonly plan: PlanModel.Plan; readonly variant: string | null } | undefined> {
    const title = model.kind === "folder" ? "Proofline: reading the folder" : "Proofline: asking the hub";
    const ask = (variant: string | null): Thenable<PlanModel.Plan | PlanModel.Variants | undefined> =>
      cancellable(title, async (_, token) => {
        const answer = await context.request(PlanModel, { folder, model, variant }, token);
        return token.isCancellationRequested ? undefined : answer;
      });
    const first = await ask(null);
    if (first === undefined || first.kind === "plan") {
      return first && { plan: first, variant: null };
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
    return second?.kind === "plan" ? { plan: second, variant: picked.value } : undefined;
  }

  /**
   * Pins; where other bytes are pinned under the name already, the person is asked whether that is meant. `undefined`
   * where they changed their mind.
   */
  async function carryOut(
    parameters: Omit<PinModel.Parameters, "replace">,
    name: string,
  ): Promise<PinModel.Result | undefined> {
    const run = (replace: boolean): Thenable<PinModel.Result | undefined> =>
      cancellable(`Proofline: pinning ${name}`, async (progress, token) => {
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
          return await context.request(PinModel, { ...parameters, replace }, token);
        } finally {
          onProgress = () => {};
        }
      });
    try {
      return await run(false);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal?.code !== "model.replace") {
        throw error;
      }
      const replace = "Replace the Pin";
      const detail = "Replace it only where the files were changed on purpose. Otherwise restore them.";
      const answer = await window.showWarningMessage(refusal.reason, { modal: true, detail }, replace);
      return answer === replace ? run(true) : undefined;
    }
  }

  async function choose(folder: string, manifestDigest: string | null): Promise<void> {
    await context.request(ChooseModel, { folder, manifestDigest });
  }
}

/** Works under a notification with *Cancel*. Whoever clicks it knows what they did: no error is told, nothing follows. */
function cancellable<Value>(
  title: string,
  work: (
    progress: Progress<{ message: string; increment: number }>,
    token: CancellationToken,
  ) => Promise<Value>,
): Thenable<Value | undefined> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      try {
        return await work(progress, token);
      } catch (error) {
        if (token.isCancellationRequested) {
          return undefined;
        }
        throw error;
      }
    },
  );
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
    { title: "Pin a Model", placeHolder: "Where the model is" },
  );
  switch (picked?.value) {
    case "folder": {
      const [folder] =
        (await window.showOpenDialog({
          canSelectFiles: false,
          canSelectFolders: true,
          title: "The folder that holds the model",
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
      /^(?!.*(?:\.\.|--))[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/.test(value.trim())
        ? undefined
        : "A repository is given as owner/name, as the address of its page ends.",
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
      /^(?!.*\.\.)\w[\w./-]*$/.test(value.trim()) ? undefined : "A branch, a tag or a commit is one word.",
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
    { title: "The model is signed", placeHolder: "Whose signature must it be? (OpenSSF Model Signing)" },
  );
  if (picked === undefined || picked.value === "none") {
    return picked === undefined ? undefined : { kind: "none" };
  }
  const [file] =
    (await window.showOpenDialog({
      canSelectMany: false,
      title: picked.value === "key" ? "The signer's public key (PEM)" : "The authority's certificate (PEM)",
      openLabel: "Trust This Signer",
    })) ?? [];
  if (file === undefined) {
    return undefined;
  }
  const pem = Buffer.from(await workspace.fs.readFile(Uri.file(file.fsPath))).toString("utf8");
  return { kind: picked.value, pem };
}

/** Shows what will be pinned and asks. */
async function agreed(model: WantedModel, plan: PlanModel.Plan, trust: Trust): Promise<boolean> {
  const { question, yes } = questionFor(model, plan);
  const detail = describe(plan, trust);
  return (await window.showInformationMessage(question, { modal: true, detail }, yes)) === yes;
}

function questionFor(
  model: WantedModel,
  { name, toDownload }: PlanModel.Plan,
): { readonly question: string; readonly yes: string } {
  const download = toDownload > 0;
  switch (model.kind) {
    case "folder":
      return { question: `Pin the model in ${model.path} as it lies there now?`, yes: "Pin" };
    case "huggingface":
      return download
        ? { question: `Download ${size(toDownload)} and pin ${name}?`, yes: "Download and Pin" }
        : { question: `Pin ${name}?`, yes: "Pin" };
    case "workspace":
      return download
        ? { question: `Download ${size(toDownload)} and use ${name} here?`, yes: "Download and Use" }
        : { question: `Use ${name} here?`, yes: "Use" };
  }
}

function describe(
  { commit, from, licence, signed, files, size: bytes, toDownload }: PlanModel.Plan,
  trust: Trust,
): string {
  const here =
    commit === null || toDownload === bytes ? "" : `, of which ${size(bytes - toDownload)} are here already`;
  return [
    ...(commit === null
      ? []
      : [`Repository: ${from}`, `Commit: ${commit.slice(0, 12)}`, `Licence: ${licence ?? "none is stated"}`]),
    `Signature: ${signed ? SIGNATURE[trust.kind] : "none"}`,
    "",
    `${counted(files.length, "file")}, ${size(bytes)}${here}:`,
    ...files.map((file) => `${file.path} (${size(file.size)})`),
  ].join("\n");
}

/** What is asked of a signature, by whom the person trusts. */
const SIGNATURE: Readonly<Record<Trust["kind"], string>> = {
  none: "there is one; who made it is not checked",
  key: "must be by the key that you chose",
  authorities: "must be by a certificate of the authority that you chose",
};

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** What was shown is what is pinned, even if the branch moves meanwhile. */
function fixed(model: WantedModel, plan: PlanModel.Plan): WantedModel {
  return model.kind === "huggingface" && plan.commit !== null ? { ...model, revision: plan.commit } : model;
}

function choicesOf(models: readonly ListWorkspaceModels.Model[]): Choice<ListWorkspaceModels.Model | null>[] {
  return [
    ...models.map((model) => ({
      label: `${model.chosen ? "$(check) " : ""}${model.name}`,
      description: [
        model.installed ? "on this machine" : `not here, ${size(model.size)}`,
        ...(model.proposed ? ["proposed by this workspace"] : []),
      ].join(" · "),
      detail: [model.from, ...(model.signature === null ? [] : [shortened(model.signature)])].join(" · "),
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

/** Fingerprints by both ends: a list has room for one line. */
function shortened(signature: string): string {
  return signature.replace(/\b([0-9a-f]{8})[0-9a-f]{52}([0-9a-f]{4})\b/g, "$1…$2");
}

/** What the server says of an error that a person can act on: its stable code, and what went wrong. */
function refusalOf(error: unknown): { readonly code: string; readonly reason: string } | undefined {
  const data: unknown = error instanceof Error && "data" in error ? error.data : undefined;
  if (typeof data !== "object" || data === null || !("code" in data) || !("reason" in data)) {
    return undefined;
  }
  const { code, reason } = data;
  return typeof code === "string" && typeof reason === "string" ? { code, reason } : undefined;
}
