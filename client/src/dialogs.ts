/**
 * The one door to messages, lists and progress. Everything is shown letter by letter here, so that no feature can forget
 * it: names, licences and reasons come from repositories and hubs. Escaping is done on this side, because only this
 * side knows what a message or a list would make of a text; the server sends what is.
 */
import {
  type CancellationToken,
  type MessageOptions,
  ProgressLocation,
  type QuickPickItem,
  QuickPickItemKind,
  window,
} from "vscode";
import { privateKeyIn } from "./privateKey";
import { visibleInEditor } from "./visibleInEditor";

type Severity = "information" | "warning" | "error";

/** Shows a message; resolves to the button that was chosen, if any. */
export async function showMessage(
  severity: Severity,
  message: string,
  ...buttons: readonly string[]
): Promise<string | undefined> {
  return SHOW[severity](visibleInEditor(message), {}, ...buttons);
}

/** Asks, with some lines of detail below the question; resolves to whether the one button was chosen. */
export async function agree(
  severity: Severity,
  question: string,
  lines: readonly string[],
  yes: string,
): Promise<boolean> {
  return (await decide(severity, question, lines, [yes])) === yes;
}

/** The same with several buttons; resolves to the one that was chosen, `undefined` for none. */
export async function decide<Button extends string>(
  severity: Severity,
  question: string,
  lines: readonly string[],
  buttons: readonly Button[],
): Promise<Button | undefined> {
  const detail = lines.map(visibleInEditor).join("\n");
  const chosen = await SHOW[severity](visibleInEditor(question), { modal: true, detail }, ...buttons);
  return buttons.find((button) => button === chosen);
}

type ShowMessage = (
  message: string,
  options: MessageOptions,
  ...buttons: readonly string[]
) => Thenable<string | undefined>;

const SHOW: Readonly<Record<Severity, ShowMessage>> = {
  information: (...message) => window.showInformationMessage(...message),
  warning: (...message) => window.showWarningMessage(...message),
  error: (...message) => window.showErrorMessage(...message),
};

export interface ListChoice<Value> {
  /** A codicon's name. */
  readonly icon?: string;
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly value: Value;
}

/** Lets a person pick from a list; `undefined` where they changed their mind. */
export async function pick<Value>(
  choices: readonly ListChoice<Value>[],
  { title, placeHolder }: { readonly title: string; readonly placeHolder: string },
): Promise<{ readonly value: Value } | undefined> {
  const items = choices.map(({ icon, label, description = "", detail = "", value }) => ({
    label: `${icon === undefined ? "" : `$(${icon}) `}${visibleInEditor(label)}`,
    description: visibleInEditor(description),
    detail: visibleInEditor(detail),
    value,
  }));
  return window.showQuickPick<QuickPickItem & { readonly value: Value }>(items, { title, placeHolder });
}

/** One of several that can be chosen together. */
export interface ManyChoice<Value> {
  /** What stands above the first of adjacent ones that share it. */
  readonly group: string;
  readonly label: string;
  readonly description: string;
  readonly value: Value;
  readonly picked: boolean;
}

/** Lets a person choose several from a list; `undefined` where they changed their mind. */
export async function pickMany<Value>(
  choices: readonly ManyChoice<Value>[],
  { title, placeHolder }: { readonly title: string; readonly placeHolder: string },
): Promise<readonly Value[] | undefined> {
  const items = choices.flatMap(({ group, label, description, value, picked }, index) => [
    ...(group === choices[index - 1]?.group
      ? []
      : [{ label: visibleInEditor(group), kind: QuickPickItemKind.Separator, values: [] }]),
    { label: visibleInEditor(label), description: visibleInEditor(description), picked, values: [value] },
  ]);
  const chosen = await window.showQuickPick<QuickPickItem & { readonly values: readonly Value[] }>(items, {
    title,
    placeHolder,
    canPickMany: true,
  });
  return chosen?.flatMap(({ values }) => values);
}

/** Tells how far some work is: what it does now, and by how many percent it got further. */
export type Advance = (message: string, increment: number) => void;

/** Works under a notification with *Cancel*. */
export function withProgress<Value>(
  title: string,
  work: (token: CancellationToken, advance: Advance) => Promise<Value>,
): Thenable<Value> {
  return window.withProgress(
    { location: ProgressLocation.Notification, title: visibleInEditor(title), cancellable: true },
    (progress, token) =>
      work(token, (message, increment) => progress.report({ message: visibleInEditor(message), increment })),
  );
}

/** Says something in the status bar for a while. */
export function sayInStatusBar(message: string, milliseconds: number): void {
  window.setStatusBarMessage(`$(info) ${visibleInEditor(message)}`, milliseconds);
}

/** A private key as a person gives it, which nobody sees; `undefined` where they give none. */
export async function askForPrivateKey(title: string, prompt: string): Promise<string | undefined> {
  const key = await window.showInputBox({
    title,
    prompt,
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) =>
      privateKeyIn(value) === undefined ? "A private key is 64 hexadecimal digits." : undefined,
  });
  return privateKeyIn(key ?? "");
}
