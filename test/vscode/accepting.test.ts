import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, steadily } from "./deadline";
import {
  addedText,
  anchorNow,
  askForGhostText,
  CURSOR_LINE,
  KEYS,
  offered,
  repository,
  SETTINGS,
  STACK,
  sealedSuggestions,
  TYPED,
  typeForGhostText,
} from "./sample";
import { sharedWorkbench } from "./sharedWorkbench";
import type { DrawnBadge, Window, Workbench } from "./workbench";

const FILES = ["main", "word", "line", "undo", "escape", "over", "crlf", "brackets"];

/** Whether other files have something to anchor depends on the tests before. */
const ANYTHING_OR_NOTHING = /Anchored \d+ suggestion|nothing to anchor/;

const one = (text: RegExp) => (badges: readonly DrawnBadge[]) =>
  badges.length === 1 && text.test(badges[0]?.text ?? "");
const none = (badges: readonly DrawnBadge[]) => badges.length === 0;

describe("from keystroke to badge", () => {
  let workbench: Workbench;
  let window: Window;
  let folder: string;

  beforeAll(async () => {
    workbench = await sharedWorkbench({ settings: SETTINGS, keys: KEYS });
    const files = FILES.map((name) => [
      `${name}.js`,
      name === "crlf" ? STACK.replaceAll("\n", "\r\n") : STACK,
    ]);
    folder = repository(workbench, Object.fromEntries(files));
    window = await workbench.open(folder);
    await window.status((text) => /ready/.test(text), "a ready model");
  });
  afterAll(() => workbench?.stop());

  const textOf = (name: string) => readFileSync(join(folder, name), "utf8");
  const sealedIn = (name: string) =>
    sealedSuggestions(folder).filter(({ pieces }) => pieces.some(({ path }) => path === name));
  const lineOf = async (line: number) => (await window.lines())[line - 1] ?? "";

  it("shows ghost text, takes it with Tab, and says pending, then verified, then the same after a reload", async () => {
    const ghost = await typeForGhostText(window, "main.js");
    await window.press("Tab");
    const [pending] = await window.waitForBadges(one(/^pending/), "a pending badge");
    expect(pending).toMatchObject({ line: CURSOR_LINE, icon: "pending" });
    expect(await lineOf(CURSOR_LINE)).toBe(TYPED + ghost.split("\n")[0]);
    expect(await window.toasts()).toEqual([]);

    await window.save();
    await anchorNow(window);
    const [verified] = await window.waitForBadges(one(/^verified/), "a verified badge", 60_000);
    expect(verified).toMatchObject({ line: CURSOR_LINE, icon: "verifiedPart" });
    // A copy is said where the model had the time to write that much of one.
    expect(verified?.text).toMatch(/^verified · part( · copied)?$/);
    expect(sealedIn("main.js").map(addedText)).toEqual([ghost]);

    const hover = await window.hoverBadge(CURSOR_LINE);
    for (const part of ["Not checked", "Model", "Environment", "Output", "Onchain"]) {
      expect(hover).toContain(part);
    }
    await window.press("Escape");

    await window.reload();
    await window.file("main.js");
    await window.goTo(CURSOR_LINE);
    await window.waitForBadges(
      ([badge]) => badge?.text === verified?.text,
      "the same badge after a reload",
      60_000,
    );
  });

  it("records exactly the words that were accepted, as one suggestion", async () => {
    const ghost = await askForGhostText(window, "word.js");
    await window.press("Control+ArrowRight");
    const first = await eventually(
      () => lineOf(CURSOR_LINE),
      (line) => line.length > TYPED.length,
      { what: "the first word" },
    );
    await eventually(
      () => window.ghostText(),
      (rest) => rest !== "" && rest.length < ghost.length,
      {
        what: "the rest as ghost text",
      },
    );
    await window.press("Control+ArrowRight");
    const line = await eventually(
      () => lineOf(CURSOR_LINE),
      (text) => text.length > first.length,
      { what: "the second word" },
    );
    expect(TYPED + ghost).toContain(line);
    await window.press("Escape");
    await window.waitForBadges(one(/^pending/), "one pending badge");
    await window.save();
    await anchorNow(window);
    expect(sealedIn("word.js").map(addedText)).toEqual([line.slice(TYPED.length)]);
  });

  it("records exactly the line that was accepted", async () => {
    const ghost = await typeForGhostText(window, "line.js");
    await window.press("Control+Alt+N");
    await window.waitForBadges((badges) => badges.length === 1, "a badge");
    const [first = ""] = ghost.split("\n");
    expect(await lineOf(CURSOR_LINE)).toBe(TYPED + first);
    await window.save();
    await anchorNow(window);
    expect(sealedIn("line.js").map((suggestion) => addedText(suggestion).trimEnd())).toEqual([
      first.trimEnd(),
    ]);
  });

  it("withdraws with undo and restores with redo", async () => {
    await typeForGhostText(window, "undo.js");
    await window.press("Tab");
    await window.waitForBadges(one(/^pending/), "a pending badge");
    await window.press("Control+Z");
    await window.waitForBadges(none, "no badge after undo");
    await window.press("Control+Shift+Z");
    await window.waitForBadges(one(/^pending/), "the badge again after redo");
    await window.press("Control+Z");
    await window.waitForBadges(none, "no badge after undo");
    await window.save();
    await anchorNow(window, ANYTHING_OR_NOTHING);
    expect(sealedIn("undo.js")).toEqual([]);
  });

  it("leaves nothing after Escape", async () => {
    await typeForGhostText(window, "escape.js");
    await window.press("Escape");
    await eventually(
      () => window.ghostText(),
      (text) => text === "",
      { what: "no ghost text" },
    );
    await steadily(() => window.badges(), none, { what: "no badge" });
    await window.save();
    // A file that is being written is empty for a moment.
    await eventually(
      () => textOf("escape.js"),
      (text) => text.includes(`${TYPED}\n`),
      { what: "what was typed, and nothing more" },
    );
    await anchorNow(window, ANYTHING_OR_NOTHING);
    expect(sealedIn("escape.js")).toEqual([]);
  });

  it("leaves nothing when a person types it all themselves, or something else", async () => {
    const ghost = await typeForGhostText(window, "over.js");
    await window.type(ghost);
    await window.press("Escape");
    await steadily(() => window.badges(), none, { what: "no badge" });
    await window.save();
    await anchorNow(window, ANYTHING_OR_NOTHING);
    expect(sealedIn("over.js")).toEqual([]);
  });

  it("keeps a file's CRLF", async () => {
    const ghost = await typeForGhostText(window, "crlf.js");
    await window.press("Tab");
    await window.waitForBadges(one(/^pending/), "a pending badge");
    await window.save();
    await eventually(
      () => textOf("crlf.js"),
      (text) => text.includes("\r\n") && !/[^\r]\n/.test(text),
      { what: "CRLF at the end of every line" },
    );
    await anchorNow(window);
    await window.waitForBadges(one(/^verified/), "a verified badge", 60_000);
    expect(sealedIn("crlf.js").map(addedText)).toEqual([ghost]);
  });

  it("leaves no bracket unclosed or doubled where the editor closes them", async () => {
    await window.file("brackets.js");
    await window.goTo(CURSOR_LINE);
    await window.type("    this.items.push(");
    await offered(window);
    await window.press("Tab");
    await window.waitForBadges(one(/^pending/), "a pending badge");
    const line = await lineOf(CURSOR_LINE);
    expect(line.split("(").length, line).toBe(line.split(")").length);
    await window.save();
  });
});
