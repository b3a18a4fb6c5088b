import { messageOf, ProoflineError } from "../platform/errors";
import type { RemedyKey } from "../platform/remedy";
import { type AudienceRemedyKey, SHARED_REMEDIES } from "../protocol/sharedRemedies";
import { EditorError } from "./editorError";

/** What people who work in the editor do: commands, settings and buttons. */
const OWN_REMEDIES: Readonly<Record<AudienceRemedyKey, string>> = {
  tryAgain: "Try again.",
  reinstall: "Reinstall the Proofline extension.",
  makeHomeWritable:
    "Make sure that you can write to the folder that PROOFLINE_HOME names (.proofline in your home folder by default) and that its disk has room, then run Proofline: Restart.",

  makeRepository: "Open the folder that holds the file, or make it a git repository.",

  restartModel: "Run Proofline: Restart.",
  chooseVariant: "Run Proofline: Pin a Model… again and pick one of them.",
  chooseOtherFamily:
    "Pin the model again without naming a prompt family; it is then found from the tokenizer.",
  chooseModelAgain: "Choose a model again with Proofline: Use the Workspace's Model….",
  pinModelAgain: "Restore the model folder, or pin one that you trust with Proofline: Pin a Model….",
  replacePin:
    "Restore the pinned files. If they were changed on purpose, run Proofline: Pin a Model… again and choose Replace the Pin.",
  pinCopy: "Pin a copy of the folder to have it under both names, or replace the pin to rename it.",
  pinMissingModel:
    "Pin it with Proofline: Pin a Model…, or restore .proofline/models.json from version control.",
  getModelFolder:
    "Get the folder from whoever pinned it, then run Proofline: Pin a Model… on it in this workspace. The same files get the same pin here, whatever the folder is called.",

  correctPolicy: "Correct .proofline/policy.json.",
  correctHub:
    "Correct the setting proofline.modelHub. It is an address like https://huggingface.co; plain http is only allowed for a hub on this computer.",
  checkHub:
    "Check the connection and the setting proofline.modelHub, then try again. What has been downloaded is kept.",
  setHubToken:
    "Accept the model's conditions on its page, then run Proofline: Set Hugging Face Token… with a token that may read it.",
  makeRoom: "Make room on the disk, then try again. What has been downloaded is kept.",

  anchorFirst: "Run Proofline: Anchor Now. The first anchor makes the chain.",
  restartChain:
    "Close every editor window for a minute so that the local chain stops, then open one and try again.",
  correctChain:
    "Correct the settings proofline.chain.id, proofline.chain.rpcUrls and proofline.chain.contract.",
  changeServer:
    "Check the network connection, or name another RPC server in the setting proofline.chain.rpcUrls.",
  compareServers:
    "Find out which of the servers in the setting proofline.chain.rpcUrls is right, and take the other one out.",
  waitForLowerFees:
    "Try again when fees are lower, or name another RPC server in the setting proofline.chain.rpcUrls.",
  fundAccount:
    "Send the account some of the chain's currency, or set another key with Proofline: Set Transaction Key.",
  confirmPayment:
    "Run Proofline: Anchor Now to see what it costs and to agree. It is asked once for a chain and an account.",
  changeRelay: "Change the setting proofline.openGradient.address, or take it out.",
  checkRegistryServers:
    "Check the network connection, and the RPC servers in the setting proofline.openGradient.rpcUrls.",
  setWallet:
    "Run Proofline: Set OpenGradient Wallet… with a key that holds OPG on Base and has let Permit2 move it.",
  setTransactionKey: "Set one with Proofline: Set Transaction Key: 64 hexadecimal digits.",
};

export const EDITOR_REMEDIES: Readonly<Record<RemedyKey, string>> = { ...SHARED_REMEDIES, ...OWN_REMEDIES };

/** What to do next, for people in the editor; `null` for a defect, about which they can do nothing. */
export function editorRemedy(error: unknown): string | null {
  if (error instanceof ProoflineError) {
    return EDITOR_REMEDIES[error.remedy];
  }
  return error instanceof EditorError ? error.remedy : null;
}

/** What went wrong and what to do next, in one text for people in the editor. */
export function editorText(error: unknown): string {
  const remedy = editorRemedy(error);
  return remedy === null ? messageOf(error) : `${messageOf(error)} ${remedy}`;
}
