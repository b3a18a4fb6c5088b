/** Paying for anchors from the editor: nobody is asked unless they asked for it themselves, and nothing is paid before. */
import { privateKeyToAccount } from "viem/accounts";
import { expect, test } from "vitest";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { Quantity } from "../../../server/src/chain/rpc/blocks";
import { AnchorNow, type ConfirmPayment } from "../../../server/src/protocol/messages";
import { rpcChain } from "../../support/rpcChain";
import { offered, Workspace } from "../../support/workspace";

test("a first payment is confirmed by the person who anchors now, and only once", async () => {
  const { configuration, rpc } = await rpcChain(10740);
  const { kind, id, rpcUrls, contract } = configuration;
  const chain = { kind, id, rpcUrls: [...rpcUrls], contract };
  const { address } = privateKeyToAccount(DEVELOPMENT_KEY);
  const paid = () => rpc.call("eth_getTransactionCount", [address, "latest"], Quantity);
  const before = await paid();
  const bills: ConfirmPayment.Parameters[] = [];
  let agrees = false;
  const workspace = Workspace.create();
  const client = await workspace.startReady({
    settings: { chain },
    transactionKey: DEVELOPMENT_KEY,
    pays: (bill) => {
      bills.push(bill);
      return agrees;
    },
  });
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, name);

  const declined = await client.connection.sendRequest(AnchorNow.type);
  expect(declined).toMatchObject({ anchored: 0, problems: [expect.stringContaining("first payment")] });
  expect(bills).toMatchObject([{ account: address, batches: 1, mostForAnchor: "0.05", mostForDay: "0.2" }]);
  expect(await paid()).toBe(before);
  await client.stop();

  // In the background the next server tries again, and asks nobody.
  const quiet = await workspace.startReady({
    settings: { chain },
    transactionKey: DEVELOPMENT_KEY,
    pays: (bill) => {
      bills.push(bill);
      return agrees;
    },
  });
  await quiet.until("it waits for a person", () => quiet.status?.chain.kind === "waiting");
  expect(bills).toHaveLength(1);
  expect(await paid()).toBe(before);

  agrees = true;
  expect(await quiet.connection.sendRequest(AnchorNow.type)).toMatchObject({ anchored: 1, problems: [] });
  expect(bills).toHaveLength(2);
  expect(await paid()).toBe(before + 1);
});
