import type { ProoflineError } from "../platform/errors";
import type { RemedyKey } from "../platform/remedy";
import { type AudienceRemedyKey, SHARED_REMEDIES } from "../protocol/sharedRemedies";

/** What people at a terminal do: commands, flags and variables. */
const OWN_REMEDIES: Readonly<Record<AudienceRemedyKey, string>> = {
  tryAgain: "Run the command again.",
  reinstall: "Reinstall Proofline; in a clone, build it again.",
  makeHomeWritable:
    "Make sure that you can write to the folder that PROOFLINE_HOME names (~/.proofline by default) and that its disk has room, then run the command again.",

  makeRepository: "Run `git init` in the folder that holds the file.",

  restartModel: "Run the command again.",
  chooseVariant: "Name one of them with --variant.",
  chooseOtherFamily:
    "Name another family with --family, or leave it out to have it found from the tokenizer.",
  chooseModelAgain: "Choose a model again with `proofline model use`.",
  pinModelAgain: "Restore the model folder, or pin one that you trust with `proofline model pin`.",
  replacePin:
    "Restore the pinned files. If they were changed on purpose, pin again with --replace or with another --name.",
  pinCopy: "Pin a copy of the folder to have it under both names, or give --replace to rename it.",
  pinMissingModel:
    "Pin it with `proofline model pin`, or restore .proofline/models.json from version control.",
  getModelFolder:
    "Get the folder from whoever pinned it, then run `proofline model pin` on it in this repository. The same files get the same pin here, whatever the folder is called. Where its pin names each file's blob in Walrus, `proofline model fetch --walrus-aggregator URL` gets it, too.",

  correctPolicy: "Correct it; `proofline policy check` says what is wrong.",
  correctHub:
    "Give --hub or HF_ENDPOINT as an address like https://huggingface.co; plain http is only allowed for a hub on this computer.",
  checkHub:
    "Check the connection and --hub or HF_ENDPOINT, then run the command again. What has been downloaded is kept.",
  setHubToken:
    "Accept the model's conditions on its page, then give a token that may read it with --token-file or HF_TOKEN.",
  makeRoom:
    "Make room, for example with `proofline model remove`, or set PROOFLINE_HOME to a folder on another disk. What has been downloaded is kept.",

  anchorFirst: "Run `proofline anchor`. The first anchor makes the chain.",
  restartChain: "Run `proofline chain stop`, then try again.",
  correctChain: "Correct --chain-id, --rpc-url and --contract.",
  changeRelay: "Suggestions of OpenGradient are asked for in the editor alone.",
  checkRegistryServers:
    "Check the network connection, and the RPC servers that are named for the chain of OpenGradient's registry.",
  changeServer: "Check the network connection, or name another RPC server with --rpc-url.",
  compareServers: "Find out which of the servers named with --rpc-url is right, and leave the other one out.",
  waitForLowerFees: "Try again when fees are lower, or name another RPC server with --rpc-url.",
  fundAccount: "Send the account some of the chain's currency, or use another key with --key-file.",
  confirmPayment: "Run it again with --pay to agree. It is asked once for a chain and an account.",
  setWallet: "Suggestions of OpenGradient are asked for in the editor alone.",
  setTransactionKey:
    "Set PROOFLINE_KEY to 64 hexadecimal digits, or name a file that holds them with --key-file.",
};

export const COMMAND_REMEDIES: Readonly<Record<RemedyKey, string>> = { ...SHARED_REMEDIES, ...OWN_REMEDIES };

/** What went wrong and what to do next, in one text for people at a terminal. */
export function commandText({ reason, remedy }: ProoflineError): string {
  return `${reason} ${COMMAND_REMEDIES[remedy]}`;
}
