/** A setting that asks for a graphics processor, on machines that have none. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { notOnThisPlatform } from "../../../server/src/inference/graph/executionProviders";
import { DidChangeSettings } from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { ROOT } from "../../support/languageClient";
import { anchoredStatement, Workspace } from "../../support/workspace";

/** One that no build for this platform holds: what is asked for can never be had. */
const ABSENT = (["coreml", "directml"] as const).find((provider) => notOnThisPlatform(provider) !== null);

test("a provider that this platform has not is replaced by the processor, and the status says so", async () => {
  if (ABSENT === undefined) {
    throw new Error("every platform lacks one of the two");
  }
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { executionProvider: ABSENT } });
  const model = client.status?.model;
  expect(model).toMatchObject({
    kind: "ready",
    notice: expect.stringMatching(/can be used only on .*, so the processor runs the model\./),
  });
  expect(client.log.join("\n")).toContain("so the processor runs the model");

  const statement = await anchoredStatement(client, workspace);
  // What really ran is what the evidence states, whatever the setting asked for.
  expect(statement).toContain('"executionProvider":"cpu"');
  expect(statement).not.toContain(ABSENT);

  await client.connection.sendNotification(DidChangeSettings.type, { settings: DEFAULT_SETTINGS });
  await client.until("the model without a notice", () => {
    const now = client.status?.model;
    return now?.kind === "ready" && now.notice === undefined;
  });
});

test("the command line says so on standard error, and completes all the same", () => {
  const workspace = Workspace.create();
  workspace.write("a.ts", "export function add(a: number, b: number) {\n  return \n}\n");
  const command = ["complete", "--file", "a.ts", "--line", "2", "--column", "10", "--provider", `${ABSENT}`];
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "dist", "cli.js"), ...command, "--json"],
    { cwd: workspace.folder, encoding: "utf8", env: { ...process.env, PROOFLINE_HOME: workspace.home } },
  );
  expect(stderr).toContain("so the processor runs the model");
  expect(JSON.parse(stdout)).toHaveProperty("text");
});
