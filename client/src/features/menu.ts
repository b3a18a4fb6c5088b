/** The menu behind the status bar item: what can be changed or asked right here. */
import { commands, window } from "vscode";
import { unreachable } from "../../../server/src/protocol/caught";
import { registerCommand } from "../commandRunner";
import { isEnabled, readOffers, setLanguage } from "../config";
import { pick } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { type MenuAction, menuChoices } from "../menuChoices";

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.menu", async () => {
    const document = window.activeTextEditor?.document;
    const choices = menuChoices({
      server: context.server.state.kind,
      status: context.status,
      enabled: isEnabled(context.configuration),
      automatic: readOffers(context.configuration).automatic,
      isSnoozed: context.offers.snoozedUntil !== null,
      language: document?.languageId ?? null,
      whyNoOffer: document === undefined ? null : context.offers.whyNot(document, false),
      silence: document === undefined ? null : context.offers.silenceIn(document.uri.toString()),
    });
    const chosen = await pick(
      choices.map((one) => ({ ...one, value: one.action })),
      { title: "Proofline", placeHolder: "What would you like to do?" },
    );
    if (chosen !== undefined) {
      await act(context, chosen.value);
    }
  });
}

async function act({ configuration, offers }: FeatureContext, action: MenuAction): Promise<void> {
  switch (action.kind) {
    case "command":
      await commands.executeCommand(action.command, ...(action.parameters ?? []));
      return;
    case "language":
      await setLanguage(configuration, action.language, action.wanted);
      return;
    case "automatic":
      await configuration.set("user", "automatic", action.wanted);
      return;
    case "snooze":
      offers.snooze(action.minutes);
      return;
    default:
      return unreachable(action);
  }
}
