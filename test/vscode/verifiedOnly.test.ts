import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./deadline";
import { anchorNow, changeOneByte, repository, SETTINGS, STACK, typeForGhostText } from "./sample";
import { sharedWorkbench } from "./sharedWorkbench";
import { packagedExtension, type Workbench } from "./workbench";

describe("verified only", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await sharedWorkbench({ settings: { ...SETTINGS, "proofline.verifiedOnly": "block" } });
  });
  afterAll(() => workbench?.stop());

  it("lists what falls short in the Problems panel, though the workspace asks for less", async () => {
    const folder = repository(workbench, {
      "stack.js": STACK,
      ".vscode/settings.json": JSON.stringify({ "proofline.verifiedOnly": "off" }),
    });
    const window = await workbench.open(folder);
    await typeForGhostText(window, "stack.js");
    await window.press("Tab");
    await window.waitForBadges((badges) => /^pending/.test(badges[0]?.text ?? ""), "a pending badge");
    await eventually(
      () => window.problems(),
      (rows) => rows.some((row) => /suggestion.*pending/.test(row)),
      {
        what: "a pending suggestion in the Problems panel",
      },
    );

    await window.file("stack.js");
    await window.save();
    await anchorNow(window);
    await window.waitForBadges(
      (badges) => /^verified/.test(badges[0]?.text ?? ""),
      "a verified badge",
      60_000,
    );
    await eventually(
      () => window.problems(),
      (rows) => !rows.some((row) => /Proofline/.test(row)),
      {
        what: "no problem any more",
      },
    );

    const [name = ""] = readdirSync(join(folder, ".proofline", "evidence"));
    changeOneByte(join(folder, ".proofline", "evidence", name));
    await window.waitForBadges((badges) => /^failed/.test(badges[0]?.text ?? ""), "a failed badge");
    await eventually(
      () => window.problems(),
      (rows) => rows.some((row) => /suggestion.*failed/.test(row)) && rows.some((row) => row.includes(name)),
      { what: "the suggestion and the evidence file in the Problems panel" },
    );
    await window.close();
  });
});

describe("the package", () => {
  it("runs with no node_modules near it", async () => {
    const extensions = await packagedExtension();
    const name = readdirSync(extensions).find((entry) => entry.startsWith("proofline.proofline-")) ?? "";
    for (let folder = join(extensions, name); dirname(folder) !== folder; folder = dirname(folder)) {
      expect(existsSync(join(folder, "node_modules")), folder).toBe(false);
    }
  });
});
