/**
 * *Use OpenGradient Here…*: an enclave and a model are chosen, what follows from it is shown whole, and nothing is sent before the
 * person has accepted that. *Use the Local Model Here* takes it back.
 */
import { commands, window } from "vscode";
import { EnclaveModelName, EnclaveName, MOST_MODEL_LENGTH } from "../../../server/src/protocol/enclaveNames";
import {
  ListEnclaves,
  ReviewEnclave,
  UseEnclave,
  UseLocalModel,
} from "../../../server/src/protocol/messages";
import { MADE_PUBLIC, SettlementKind } from "../../../server/src/protocol/settlementKinds";
import { registerCommand, tell } from "../commandRunner";
import { readSettings } from "../config";
import { decide, pick, showMessage, withProgress } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { askForFolder } from "../pinning/modelQuestions";
import { visibleNameInEditor } from "../visibleInEditor";

const SETTLEMENT_LABELS: Readonly<Record<SettlementKind, string>> = {
  private: "Private",
  batch: "Batch",
  individual: "Individual",
};
const ACCEPT = "Accept";
const DECLINE = "Decline";
const OPEN_SETTING = "Open the Setting";
const RPC_URLS = "proofline.openGradient.rpcUrls";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.useOpenGradient", () => useOpenGradient(context));
  registerCommand(context, "proofline.useLocalModel", async () => {
    const folder = await folderFor("Where shall the model on this computer suggest?");
    if (folder !== undefined) {
      await context.server.request(UseLocalModel, { folder });
      context.fireStateChanged();
      await tell(
        context,
        "information",
        "The model on this computer suggests here, and nothing is sent to OpenGradient.",
      );
    }
  });
}

async function useOpenGradient(context: FeatureContext): Promise<void> {
  const settings = readSettings(context.configuration);
  if ("problem" in settings || settings.openGradient.rpcUrls.length === 0) {
    const chosen = await showMessage(
      "information",
      "problem" in settings
        ? `${settings.problem} ${settings.remedy}`
        : "First name RPC servers of the chain on which OpenGradient registers its enclaves: without them nobody can tell which enclave answers, and nothing is sent.",
      OPEN_SETTING,
    );
    if (chosen === OPEN_SETTING) {
      await commands.executeCommand("workbench.action.openSettings", RPC_URLS);
    }
    return;
  }
  const folder = await folderFor("Which folder's code may be sent to an enclave?");
  if (folder === undefined) {
    return;
  }
  const enclave = await askForEnclave(context);
  const model = enclave === undefined ? undefined : await askForModel();
  const settlement = model === undefined ? undefined : await askForSettlement();
  if (enclave === undefined || model === undefined || settlement === undefined) {
    return;
  }
  const wanted = { folder, enclave, model, settlement };
  const { digest, lines } = await context.server.request(ReviewEnclave, wanted);
  const question = `Send code of this repository to an enclave of OpenGradient, and let ${visibleNameInEditor(model)} suggest here?`;
  const chosen = await decide("warning", question, lines, [ACCEPT, DECLINE]);
  if (chosen === ACCEPT) {
    await context.server.request(UseEnclave, { ...wanted, digest });
    context.fireStateChanged();
  }
}

/** @returns `undefined` where they changed their mind */
async function folderFor(placeHolder: string): Promise<string | undefined> {
  const folder = await askForFolder(placeHolder);
  if (folder === null) {
    throw new Error("Open a folder first. It is chosen for a folder's repository.");
  }
  return folder;
}

async function askForEnclave(context: FeatureContext): Promise<EnclaveName | undefined> {
  const { enclaves, problem } = await withProgress("Asking which enclaves there are…", () =>
    context.server.ask(ListEnclaves),
  );
  const picked = await pick<EnclaveName | null>(
    [
      ...enclaves.map(({ name, endpoint, registeredAt }) => ({
        icon: "shield",
        label: name,
        description: endpoint,
        detail: `Registered on ${new Date(registeredAt * 1000).toISOString().slice(0, 10)}, enabled, and its code is approved`,
        value: name,
      })),
      {
        icon: "edit",
        label: "Another one, by its name",
        detail: problem ?? (enclaves.length === 0 ? "The registry has none that can be asked." : ""),
        value: null,
      },
    ],
    { title: "Use OpenGradient Here", placeHolder: "Which enclave shall be asked?" },
  );
  if (picked === undefined || picked.value !== null) {
    return picked?.value ?? undefined;
  }
  const typed = await window.showInputBox({
    title: "Name of the enclave",
    prompt: "As OpenGradient's registry has it: 0x and 64 hexadecimal digits.",
    ignoreFocusOut: true,
    validateInput: (value) =>
      EnclaveName.safeParse(normalized(value)).success
        ? undefined
        : "The name of an enclave is 0x and 64 hexadecimal digits.",
  });
  return typed === undefined ? undefined : EnclaveName.parse(normalized(typed));
}

async function askForModel(): Promise<string | undefined> {
  const typed = await window.showInputBox({
    title: "Model",
    prompt: "As OpenGradient calls it. Its documentation lists which there are.",
    placeHolder: "gpt-5-mini",
    ignoreFocusOut: true,
    validateInput: (value) =>
      EnclaveModelName.safeParse(value.trim()).success
        ? undefined
        : `The name of a model has 1 to ${MOST_MODEL_LENGTH} characters.`,
  });
  return typed?.trim();
}

async function askForSettlement(): Promise<SettlementKind | undefined> {
  const picked = await pick(
    SettlementKind.options.map((kind) => ({
      label: SETTLEMENT_LABELS[kind],
      detail: `Made public, for ever: ${MADE_PUBLIC[kind]}`,
      value: kind,
    })),
    { title: "Settlement", placeHolder: "What may OpenGradient make public of each request?" },
  );
  return picked?.value;
}

function normalized(name: string): string {
  return name.trim().toLowerCase();
}
