/** A suggestion that a graphics processor computed: what the evidence says of it, and what the processor makes of it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../support/languageClient";
import { softwareGpu } from "../../support/softwareGpu";
import { anchoredStatement, Workspace } from "../../support/workspace";

const gpu = softwareGpu();

test.skipIf(gpu === null)(
  "what WebGPU computed is named so, and stands up to a replay on the processor",
  async () => {
    const workspace = Workspace.create();
    const client = await workspace.startReady({
      settings: { executionProvider: "webgpu", maxTokens: 12 },
      env: gpu ?? {},
    });
    expect(client.status?.model).toMatchObject({ kind: "ready" });
    expect(client.status?.model).not.toHaveProperty("notice");
    expect(await anchoredStatement(client, workspace)).toContain('"executionProvider":"webgpu"');

    const command = [join(ROOT, "dist", "cli.js"), "verify", "--json"];
    const { stdout } = spawnSync(process.execPath, command, {
      cwd: workspace.folder,
      encoding: "utf8",
      env: { ...process.env, PROOFLINE_HOME: workspace.home },
    });
    expect(JSON.parse(stdout).suggestions).toMatchObject([
      {
        summary: "verified",
        checks: { execution: expect.stringMatching(/^(?:exact|withinTolerance)$/) },
        findings: { environment: { engine: expect.stringMatching(/by webgpu$/) } },
      },
    ]);
  },
  300_000,
);
