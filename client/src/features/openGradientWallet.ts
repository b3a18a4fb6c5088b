/** The key that pays enclaves of OpenGradient. It lies in the editor's secret storage and nowhere else. */
import { workspace } from "vscode";
import { GetOpenGradientKey } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import { askForPrivateKey } from "../dialogs";
import type { FeatureContext } from "../featureContext";

const STORAGE_KEY = "proofline.openGradientWallet";

export function activate(context: FeatureContext): void {
  const { secrets } = context.extension;

  context.server.onRequest(GetOpenGradientKey, async () =>
    workspace.isTrusted ? ((await secrets.get(STORAGE_KEY)) ?? null) : null,
  );

  registerCommand(context, "proofline.setOpenGradientWallet", async () => {
    const secret = await askForPrivateKey(
      "OpenGradient wallet",
      "Use a private key that holds little more than the OPG on Base that you want to spend, and that has let Permit2 move it. It is kept in this editor's secret storage.",
    );
    if (secret !== undefined) {
      await secrets.store(STORAGE_KEY, secret);
      await tell(
        context,
        "information",
        "The wallet is set. It pays enclaves that you accept, within the limits that you are shown.",
      );
    }
  });

  registerCommand(context, "proofline.clearOpenGradientWallet", async () => {
    await secrets.delete(STORAGE_KEY);
    await tell(
      context,
      "information",
      "The wallet was removed, and nothing more is asked for its money. Permits that it signed hold until they end.",
    );
  });
}
