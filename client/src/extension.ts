import type { ExtensionContext } from "vscode";
import { FeatureContext } from "./featureContext";
import * as acceptance from "./features/acceptSuggestion";
import * as anchor from "./features/anchorNow";
import * as badges from "./features/badges";
import * as blame from "./features/blameFile";
import * as codeLens from "./features/codeLens";
import * as contextKeys from "./features/contextKeys";
import * as enclavePreview from "./features/enclavePreview";
import * as exportReport from "./features/exportReport";
import * as fileDecorations from "./features/fileDecorations";
import * as inlineCompletion from "./features/ghostText";
import * as hubToken from "./features/hubToken";
import * as menu from "./features/menu";
import * as modelText from "./features/modelText";
import * as navigation from "./features/navigation";
import * as evidence from "./features/openEvidence";
import * as openGradient from "./features/openGradient";
import * as openGradientWallet from "./features/openGradientWallet";
import * as verdictDocument from "./features/openVerdict";
import * as pinnedModels from "./features/pinnedModels";
import * as replay from "./features/replayNow";
import * as restingCursor from "./features/restingCursor";
import * as reviewChain from "./features/reviewChain";
import * as reviewPolicy from "./features/reviewPolicy";
import * as log from "./features/showLog";
import * as status from "./features/statusBar";
import * as suggestionsView from "./features/suggestionsView";
import * as toggle from "./features/toggle";
import * as transactionKey from "./features/transactionKey";
import * as hover from "./features/verdictHover";
import * as verify from "./features/verifyFile";

const FEATURES = [
  status,
  // Before badges: the ranges that badges draw must follow an edit that ends a shown suggestion.
  inlineCompletion,
  restingCursor,
  badges,
  modelText,
  codeLens,
  contextKeys,
  acceptance,
  hover,
  navigation,
  verdictDocument,
  blame,
  evidence,
  anchor,
  replay,
  verify,
  suggestionsView,
  enclavePreview,
  exportReport,
  fileDecorations,
  transactionKey,
  hubToken,
  pinnedModels,
  menu,
  reviewChain,
  reviewPolicy,
  openGradient,
  openGradientWallet,
  toggle,
  log,
];

let context: FeatureContext | undefined;

export function activate(extension: ExtensionContext): void {
  const activated = new FeatureContext(extension);
  context = activated;
  for (const feature of FEATURES) {
    feature.activate(activated);
  }
  // Not awaited: an editor that starts must not wait for a language server.
  void activated.server.start();
}

export function deactivate(): Promise<void> | undefined {
  return context?.server.stop();
}
