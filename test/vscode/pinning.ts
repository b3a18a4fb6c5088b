/** A small model on a stand-in hub, and the commands about models as a person answers them. */
import { mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, sep } from "node:path";
import { ARCHITECTURES, SMALL } from "../support/models/decoder";
import { type ModelFolderParameters, writeGraph, writeModelFolder } from "../support/models/modelFolder";
import { removeFolder } from "../support/removeFolder";
import { StandInHub, type StoredFile } from "../unit/models/standInHub";
import { eventually } from "./deadline";
import type { Window } from "./workbench";

export const REPOSITORY = "someone/tiny-coder";
export const GRAPH = "onnx/model.onnx";
export const SMALL_GRAPH = "onnx/model_q4.onnx";

const MODEL: ModelFolderParameters = {
  architecture: ARCHITECTURES.qwen2,
  family: "qwen2.5-coder/v1",
  size: SMALL,
  // One that finds something to add in the sample; others write brackets without their other half, and are not offered.
  seed: 14,
  export: { layout: "optimum", weights: "float", float: "float32", positions: true },
};

export interface HostedModel {
  /** A folder `tiny-coder` with what the hub has, too. */
  readonly folder: string;
  readonly hub: StandInHub;
  /** The graph of a second variant with weights of 4 bits, for the hub to have. */
  readonly smallGraph: StoredFile;
  /** The files of the folder as the hub has them at first. */
  files(): Map<string, StoredFile>;
  stop(): Promise<void>;
}

export async function hostModel(): Promise<HostedModel> {
  const top = mkdtempSync(join(tmpdir(), "proofline-model-"));
  const folder = join(top, "tiny-coder");
  writeModelFolder(folder, MODEL);
  writeGraph(top, { ...MODEL, export: { ...MODEL.export, weights: 4 }, graph: SMALL_GRAPH });
  const files = () => filesOf(folder);
  const hub = await StandInHub.start(REPOSITORY, files());
  return {
    folder,
    hub,
    smallGraph: { bytes: readFileSync(join(top, SMALL_GRAPH)), large: true },
    files,
    stop: async () => {
      await hub.stop();
      removeFolder(top);
    },
  };
}

function filesOf(folder: string): Map<string, StoredFile> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return new Map(
    paths
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => [
        path.replaceAll(sep, "/"),
        { bytes: readFileSync(join(folder, path)), large: path.endsWith(".onnx") },
      ]),
  );
}

/** Waits for a question at the top of the window by its title. */
export async function question(window: Window, title: string): Promise<void> {
  await window.page
    .locator(".quick-input-widget:visible .quick-input-title")
    .getByText(title, { exact: true })
    .waitFor();
}

/** The choices of a question, as drawn. */
export async function choices(window: Window): Promise<readonly string[]> {
  return await window.page.locator(".quick-input-widget:visible .monaco-list-row").allInnerTexts();
}

export async function choose(window: Window, label: string): Promise<void> {
  await window.page.locator(".quick-input-widget:visible .monaco-list-row").getByText(label).first().click();
}

/** Answers a question that takes text. */
export async function answer(window: Window, text: string): Promise<void> {
  await window.type(text);
  await window.press("Enter");
}

/** Names a file or folder where VS Code asks for one without the system's own dialog. */
export async function choosePath(window: Window, title: string, path: string): Promise<void> {
  await question(window, title);
  const entry = (name: string) =>
    window.page.locator(".quick-input-widget:visible .monaco-list-row").getByText(name, { exact: true });
  // It begins at a folder of its own, and lists the one around what is typed once it has followed.
  await entry("..").waitFor();
  await window.page.locator(".quick-input-widget:visible input").first().fill(path);
  await entry(basename(path)).waitFor();
  await window.press("Enter");
}

/** Runs *Pin a Model…* up to the revision, which stays as it is offered. */
export async function askForRepository(window: Window, repository = REPOSITORY): Promise<void> {
  await window.command("Proofline: Pin a Model…");
  await question(window, "Pin a Model");
  await choose(window, "A Hugging Face repository…");
  await question(window, "Hugging Face repository");
  await answer(window, repository);
  await question(window, "Revision");
  await window.press("Enter");
}

/** The text of the dialog in the middle of the window, its buttons among it. */
export async function dialog(window: Window, text = /./): Promise<string> {
  const box = window.page.locator(".monaco-dialog-box", { hasText: text });
  await box.waitFor();
  return (await box.allInnerTexts()).join("\n").replaceAll("\u00a0", " ");
}

export async function clickInDialog(window: Window, button: string): Promise<void> {
  await window.page.locator(".monaco-dialog-box").getByRole("button", { name: button, exact: true }).click();
}

/** The text of the first notification that says so. */
export async function notification(window: Window, text: RegExp, milliseconds = 60_000): Promise<string> {
  const found = await eventually(
    () => window.toasts(),
    (toasts) => toasts.some((toast) => text.test(toast)),
    { what: `a notification like ${text}`, milliseconds },
  );
  return found.find((toast) => text.test(toast)) ?? "";
}

/** Clicks a button of the notification that says so. */
export async function clickIn(window: Window, text: RegExp, button: string): Promise<void> {
  await window.page
    .locator(".notification-toast", {
      has: window.page.locator(".notification-list-item-message", { hasText: text }),
    })
    .getByRole("button", { name: button, exact: true })
    .click();
}
