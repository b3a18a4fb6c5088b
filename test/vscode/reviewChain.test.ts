import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, steadily } from "./deadline";
import { clickInDialog, dialog } from "./pinning";
import { repository, SETTINGS, STACK } from "./sample";
import { sharedWorkbench } from "./sharedWorkbench";
import type { Window, Workbench } from "./workbench";

const COMMAND = "Proofline: Review the Repository's Chain…";
const PROPOSED = /This repository proposes a chain/;

/** What a team might write down. Nobody listens there, and before somebody accepts it, nobody is asked. */
const PROPOSAL = {
  "proofline.chain.kind": "rpc",
  "proofline.chain.id": 10741,
  "proofline.chain.rpcUrls": ["http://127.0.0.1:9"],
  "proofline.chain.contract": `0x${"1".repeat(40)}`,
};

describe("a chain that a repository proposes", () => {
  let workbench: Workbench;
  let window: Window;

  beforeAll(async () => {
    workbench = await sharedWorkbench({ settings: SETTINGS });
  });
  afterAll(() => workbench?.stop());

  const tooltip = (said: (text: string) => boolean, what: string) =>
    eventually(() => window.hoverStatus(), said, { what, milliseconds: 60_000 });
  const isProposed = (text: string): boolean => text.includes("proposes a chain");
  const noDialog = async (): Promise<void> => {
    await eventually(
      () => window.page.locator(".monaco-dialog-box").count(),
      (count) => count === 0,
      { what: "no dialog" },
    );
  };

  it("is told of in quiet, shown whole, and counts when it is accepted and until it is taken back", async () => {
    const folder = repository(workbench, {
      "stack.js": STACK,
      ".vscode/settings.json": JSON.stringify(PROPOSAL),
    });
    window = await workbench.open(folder);
    await window.status((text) => /ready/.test(text), "a ready model");
    expect(await tooltip(isProposed, "the proposal in the tooltip")).toContain("chain 10741");
    const quiet = async () =>
      (await window.toasts()).length + (await window.page.locator(".monaco-dialog-box").count());
    await steadily(quiet, (count) => count === 0, { what: "nothing over the window" });

    await window.command(COMMAND);
    const shown = await dialog(window, PROPOSED);
    expect(shown).toContain("“chain 10741”. Let it count here, on this machine?");
    for (const line of [
      "http://127.0.0.1:9",
      "operated by this computer",
      PROPOSAL["proofline.chain.contract"],
    ]) {
      expect(shown).toContain(line);
    }
    await window.press("Escape");
    await noDialog();
    await tooltip(isProposed, "still a proposal");

    await window.command(COMMAND);
    await dialog(window, PROPOSED);
    await clickInDialog(window, "Accept");
    await noDialog();
    await tooltip((text) => !isProposed(text), "no proposal any more");

    await window.command(COMMAND);
    expect(await dialog(window, /The chain that counts in this repository is “chain 10741”/)).toContain(
      "which it proposed and you accepted",
    );
    await clickInDialog(window, "Accept It No Longer");
    await noDialog();
    await tooltip(isProposed, "a proposal again");

    await window.command(COMMAND);
    await dialog(window, PROPOSED);
    await clickInDialog(window, "Decline");
    await noDialog();
    await tooltip((text) => !isProposed(text), "nothing to look at");
    await window.close();
  });
});
