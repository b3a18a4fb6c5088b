import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./deadline";
import { anchorNow, CURSOR_LINE, commitAll, repository, SETTINGS, STACK, typeForGhostText } from "./sample";
import { GIT } from "./server";
import { sharedWorkbench } from "./sharedWorkbench";
import { type DrawnBadge, packagedExtension, type Window, Workbench } from "./workbench";

const says = (text: RegExp) => (badges: readonly DrawnBadge[]) => text.test(badges[0]?.text ?? "");

/** A window on a repository in one of whose files a suggestion was accepted and anchored. */
async function anchored(workbench: Workbench): Promise<{ window: Window; folder: string }> {
  const folder = repository(workbench, { "stack.js": STACK, "other.js": STACK });
  const window = await workbench.open(folder);
  await typeForGhostText(window, "stack.js");
  await window.press("Tab");
  await window.waitForBadges(says(/^pending/), "a pending badge");
  await window.save();
  await anchorNow(window);
  await window.waitForBadges(says(/^verified/), "a verified badge", 60_000);
  return { window, folder };
}

/** Changes the accepted line on the disk, as somebody else's editor would. */
function changeLine(folder: string, change: (line: string) => string): void {
  const file = join(folder, "stack.js");
  const lines = readFileSync(file, "utf8").split("\n");
  writeFileSync(file, lines.map((line, at) => (at === CURSOR_LINE - 1 ? change(line) : line)).join("\n"));
}

describe("a reviewer's window", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await sharedWorkbench({
      settings: { ...SETTINGS, "proofline.fileDecorations": true, "proofline.codeLens": true },
    });
  });
  afterAll(() => workbench?.stop());

  it("has letters in the Explorer, a line above code that opens the verdict document, and a blame", async () => {
    const { window, folder } = await anchored(workbench);
    await window.waitForLetters((letters) => letters["stack.js"] === "V" && letters["other.js"] === "");
    expect(await window.waitForLens(/^verified/)).toMatch(
      /^verified · part.* · accepted on this computer · onchain since \d{4}-.* UTC$/,
    );

    await window.command("Proofline: Blame File On or Off");
    expect(await window.waitForBlame(CURSOR_LINE, /^verified/)).toMatch(
      /^verified · part.* {2}this computer {2}\d{4}-\d\d-\d\d$/,
    );
    expect(await window.waitForBlame(1, /^ +$/)).not.toBe("");
    await window.command("Proofline: Blame File On or Off");
    await window.waitForBlame(CURSOR_LINE, /^$/);

    await window.page
      .locator(".codelens-decoration a", { hasText: /^verified/ })
      .first()
      .click();
    await window.page.waitForSelector('.tab.active[data-resource-name="Verdict.md"]');
    expect((await window.lines()).join("\n")).toContain("What was checked");
    await window.command("View: Close Editor");

    await window.command("View: Close All Editors");
    changeLine(folder, (line) => `${line} // Q`);
    await window.waitForLetters((letters) => letters["stack.js"] === "E");
    await window.close();
  });

  it("lists every suggestion, counts them, and opens one at its line", async () => {
    const { window } = await anchored(workbench);
    await window.command("View: Close All Editors");
    await window.command("Proofline: Verify All Suggestions");
    const rows = await window.openSuggestions(/^verified/);
    expect(await window.suggestionCounts()).toBe("1 verified");
    const item = rows.filter({ hasText: "stack.js" }).first();
    if ((await item.count()) === 0) {
      await rows.first().click();
    }
    await item.click();
    await window.page.waitForSelector('.tab.active[data-resource-name="stack.js"]');
    await window.waitForBadges(says(/^verified/), "its badge", 60_000);
    await window.close();
  });
});

describe("a list of suggestions that somebody looks at", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await sharedWorkbench({ settings: SETTINGS });
  });
  afterAll(() => workbench?.stop());

  it("is made anew by itself once it is older than what is known", async () => {
    const { window, folder } = await anchored(workbench);
    await window.openSuggestions(/^verified/);
    const counts = (said: string) =>
      eventually(
        () => window.suggestionCounts(),
        (text) => text === said,
        { what: `a list with ${said}` },
      );
    await counts("1 verified");
    changeLine(folder, (line) => `${line} // Q`);
    await counts("1 edited");
    changeLine(folder, (line) => line.replace(" // Q", ""));
    await counts("1 verified");
    await window.close();
  });
});

describe("verified only", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await sharedWorkbench({ settings: { ...SETTINGS, "proofline.verifiedOnly": "block" } });
  });
  afterAll(() => workbench?.stop());

  it("tells of a closed file's lines, as of an open one's, and once", async () => {
    const { window, folder } = await anchored(workbench);
    await window.command("View: Close All Editors");
    changeLine(folder, (line) => `${line} // Q`);
    const told = (rows: readonly string[]) => rows.filter((row) => /suggestion, edited/.test(row)).length;
    const once = { what: "one problem", milliseconds: 60_000 };
    await eventually(
      () => window.problems(),
      (rows) => told(rows) === 1,
      once,
    );
    await window.file("stack.js");
    await window.waitForBadges(says(/^edited/), "an edited badge", 60_000);
    await eventually(
      () => window.problems(),
      (rows) => told(rows) === 1,
      once,
    );
    changeLine(folder, (line) => line.replace(" // Q", ""));
    await eventually(
      () => window.problems(),
      (rows) => told(rows) === 0,
      { what: "no problem", milliseconds: 60_000 },
    );
    await window.close();
  });
});

describe("a diff", () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await Workbench.start({
      settings: SETTINGS,
      extensionsFolder: await packagedExtension(),
      builtIn: GIT,
    });
  });
  afterAll(() => workbench?.stop());

  it("shows on each side the verdict of its own text, and the hover says which version that is", async () => {
    const { window, folder } = await anchored(workbench);
    commitAll(folder);
    changeLine(folder, (line) => `${line} // Q`);
    await window.waitForBadges(says(/^edited/), "an edited badge", 60_000);
    await window.openChanges();
    for (const [side, said] of [
      ["original", /^verified/],
      ["modified", /^edited/],
    ] as const) {
      await eventually(() => window.badges(side), says(said), {
        what: `${said} on the ${side} side`,
        milliseconds: 60_000,
      });
    }
    expect(await window.hoverBadge(CURSOR_LINE, "original")).toContain("as staged or last committed");
    await window.close();
  });
});
