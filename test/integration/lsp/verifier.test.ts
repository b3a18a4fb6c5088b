/** A reader without the model, whose rules name a verifier: the badge says by whom a line was verified. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { expect, onTestFinished, test } from "vitest";
import { readPin } from "../../../server/src/models/pin/readPin";
import { GetVerdict } from "../../../server/src/protocol/messages";
import { ROOT } from "../../support/languageClient";
import { otherModel } from "../../support/otherModel";
import { acceptPolicy } from "../../support/policies";
import { removeFolder } from "../../support/removeFolder";
import { anchoredPlace, Workspace } from "../../support/workspace";

test("says verified, and by whom, where nobody here can replay it", async () => {
  const modelPath = otherModel();
  onTestFinished(() => removeFolder(modelPath));
  const { manifestDigest } = await readPin(modelPath);
  const workspace = Workspace.create();
  const author = await workspace.startReady({ settings: { modelPath } });
  const { uri, shown } = await anchoredPlace(author, workspace);
  await author.untilShown(uri, "verified");
  const text = author.text(uri);
  await author.stop();

  const key = generatePrivateKey();
  const env = {
    ...process.env,
    PROOFLINE_HOME: workspace.home,
    PROOFLINE_MODEL: modelPath,
    PROOFLINE_VERIFIER_KEY: key,
  };
  execFileSync(process.execPath, [join(ROOT, "dist", "cli.js"), "ci"], { cwd: workspace.folder, env });
  removeFolder(join(workspace.home, "replays"));

  const reader = await workspace.startReady();
  reader.open(uri, text);
  await reader.untilShown(uri, "unverified");
  await acceptPolicy(workspace, reader, {
    models: [{ name: "other-code", digest: manifestDigest }],
    verifiers: [{ name: "CI of the team", address: privateKeyToAccount(key).address.toLowerCase() }],
  });
  const [badge] = await reader.untilShown(uri, "verified");
  expect(badge?.note).toBe("by “CI of the team”");
  const verdict = await reader.connection.sendRequest(GetVerdict.type, { uri, position: shown.range.start });
  expect(verdict?.markdown).toContain("yields this text, as the verifier “CI of the team” says.");
  expect(verdict?.markdown).toContain("replayed by the verifier “CI of the team”");
  expect(verdict?.markdown).toContain("the replay itself, for which a verifier stands");
});
