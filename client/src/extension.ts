import type { ExtensionContext } from "vscode";
import { Context } from "./context";
import * as acceptance from "./features/acceptance";
import * as anchor from "./features/anchor";
import * as badges from "./features/badges";
import * as evidence from "./features/evidence";
import * as hover from "./features/hover";
import * as hubToken from "./features/hubToken";
import * as inlineCompletion from "./features/inlineCompletion";
import * as log from "./features/log";
import * as navigation from "./features/navigation";
import * as pinModel from "./features/pinModel";
import * as replay from "./features/replay";
import * as status from "./features/status";
import * as toggle from "./features/toggle";
import * as transactionKey from "./features/transactionKey";
import * as verdict from "./features/verdict";
import * as verify from "./features/verify";

const FEATURES = [
  status,
  // Before badges: the ranges that badges draw must follow an edit that ends an offer.
  inlineCompletion,
  badges,
  acceptance,
  hover,
  verdict,
  navigation,
  evidence,
  anchor,
  replay,
  verify,
  transactionKey,
  hubToken,
  pinModel,
  toggle,
  log,
];

let context: Context | undefined;

export function activate(extension: ExtensionContext): void {
  const activated = new Context(extension);
  context = activated;
  for (const feature of FEATURES) {
    feature.activate(activated);
  }
  // Not awaited: an editor that starts must not wait for a language server.
  void activated.start();
}

export function deactivate(): Promise<void> | undefined {
  return context?.stop();
}
