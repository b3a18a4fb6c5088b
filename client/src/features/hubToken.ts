/** The token that may read models on a hub. It lies in the editor's secret storage and goes to that hub alone. */
import { window, workspace } from "vscode";
import { GetHubToken } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import { readSettings } from "../config";
import type { FeatureContext } from "../featureContext";

export function activate(context: FeatureContext): void {
  const { secrets } = context.extension;

  context.server.onRequest(GetHubToken, async ({ hub }) =>
    workspace.isTrusted ? ((await secrets.get(storageKey(hub))) ?? null) : null,
  );

  registerCommand(context, "proofline.setHubToken", async () => {
    const hub = hubOfSettings(context);
    const token = await window.showInputBox({
      title: `Token for ${hub}`,
      prompt: `Use a token that can only read models. It is kept in this editor's secret storage and sent only to ${hub}.`,
      password: true,
      ignoreFocusOut: true,
      validateInput: (value) =>
        /^[\x21-\x7e]+$/.test(value.trim())
          ? undefined
          : "A token has no spaces and only plain letters, digits and signs.",
    });
    if (token !== undefined && token.trim() !== "") {
      await secrets.store(storageKey(hub), token.trim());
      await tell(context, "information", `The token for ${hub} is set.`);
    }
  });

  registerCommand(context, "proofline.clearHubToken", async () => {
    const hub = hubOfSettings(context);
    await secrets.delete(storageKey(hub));
    await tell(context, "information", `The token for ${hub} was removed.`);
  });
}

/** The hub's origin, as the server asks for it. */
function hubOfSettings(context: FeatureContext): string {
  const settings = readSettings(context.configuration);
  if ("problem" in settings) {
    throw new Error(`${settings.problem} ${settings.remedy}`);
  }
  return URL.canParse(settings.modelHub) ? new URL(settings.modelHub).origin : settings.modelHub;
}

function storageKey(hub: string): string {
  return `proofline.hubToken.${hub}`;
}
