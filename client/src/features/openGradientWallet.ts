/** The key that pays enclaves of OpenGradient. It lies in the editor's secret storage and nowhere else. */
import { window, workspace } from "vscode";
import { GetOpenGradientKey } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import type { FeatureContext } from "../featureContext";
import { privateKeyIn } from "../privateKey";

const STORAGE_KEY = "proofline.openGradientWallet";

export function activate(context: FeatureContext): void {
  const { secrets } = context.extension;

  context.server.onRequest(GetOpenGradientKey, async () =>
    workspace.isTrusted ? ((await secrets.get(STORAGE_KEY)) ?? null) : null,
  );

  registerCommand(context, "proofline.setOpenGradientWallet", async () => {
    const key = await window.showInputBox({
      title: "OpenGradient wallet",
      prompt:
        "Use a private key that holds little more than the OPG on Base that you want to spend, and that has let Permit2 move it. It is kept in this editor's secret storage.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (value) =>
        privateKeyIn(value) === undefined ? "A private key is 64 hexadecimal digits." : undefined,
    });
    const secret = privateKeyIn(key ?? "");
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
    await tell(context, "information", "The wallet was removed. Permits that it signed hold until they end.");
  });
}
