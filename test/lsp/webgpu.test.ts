/** A suggestion that a graphics processor computed: what the evidence says of it, and what the processor makes of it. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AnchorNow } from "../../server/src/protocol";
import { softwareGpu } from "../softwareGpu";
import { ROOT } from "./client";
import { offered, Workspace } from "./workspace";

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
    const { uri, shown, name } = await offered(client, workspace);
    client.insert(uri, shown);
    expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
    workspace.save(client, name);
    await client.connection.sendRequest(AnchorNow.type);
    const [file = ""] = workspace.files(".proofline/evidence");
    const { envelope } = JSON.parse(workspace.read(join(".proofline/evidence", file)));
    expect(Buffer.from(envelope.payload, "base64").toString()).toContain('"executionProvider":"webgpu"');

    const command = [join(ROOT, "dist", "cli.js"), "verify", "--json"];
    const { stdout } = spawnSync(process.execPath, command, {
      cwd: workspace.folder,
      encoding: "utf8",
      env: { ...process.env, PROOFLINE_HOME: workspace.home },
    });
    expect(JSON.parse(stdout).suggestions).toMatchObject([
      {
        summary: "verified",
        checks: { replay: expect.stringMatching(/^(?:exact|withinTolerance)$/) },
        findings: { environment: { engine: expect.stringMatching(/by webgpu$/) } },
      },
    ]);
  },
  300_000,
);
