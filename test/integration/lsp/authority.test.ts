/** A policy's authority in the editor: asked in the background, and its revocations are seen without a restart. */
import { expect, onTestFinished, test } from "vitest";
import { approvalFileName, formatApproval } from "../../../server/src/chain/authority/approvalFile";
import type { Attested } from "../../../server/src/chain/authority/attestation";
import { AuthorityWriter } from "../../../server/src/chain/authority/authorityWriter";
import { denialDigest } from "../../../server/src/chain/authority/subjects";
import { DEVELOPMENT_ACCOUNT, deployEas } from "../../../server/src/chain/eas/deploy";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { Rpc } from "../../../server/src/chain/rpc/rpc";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { GetVerdict, VerifyFile } from "../../../server/src/protocol/messages";
import type { ChainSettings } from "../../../server/src/protocol/settings";
import { anvilPath, startAnvil } from "../../support/anvil";
import { acceptPolicy } from "../../support/policies";
import { anchoredPlace, Workspace } from "../../support/workspace";

test("unverified until the authority approves, verified then, and failed once it says that a device was compromised", async () => {
  const anvil = await startAnvil(anvilPath(), ["--chain-id", "31337", "--slots-in-an-epoch", "1"]);
  onTestFinished(() => anvil.kill());
  const contract = await deployEas(new Rpc(anvil.url));
  const chain: ChainSettings = { kind: "rpc", id: 31_337, rpcUrls: [anvil.url], contract };
  const workspace = Workspace.create();
  const client = await workspace.startReady({
    settings: { chain },
    transactionKey: DEVELOPMENT_KEY,
    pays: () => true,
  });
  const { uri, shown } = await anchoredPlace(client, workspace);
  await client.untilShown(uri, "verified");

  const authority = { addresses: [{ name: "leads", address: DEVELOPMENT_ACCOUNT }] };
  await acceptPolicy(workspace, client, { chain: { id: 31_337, contract }, authority });
  await client.untilShown(uri, "unverified");

  const writer = await AuthorityWriter.open(
    { kind: "rpc", home: workspace.home, id: 31_337, rpcUrls: [anvil.url], contract },
    { key: DEVELOPMENT_KEY, confirm: () => Promise.resolve(true) },
  );
  onTestFinished(() => writer.close());
  const [file = ""] = workspace.files(".proofline/evidence");
  const reading = readEvidence(Buffer.from(workspace.read(`.proofline/evidence/${file}`)));
  const execution = reading.batch?.facts.execution;
  if (reading.batch === null || execution?.kind !== "replayable") {
    throw new Error("expected intact evidence of a model");
  }
  const device = { kind: "device", id: reading.batch.device } as const;
  const model = { kind: "model", id: execution.model.manifestDigest } as const;
  for (const subject of [device, model]) {
    const attested: Attested = { kind: "approval", subject, name: subject.kind };
    const approval = await writer.attest(attested, 0);
    const path = `.proofline/authority/${approvalFileName(approval)}`;
    workspace.write(path, formatApproval(approval));
    client.watched(workspace.path(path));
  }
  await client.untilShown(uri, "verified");

  await writer.deny(denialDigest(device, "compromised"));
  await client.connection.sendRequest(VerifyFile.type, { uri });
  await client.untilShown(uri, "failed");
  const verdict = await client.connection.sendRequest(GetVerdict.type, { uri, position: shown.range.start });
  expect(verdict?.markdown).toContain("The authority of the policy team says that it was compromised");
});
