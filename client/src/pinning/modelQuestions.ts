/** What a person is asked before a model is pinned. `undefined` is always a person who changed their mind. */
import { Uri, window, workspace } from "vscode";
import { megabytes as size } from "../../../server/src/protocol/byteCount";
import { HubRepository, HubRevision } from "../../../server/src/protocol/hubNames";
import type { PinModel, PlanModel, WantedModel } from "../../../server/src/protocol/messages";
import { agree, pick } from "../dialogs";
import { KNOWN_EXPORTS, type KnownExport } from "./knownExports";
import { describePlan, questionFor } from "./modelTexts";

type Trust = PinModel.Parameters["trust"];

/** The workspace folder that is meant; `null` without one. */
export async function askForFolder(
  placeHolder = "Which folder is the pin for?",
): Promise<string | null | undefined> {
  const folders = workspace.workspaceFolders ?? [];
  if (folders.length <= 1) {
    return folders[0]?.uri.toString() ?? null;
  }
  const folder = await window.showWorkspaceFolderPick({ placeHolder });
  return folder?.uri.toString();
}

/** Where the model is. */
export async function askForModel(): Promise<WantedModel | undefined> {
  const picked = await pick<"folder" | "hub" | KnownExport>(
    [
      ...KNOWN_EXPORTS.map((known) => ({
        icon: "chip",
        label: known.name,
        description: `${known.languages} · ${known.licence}`,
        detail: `${known.size} to download, up to ${known.memory} of memory, ${known.work} times the work of the built-in model. ${known.repository}`,
        value: known,
      })),
      { icon: "folder", label: "A folder…", detail: "A model folder on this machine", value: "folder" },
      {
        icon: "cloud-download",
        label: "A Hugging Face repository…",
        detail: "owner/name",
        value: "hub",
      },
    ],
    { title: "Pin a Model", placeHolder: "Which model? You see what would be downloaded first." },
  );
  const value = picked?.value;
  if (typeof value === "object") {
    return { kind: "huggingface", repository: value.repository, revision: "main" };
  }
  switch (value) {
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
      HubRepository.safeParse(value.trim()).success && value.includes("/")
        ? undefined
        : "A repository is given as owner/name: the end of its page's address.",
  });
  if (repository === undefined) {
    return undefined;
  }
  const revision = await window.showInputBox({
    title: "Revision",
    prompt: "A branch, a tag or a commit. What gets pinned is the commit that it points to now.",
    value: "main",
    ignoreFocusOut: true,
    validateInput: (value) =>
      HubRevision.safeParse(value.trim()).success ? undefined : "Enter a branch, a tag or a commit.",
  });
  return revision === undefined
    ? undefined
    : { kind: "huggingface", repository: repository.trim(), revision: revision.trim() };
}

/** The graph of one of a model's variants. */
export async function askForVariant({ variants }: PlanModel.Variants): Promise<string | undefined> {
  const picked = await pick(
    variants.map(({ name, graph, size: bytes }) => ({
      label: name,
      description: size(bytes),
      detail: graph,
      value: graph,
    })),
    { title: "Which variant?", placeHolder: "Smaller variants are faster and less precise." },
  );
  return picked?.value;
}

/** Whom to trust to have signed it. Nothing is asked without a signature. */
export async function askForTrust(signed: boolean): Promise<Trust | undefined> {
  if (!signed) {
    return { kind: "none" };
  }
  const picked = await pick<Trust["kind"]>(
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
export async function agreed(model: WantedModel, plan: PlanModel.Plan, trust: Trust): Promise<boolean> {
  const { question, yes } = questionFor(model, plan);
  return agree("information", question, describePlan(plan, trust), yes);
}

/** Whether other bytes than the pinned ones are meant. */
export async function replacementIsMeant(reason: string): Promise<boolean> {
  const detail = "Replace the pin only if the files were changed on purpose. Otherwise restore them.";
  return agree("warning", reason, [detail], "Replace the Pin");
}
