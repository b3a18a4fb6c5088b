import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyModel } from "./changedModel";
import {
  addedText,
  anchorNow,
  CURSOR_LINE,
  offered,
  repository,
  SETTINGS,
  STACK,
  sealedSuggestions,
  TYPED,
  typeForGhostText,
} from "./sample";
import { sharedWorkbench } from "./sharedWorkbench";
import type { DrawnBadge, Workbench } from "./workbench";

const says = (text: RegExp) => (badges: readonly DrawnBadge[]) => text.test(badges[0]?.text ?? "");

describe("documents and windows", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await sharedWorkbench({ settings: SETTINGS });
  });
  afterAll(() => workbench?.stop());

  it("keeps two windows on one folder apart and anchors what both accepted", async () => {
    const folder = repository(workbench, { "one.js": STACK, "two.js": STACK });
    const one = await workbench.open(folder);
    const two = await workbench.open(folder);
    const accepted = [await typeForGhostText(one, "one.js"), await typeForGhostText(two, "two.js")];
    for (const window of [one, two]) {
      await window.press("Tab");
      await window.waitForBadges(says(/^pending/), "a pending badge");
      await window.save();
    }
    for (const window of [one, two]) {
      await anchorNow(window);
      await window.waitForBadges(says(/^verified/), "a verified badge", 60_000);
    }
    expect(
      sealedSuggestions(folder)
        .map((suggestion) => [suggestion.pieces[0]?.path, addedText(suggestion)])
        .sort(),
    ).toEqual([
      ["one.js", accepted[0]],
      ["two.js", accepted[1]],
    ]);
    await one.close();
    await two.close();
  });

  it("offers in an untitled document of a window without a folder, and says that only the journal has it", async () => {
    const window = await workbench.open();
    await window.untitled();
    await window.type(
      STACK.split("\n")
        .slice(0, CURSOR_LINE - 1)
        .join("\n"),
    );
    await window.press("Enter");
    await window.type(TYPED.trim());
    await offered(window);
    await window.press("Tab");
    const badges = await window.waitForBadges(says(/^pending/), "a pending badge");
    expect(badges[0]?.text).toMatch(/journal/);
    await window.close();
  });

  it("says why there is nothing in a file that is too large", async () => {
    const folder = repository(workbench, { "long.js": `// ${"x".repeat(10_500)}\n` });
    const window = await workbench.open(folder);
    await window.file("long.js");
    await window.status((text) => /off here/.test(text) && /10,000 characters/.test(text), "the reason");
    await window.close();
  });

  it("goes from badge to badge by keyboard and shows the verdict where the cursor is", async () => {
    const folder = repository(workbench, { "stack.js": STACK });
    const window = await workbench.open(folder);
    await typeForGhostText(window, "stack.js");
    await window.press("Tab");
    await window.waitForBadges(says(/^pending/), "a pending badge");
    await window.press("Escape", "Control+Home", "Alt+F9");
    await window.press("Control+Alt+F9");
    const hover = await window.hover();
    expect(hover).toContain("pending: accepted, and not onchain yet");
    expect(hover).toContain("Not checked");
    await window.close();
  });
});

describe("an untrusted workspace", () => {
  it("gets no model and no suggestion, and says so", async () => {
    const workbench = await sharedWorkbench({
      settings: {
        ...SETTINGS,
        "security.workspace.trust.enabled": true,
        "security.workspace.trust.startupPrompt": "never",
      },
    });
    try {
      const window = await workbench.open(repository(workbench, { "stack.js": STACK }));
      await window.status((text) => /off/.test(text) && /not trusted/.test(text), "the reason");
      await window.file("stack.js");
      await window.goTo(CURSOR_LINE);
      await window.type(TYPED);
      expect(await window.ghostText()).toBe("");
      expect(await window.toasts()).toEqual([]);
      await window.status((text) => /not trusted/.test(text), "the reason still");
    } finally {
      await workbench.stop();
    }
  });
});

describe("a model that was changed", () => {
  it("is not loaded, and the status names the file", async () => {
    const model = copyModel();
    const workbench = await sharedWorkbench({
      settings: { ...SETTINGS, "proofline.modelPath": model.folder },
    });
    try {
      const window = await workbench.open(repository(workbench, { "stack.js": STACK }));
      await window.status((text) => /ready/.test(text), "the model, as long as it is whole");
      model.change();
      await window.command("Proofline: Restart");
      await window.status(
        (text) => /no model/.test(text) && text.includes(model.changed),
        "the reason with the file's name",
      );
      expect(await window.hoverStatus()).toContain(model.changed);
    } finally {
      await workbench.stop();
      model.remove();
    }
  });
});
