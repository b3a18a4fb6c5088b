/** An enclave that suggests in the workbench, and the commands about it as a person answers them. */
import { DEVELOPMENT_KEY } from "../../server/src/chain/embedded/developmentAccount";
import { withoutDocuments } from "../support/opengradient/askedRegistry";
import { machineClock } from "../support/opengradient/clock";
import { type OpenGradient, startOpenGradient } from "../support/opengradient/startOpenGradient";
import { rpcChain } from "../support/rpcChain";
import { answer, choose, clickInDialog, dialog, notification, question } from "./pinning";
import type { Window } from "./workbench";

const CHAIN = 10_741;

export interface HostedEnclave {
  readonly open: OpenGradient;
  /** Settings of somebody who verifies: the chain with anchors and the one with the registry, each by an RPC server. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** An enclave that nobody has to pay, for the length of a test. What it settles by itself is announced and not mined. */
export async function hostEnclave(text: string): Promise<HostedEnclave> {
  const { configuration } = await rpcChain(CHAIN);
  const open = await startOpenGradient({ clock: machineClock(), isFree: true, answer: () => text });
  open.gateway.fault = "neverMined";
  return {
    open,
    settings: {
      "proofline.chain.kind": "rpc",
      "proofline.chain.id": configuration.id,
      "proofline.chain.rpcUrls": configuration.rpcUrls,
      "proofline.chain.contract": configuration.contract,
      "proofline.openGradient.rpcUrls": [await withoutDocuments(open)],
      "proofline.openGradient.registryChain": open.registry.chainId,
      "proofline.openGradient.registry": open.registry.address,
      "proofline.openGradient.relay": open.relay,
    },
  };
}

/** Chooses the enclave, a model and a settlement, and returns what there is to agree to. */
export async function askForEnclave(
  window: Window,
  { enclave }: OpenGradient,
  settlement: "Private" | "Individual",
): Promise<string> {
  await window.command("Proofline: Use OpenGradient Here…");
  await question(window, "Use OpenGradient Here");
  await choose(window, enclave.name);
  await question(window, "Model");
  await answer(window, "gpt-5");
  await question(window, "Settlement");
  await choose(window, settlement);
  return await dialog(window, /Send code of this repository to an enclave/);
}

/** Keeps a key that pays for anchors. */
export async function setTransactionKey(window: Window): Promise<void> {
  await window.command("Proofline: Set Transaction Key");
  await question(window, "Chain id");
  await window.press("Enter");
  await question(window, `Transaction key for chain ${CHAIN}`);
  await answer(window, DEVELOPMENT_KEY);
  await notification(window, /The transaction key .* is set/);
}

/** Runs *Anchor Now*, and agrees to pay. */
export async function payForAnchors(window: Window): Promise<void> {
  await window.command("Proofline: Anchor Now");
  await dialog(window, /Pay for anchors on/);
  await clickInDialog(window, "Pay");
}
