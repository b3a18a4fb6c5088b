/**
 * The key that pays for anchoring on a chain of the settings. It lies in the editor's secret storage and nowhere else;
 * the embedded chain needs none.
 */
import { window, workspace } from "vscode";
import { ConfirmPayment, GetTransactionKey } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import { readSettings } from "../config";
import { agree, askForPrivateKey } from "../dialogs";
import type { FeatureContext } from "../featureContext";

export function activate(context: FeatureContext): void {
  const { secrets } = context.extension;

  context.server.onRequest(GetTransactionKey, async ({ chainId }) =>
    workspace.isTrusted ? ((await secrets.get(storageKey(chainId))) ?? null) : null,
  );

  context.server.onRequest(ConfirmPayment, ({ chain, account, batches, expected, most, ...limits }) =>
    agree(
      "warning",
      `Pay for anchors on ${chain}?`,
      [
        `${account} pays about ${expected} and at most ${most} of the chain's currency for ${batches === 1 ? "one batch" : `${batches} batches`}.`,
        `From then on it pays without asking: at most ${limits.mostForAnchor} for one anchor and ${limits.mostForDay} within a day. What a rollup asks for its data comes on top.`,
      ],
      "Pay",
    ),
  );

  registerCommand(context, "proofline.setTransactionKey", async () => {
    const chainId = await askForChain(context);
    if (chainId === undefined) {
      return;
    }
    const secret = await askForPrivateKey(
      `Transaction key for chain ${chainId}`,
      "Use a private key that holds only what anchoring costs. It is kept in this editor's secret storage.",
    );
    if (secret !== undefined) {
      await secrets.store(storageKey(chainId), secret);
      await tell(context, "information", `The transaction key for chain ${chainId} is set.`);
    }
  });

  registerCommand(context, "proofline.clearTransactionKey", async () => {
    const chainId = await askForChain(context);
    if (chainId !== undefined) {
      await secrets.delete(storageKey(chainId));
      await tell(context, "information", `The transaction key for chain ${chainId} was removed.`);
    }
  });
}

async function askForChain(context: FeatureContext): Promise<number | undefined> {
  const settings = readSettings(context.configuration);
  const chain = "problem" in settings ? undefined : settings.chain;
  const answer = await window.showInputBox({
    title: "Chain id",
    prompt: "The chain that the key is for. The embedded chain needs no key.",
    value: chain?.kind === "rpc" ? String(chain.id) : "",
    validateInput: (value) =>
      /^[1-9]\d{0,14}$/.test(value.trim()) ? undefined : "A chain id is a positive whole number.",
  });
  return answer === undefined ? undefined : Number(answer.trim());
}

function storageKey(chainId: number): string {
  return `proofline.transactionKey.${chainId}`;
}
