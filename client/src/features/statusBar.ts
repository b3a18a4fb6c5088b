/** One status bar item and one language status item: what Proofline is doing, and why not where it does nothing. */
import {
  LanguageStatusSeverity,
  languages,
  MarkdownString,
  StatusBarAlignment,
  type TextDocument,
  window,
  workspace,
} from "vscode";
import { messageOf } from "../../../server/src/protocol/caught";
import { LINKED_COMMANDS } from "../../../server/src/protocol/linkedCommands";
import { DidChangeOffers, DidChangeStatus, GetDocumentState } from "../../../server/src/protocol/messages";
import type { CommandId } from "../commands";
import type { FeatureContext } from "../featureContext";
import { type StatusView, statusView } from "../statusView";
import { visibleInEditor, visibleTooltip } from "../visibleInEditor";

export function activate(context: FeatureContext): void {
  const bar = window.createStatusBarItem("proofline.status", StatusBarAlignment.Right, 100);
  bar.name = "Proofline";
  const language = languages.createLanguageStatusItem("proofline.language", "*");
  language.name = "Proofline";
  let offReason: string | null = null;

  function show(): void {
    const view = statusView(context.server.state, context.status, offReason);
    const text = view.word === "" ? "Proofline" : `Proofline: ${visibleInEditor(view.word)}`;
    const detail = visibleInEditor(view.detail);
    bar.text = `$(${view.icon}) ${text}`;
    bar.accessibilityInformation = { label: `${text}. ${detail}` };
    bar.tooltip = tooltip(view, context.status);
    bar.command = commandFor(view);
    bar.show();
    language.text = text;
    language.detail = detail;
    language.busy = view.busy;
    language.severity = severityOf(view);
    language.command = { title: "Show Log", command: "proofline.showLog" };
  }

  async function ask(): Promise<void> {
    const document = window.activeTextEditor?.document;
    const reason = document === undefined ? null : await reasonFor(context, document);
    // The answer is about the document that was asked for; another one may be active by now.
    if (window.activeTextEditor?.document === document) {
      offReason = reason;
      show();
    }
  }

  context.server.onNotification(DidChangeStatus, (status) => context.setStatus(status));
  context.server.onSignal(DidChangeOffers, () => void ask());
  context.subscribe(
    bar,
    language,
    context.onDidChangeState(() => {
      show();
      void ask();
    }),
    window.onDidChangeActiveTextEditor(() => void ask()),
    workspace.onDidSaveTextDocument(() => void ask()),
  );
  show();
}

/** Why a document gets no suggestions; `null` where it does, or where nobody can be asked. */
async function reasonFor(context: FeatureContext, document: TextDocument): Promise<string | null> {
  if (context.server.state.kind !== "running") {
    return null;
  }
  const uri = document.uri.toString();
  try {
    const { offReason, model } = await context.server.request(GetDocumentState, { uri });
    if (window.activeTextEditor?.document === document) {
      context.setRelayed(model.kind === "relayed" ? model : null);
    }
    return offReason ?? context.offers.whyNot(document, false);
  } catch (error) {
    context.log.debug(`${uri}: ${messageOf(error)}`);
    return null;
  }
}

function tooltip(view: StatusView, status: DidChangeStatus.Parameters | undefined): MarkdownString {
  const proposed = (status?.proposedModel ?? null) !== null;
  const proposesChain = (status?.proposedChain ?? null) !== null;
  const proposesPolicy = (status?.proposedPolicy ?? null) !== null;
  const links = [
    ...((status?.pending ?? 0) > 0 ? ["[Anchor Now](command:proofline.anchorNow)"] : []),
    ...(proposed ? ["[Use the Workspace's Model…](command:proofline.useWorkspaceModel)"] : []),
    ...(proposesChain ? ["[Review the Repository's Chain…](command:proofline.reviewChain)"] : []),
    ...(proposesPolicy ? ["[Review the Repository's Policy…](command:proofline.reviewPolicy)"] : []),
    "[Restart](command:proofline.restart)",
    "[Show Log](command:proofline.showLog)",
  ];
  // Not `appendText`, which leaves bare addresses to become links, and whose no-break spaces wrap lines within words.
  const text = new MarkdownString(`${visibleTooltip(view.detail)}\n\n${links.join(" · ")}`);
  text.isTrusted = { enabledCommands: LINKED_COMMANDS };
  return text;
}

function commandFor(view: StatusView): CommandId {
  return view.severity === "error" ? "proofline.showLog" : "proofline.menu";
}

function severityOf(view: StatusView): LanguageStatusSeverity {
  switch (view.severity) {
    case "information":
      return LanguageStatusSeverity.Information;
    case "warning":
      return LanguageStatusSeverity.Warning;
    case "error":
      return LanguageStatusSeverity.Error;
  }
}
