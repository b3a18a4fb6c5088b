import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, steadily } from "./deadline";
import {
  addedText,
  anchorNow,
  asked,
  CURSOR_LINE,
  KEYS,
  repository,
  SETTINGS,
  STACK,
  sealedSuggestions,
  TYPED,
  typeForGhostText,
} from "./sample";
import { sharedWorkbench } from "./sharedWorkbench";
import type { DrawnBadge, Window, Workbench } from "./workbench";

const FILES = ["mouse", "key", "mixed", "typed", "pasted", "undone"];

/** Two lines wait, one below the other. */
const TWO_LINES = STACK.replace("pop() {\n\n", "pop() {\n\n\n");

/** Whether other files have something to anchor depends on the tests before. */
const ANYTHING_OR_NOTHING = /Anchored \d+ suggestion|nothing to anchor/;

const SEVERAL_WORDS = /\w\W+\w/;

const one = (text: RegExp) => (badges: readonly DrawnBadge[]) =>
  badges.length === 1 && text.test(badges[0]?.text ?? "");
const none = (badges: readonly DrawnBadge[]) => badges.length === 0;

describe("parts of ghost text, however they are accepted", () => {
  let workbench: Workbench;
  let window: Window;
  let folder: string;

  beforeAll(async () => {
    const settings = { ...SETTINGS, "editor.inlineSuggest.showToolbar": "always" };
    workbench = await sharedWorkbench({ settings, keys: KEYS });
    const files = FILES.map((name) => [`${name}.js`, STACK]);
    folder = repository(workbench, { ...Object.fromEntries(files), "cursors.js": TWO_LINES });
    window = await workbench.open(folder);
    await window.status((text) => /ready/.test(text), "a ready model");
  });
  afterAll(() => workbench?.stop());

  const sealedIn = (name: string) =>
    sealedSuggestions(folder).filter(({ pieces }) => pieces.some(({ path }) => path === name));
  const lineOf = async (line: number) => (await window.lines())[line - 1] ?? "";

  /** Types where the file waits, asks, and returns the ghost text, of several words. */
  async function begin(file: string): Promise<string> {
    await typeForGhostText(window, file);
    return await asked(window, SEVERAL_WORDS);
  }

  /** Runs what accepts a part, and returns what it added to the line once the rest is shown again. */
  async function part(accept: () => Promise<void>): Promise<string> {
    const before = await lineOf(CURSOR_LINE);
    const ghost = await window.ghostText();
    await accept();
    const line = await eventually(
      () => lineOf(CURSOR_LINE),
      (text) => text.length > before.length,
      { what: "an accepted part" },
    );
    await eventually(
      () => window.ghostText(),
      (rest) => rest !== "" && rest.length < ghost.length,
      { what: "the rest as ghost text" },
    );
    return line.slice(before.length);
  }

  const byMouse = () =>
    window.page.locator(".inlineSuggestionsHints .action-item", { hasText: "Accept Word" }).first().click();
  const byKey = () => window.press("Control+Alt+W");

  async function sealed(file: string, said?: RegExp): Promise<string[]> {
    await window.save();
    await anchorNow(window, said);
    return sealedIn(file).map(addedText);
  }

  it("records a word by the mouse, and then all of it as one suggestion that the model wrote whole", async () => {
    const ghost = await begin("mouse.js");
    expect(ghost.startsWith(await part(byMouse))).toBe(true);
    // A line with ghost text has no badge.
    await window.status((text) => /pending/.test(text), "the word as pending");
    await window.focusEditor();
    await window.press("Tab");
    await eventually(
      () => window.ghostText(),
      (rest) => rest === "",
      { what: "the whole in the text" },
    );
    expect(await sealed("mouse.js")).toEqual([ghost]);
    await window.waitForBadges(one(/^verified/), "a verified badge", 60_000);
  });

  it("records words by a person's own key, and no more than those", async () => {
    const ghost = await begin("key.js");
    const words = (await part(byKey)) + (await part(byKey));
    expect(ghost.startsWith(words)).toBe(true);
    await window.press("Escape");
    await window.waitForBadges(one(/^pending/), "one badge for both words");
    expect(await sealed("key.js")).toEqual([words]);
  });

  it("records one suggestion when a word comes by key, one by mouse and the rest by Tab", async () => {
    const ghost = await begin("mixed.js");
    await part(byKey);
    await part(byMouse);
    await window.focusEditor();
    await window.press("Tab");
    await window.waitForBadges(one(/^pending/), "one badge");
    expect(await sealed("mixed.js")).toEqual([ghost]);
  });

  it("takes back the last word with undo, and no more", async () => {
    await begin("undone.js");
    const first = await part(byKey);
    await part(byKey);
    await window.press("Escape");
    await window.waitForBadges(one(/^pending/), "a badge");
    await window.press("Control+Z");
    await eventually(
      () => lineOf(CURSOR_LINE),
      (line) => line === TYPED + first,
      { what: "one word left" },
    );
    expect(await sealed("undone.js")).toEqual([first]);
  });

  it("leaves to the person what they type of it, letter by letter, though it is what the model offers", async () => {
    const ghost = await begin("typed.js");
    const [word = ""] = /^\W*\w+/.exec(ghost) ?? [];
    await window.type(word);
    await window.waitForGhostText("the rest as ghost text");
    await window.press("Escape");
    await steadily(() => window.badges(), none, { what: "no badge" });
    expect(await sealed("typed.js", ANYTHING_OR_NOTHING)).toEqual([]);
  });

  it("leaves to the person what they paste, though it is a word that the model offers", async () => {
    const ghost = await begin("pasted.js");
    const [word = ""] = /^\W*\w+/.exec(ghost) ?? [];
    await window.page.evaluate((text) => navigator.clipboard.writeText(text), word);
    await window.press("Control+V");
    await eventually(
      () => lineOf(CURSOR_LINE),
      (line) => line === TYPED + word,
      { what: "the pasted word" },
    );
    await window.press("Escape");
    await steadily(() => window.badges(), none, { what: "no badge" });
    expect(await sealed("pasted.js", ANYTHING_OR_NOTHING)).toEqual([]);
  });

  it("records each of two cursors' places, a word first and then the whole", async () => {
    await window.file("cursors.js");
    await window.goTo(CURSOR_LINE);
    await window.command("Add Cursor Below");
    await window.focusEditor();
    await window.type(TYPED);
    await asked(window, SEVERAL_WORDS);
    await window.focusEditor();
    await part(byKey);
    await window.press("Tab");
    await eventually(
      () => window.ghostText(),
      (rest) => rest === "",
      { what: "the whole in the text" },
    );
    const [upper = "", lower = ""] = [await lineOf(CURSOR_LINE), await lineOf(CURSOR_LINE + 1)];
    expect(upper.startsWith(TYPED)).toBe(true);
    expect(lower).toBe(upper);
    await window.save();
    await anchorNow(window);
    // What stood at the other cursor is part of the prompt, and changed: it stays sealed.
    const suggestions = sealedIn("cursors.js");
    const pieces = suggestions.flatMap((suggestion) => suggestion.pieces);
    expect(pieces.map(({ accepted }) => TYPED + accepted.split("\n")[0])).toEqual([upper, upper]);
    expect(new Set(suggestions.map(({ record }) => record.id)).size).toBe(2);
    expect(pieces.map(({ start }) => start.line + 1).sort()).toEqual([CURSOR_LINE, CURSOR_LINE + 1]);
  });
});
