/** What only the first use of a window shows, in which nothing was done yet. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./deadline";
import { CURSOR_LINE, KEYS, repository, SETTINGS, STACK, typeForGhostText } from "./sample";
import { type DrawnBadge, type Window, Workbench } from "./workbench";

const isPending = ([badge]: readonly DrawnBadge[]) => /^pending/.test(badge?.text ?? "");

describe("a fresh window", () => {
  let workbench: Workbench;
  let window: Window;
  let folder: string;

  beforeAll(async () => {
    const builtIn = ["markdown-language-features"];
    workbench = await Workbench.start({ settings: SETTINGS, keys: KEYS, builtIn });
    folder = repository(workbench, { "stack.js": STACK });
    window = await workbench.open(folder);
    await window.status((text) => /ready/.test(text), "a ready model");
  });
  afterAll(() => workbench?.stop());

  async function listed(said: RegExp): Promise<void> {
    const rows = window.page.locator('.pane:has(.title:text("Proofline Suggestions")) .monaco-list-row');
    await eventually(
      () => rows.allInnerTexts(),
      (texts) => texts.some((text) => said.test(text)),
      { what: `a row of the list like ${said}`, milliseconds: 60_000 },
    );
  }

  it("lists the first suggestion once it is accepted, and again after a reload, though nobody asks for it", async () => {
    await window.command("Explorer: Focus on Proofline Suggestions View");
    await typeForGhostText(window, "stack.js");
    await window.press("Tab");
    await window.waitForBadges(isPending, "a pending badge");
    await listed(/^pending/);
    await window.save();
    await eventually(
      () => readFileSync(join(folder, "stack.js"), "utf8"),
      (text) => text !== STACK && text !== "",
      { what: "the accepted text in its file" },
    );
    await window.reload();
    await listed(/^pending/);
  });

  it("shows the details of a verdict as a page, not as its Markdown", async () => {
    await window.file("stack.js");
    await window.goTo(CURSOR_LINE);
    await window.waitForBadges(isPending, "a pending badge");
    await window.command("Proofline: Open Verdict Document");
    await eventually(
      () => window.page.locator(".tab.active").allInnerTexts(),
      (tabs) => tabs.some((tab) => /Preview/.test(tab)),
      { what: "a preview of the verdict" },
    );
    expect(await window.toasts()).toEqual([]);
  });
});
