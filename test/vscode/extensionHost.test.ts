import { mkdirSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTests } from "@vscode/test-electron";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder } from "../support/removeFolder";
import { findDesktop } from "./desktop";
import { packagedExtension } from "./workbench";

const root = join(import.meta.dirname, "..", "..");

describe("inside the extension host", () => {
  let scratch = "";

  beforeAll(async () => {
    scratch = mkdtempSync(join(tmpdir(), "proofline-extension-host-"));
    mkdirSync(join(scratch, "folder"));
    await build({
      entryPoints: [join(import.meta.dirname, "extensionHost", "index.ts")],
      // Beside the clone's node_modules, where the extension host finds mocha.
      outfile: join(root, "out", "test", "extensionHost", "index.js"),
      bundle: true,
      platform: "node",
      format: "cjs",
      external: ["vscode", "mocha"],
      define: { "process.env.PROOFLINE_TEST_SLOWNESS": JSON.stringify(process.env.PROOFLINE_TEST_SLOWNESS) },
    });
  });
  afterAll(() => removeFolder(scratch));

  it("passes its own tests, as installed from the package", async () => {
    const extensions = await packagedExtension();
    const installed = readdirSync(extensions).find((name) => name.startsWith("proofline.proofline-"));
    expect(installed).toBeDefined();
    await runTests({
      vscodeExecutablePath: (await findDesktop()) ?? join(import.meta.dirname, "codeShim.mjs"),
      extensionDevelopmentPath: join(extensions, installed ?? ""),
      extensionTestsPath: join(root, "out", "test", "extensionHost", "index.js"),
      launchArgs: [
        join(scratch, "folder"),
        `--extensions-dir=${join(scratch, "extensions")}`,
        `--user-data-dir=${join(scratch, "user")}`,
      ],
    });
  });
});
