/**
 * The workbench as a person uses it: keys, mouse and eyes. Nothing here reaches into the extension; what a test reads
 * is what is drawn.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { SUMMARIES } from "../../server/src/protocol/verdictWords";
import { removeFolder } from "../support/removeFolder";
import { connectToBrowser, launchBrowser } from "./browser";
import { eventually } from "./deadline";
import { homeIn, installExtension, Server, type ServerOptions } from "./server";
import { scaled } from "./slowness";
import { type UserSettings, userDataIn, writeUserData } from "./userData";

/** A badge as it is drawn. */
export interface DrawnBadge {
  /** One-based line of the editor. */
  readonly line: number;
  /** Its words; where it shows none, the icon's title. */
  readonly text: string;
  /** The icon's title. */
  readonly icon: string;
}

/** How to find a running server and a browser from another process. */
export interface RunningWorkbench {
  readonly url: string;
  /** The server's root. */
  readonly root: string;
  /** The browser's endpoint. */
  readonly browser: string;
}

/** A running VS Code with the packaged extension, and the browser that shows its windows. */
export class Workbench {
  private readonly folders: string[] = [];

  private constructor(
    private readonly server: Pick<RunningWorkbench, "url" | "root">,
    /** All windows are of one person, in one browser, which keeps what it loaded for the first. */
    private readonly context: BrowserContext,
    private readonly end: () => Promise<void>,
  ) {}

  /** One of its own. */
  static async start(options: ServerOptions = {}): Promise<Workbench> {
    const server = await Server.start({ extensionsFolder: await packagedExtension(), ...options });
    try {
      const browser = await launchBrowser();
      return new Workbench(server, await newContext(browser), async () => {
        await browser.close();
        await server.stop();
      });
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** One that runs already, as a person with these settings uses it; only their windows end with it. */
  static async join(running: RunningWorkbench, options: UserSettings = {}): Promise<Workbench> {
    writeUserData(userDataIn(running.root), options);
    const browser = await connectToBrowser(running.browser);
    return new Workbench(running, await newContext(browser), () => browser.close());
  }

  /** PROOFLINE_HOME of all its windows. */
  get home(): string {
    return homeIn(this.server.root);
  }

  /** A folder of its own with these files. */
  folder(files: Readonly<Record<string, string>> = {}): string {
    const parent = mkdtempSync(join(tmpdir(), "proofline-folder-"));
    this.folders.push(parent);
    const folder = join(parent, "sample");
    mkdirSync(folder);
    writeFiles(folder, files);
    return folder;
  }

  /** A window on a folder or a `.code-workspace` file, or with none. */
  async open(folder?: string): Promise<Window> {
    const page = await this.context.newPage();
    const where =
      folder === undefined
        ? "ew=true"
        : `${folder.endsWith(".code-workspace") ? "workspace" : "folder"}=${encodeURIComponent(folder)}`;
    await page.goto(`${this.server.url}/?${where}`);
    const window = new Window(page);
    await window.ready();
    return window;
  }

  async stop(): Promise<void> {
    await this.end();
    for (const folder of this.folders) {
      removeFolder(folder);
    }
  }
}

/** Writes files by their paths below a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

async function newContext(browser: Browser): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(scaled(30_000));
  context.setDefaultNavigationTimeout(scaled(60_000));
  await context.grantPermissions(["clipboard-read", "clipboard-write"]).catch(() => {});
  return context;
}

/** One of the two editors of a diff. */
type Side = "original" | "modified";

function activeEditor(side?: Side): string {
  const editor = ".editor-group-container.active .editor-instance";
  return side === undefined ? editor : `${editor} .editor.${side}`;
}

const STATUS_TOOLTIP = ".monaco-hover.workbench-hover:visible";

export class Window {
  constructor(readonly page: Page) {}

  async ready(): Promise<void> {
    await this.page.waitForSelector(".monaco-workbench .part.statusbar .statusbar-item");
    await this.status(() => true, "Proofline in the status bar", 60_000);
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  press(...keys: readonly string[]): Promise<void> {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }

  /** Types as a person does, one key at a time. */
  type(text: string): Promise<void> {
    return this.page.keyboard.type(text, { delay: 15 });
  }

  /** Runs a command by its title from the command palette. */
  async command(title: string): Promise<void> {
    await this.pick(`>${title}`, title, "F1");
  }

  /** Opens a file of the folder by its name and puts the cursor at its start. */
  async file(name: string): Promise<void> {
    await this.pick(name, name, "Control+P");
    await this.page.waitForSelector(`.tab.active[data-resource-name="${name.split("/").at(-1)}"]`);
    await this.focusEditor();
    await this.press("Control+Home");
  }

  async untitled(): Promise<void> {
    await this.command("File: New Untitled Text File");
    await this.page.waitForSelector('.tab.active[data-resource-name^="Untitled"]');
    await this.focusEditor();
  }

  /** Puts the cursor at a one-based place; the end of the line when no column is named. */
  async goTo(line: number, column?: number): Promise<void> {
    await this.press("Control+G");
    const input = this.page.locator(".quick-input-widget:visible input").first();
    await input.fill(`:${line}:${column ?? 1}`);
    await this.press("Enter");
    await this.page.waitForSelector(".quick-input-widget", { state: "hidden" });
    await this.focusEditor();
    if (column === undefined) {
      await this.press("End");
    }
  }

  /** Goes to the first place in the file with this text. */
  async find(text: string): Promise<void> {
    await this.focusEditor();
    await this.press("Control+Home", "Control+F");
    await this.page.locator(".find-widget.visible textarea").first().fill(text);
    await this.press("Enter", "Escape");
  }

  /** Saves, and waits until the tab shows it. */
  async save(): Promise<void> {
    await this.press("Control+S");
    await this.page.waitForSelector(".tab.active:not(.dirty)");
  }

  async focusEditor(): Promise<void> {
    await this.editor().locator(".native-edit-context, textarea.inputarea").first().focus();
  }

  /** The text in the editor that ghost text would add; empty when none is drawn. */
  async ghostText(): Promise<string> {
    return await this.page.evaluate(() => {
      const inLine = document.querySelectorAll(
        ".editor-group-container.active .view-line [class*='ghost-text-decoration']",
      );
      const below = document.querySelectorAll(
        ".editor-group-container.active .view-zones .suggest-preview-text .view-line",
      );
      const first = [...inLine].map((span) => span.textContent ?? "").join("");
      const rest = [...below].map((line) => `\n${line.textContent ?? ""}`).join("");
      // Editors draw spaces as no-break spaces.
      return (first + rest).replaceAll("\u00a0", " ");
    });
  }

  /** What stands behind the cursor of an answer that still comes; empty where nothing does. */
  async enclavePreview(): Promise<string> {
    return await this.page.evaluate(() => {
      const spans = document.querySelectorAll(".editor-group-container.active .view-line span");
      const contents = [...spans].map((span) => getComputedStyle(span, "::after").content);
      const content = contents.find((one) => one.includes("not signed yet")) ?? '""';
      return (JSON.parse(content) as string).replaceAll("\u00a0", " ");
    });
  }

  async waitForGhostText(what = "ghost text", milliseconds = 30_000): Promise<string> {
    return await eventually(
      () => this.ghostText(),
      (text) => text !== "",
      { milliseconds, what },
    );
  }

  /** The badges that are drawn, from top to bottom; of a diff those of one side. */
  async badges(side?: Side): Promise<readonly DrawnBadge[]> {
    return await this.page.evaluate((selector) => {
      const editor = document.querySelector(selector);
      if (editor === null) {
        return [];
      }
      const numbers = [...editor.querySelectorAll<HTMLElement>(".margin-view-overlays > div")].map((row) => ({
        top: row.getBoundingClientRect().top,
        line: Number(row.querySelector(".line-numbers")?.textContent ?? Number.NaN),
      }));
      const found: { line: number; text: string; icon: string }[] = [];
      for (const row of editor.querySelectorAll<HTMLElement>(".view-lines > .view-line")) {
        const top = row.getBoundingClientRect().top;
        const line = numbers.find((number) => Math.abs(number.top - top) < 2)?.line ?? Number.NaN;
        for (const span of row.querySelectorAll("span")) {
          const after = getComputedStyle(span, "::after");
          const image = /base64,([^"]+)"/.exec(after.backgroundImage)?.[1];
          if (image !== undefined && after.content.startsWith('"')) {
            const words = (JSON.parse(after.content) as string).replaceAll("\u00a0", " ");
            const icon = /<title>(\w+)<\/title>/.exec(atob(image))?.[1] ?? "";
            found.push({ line, text: words.trim() === "" ? icon : words, icon });
          }
        }
      }
      return found.sort((one, other) => one.line - other.line);
    }, activeEditor(side));
  }

  async waitForBadges(
    accept: (badges: readonly DrawnBadge[]) => boolean,
    what: string,
    milliseconds?: number,
  ): Promise<readonly DrawnBadge[]> {
    return await eventually(() => this.badges(), accept, {
      what,
      ...(milliseconds === undefined ? {} : { milliseconds }),
    });
  }

  /** The lines of the editor as drawn, without badges and ghost text. */
  async lines(): Promise<readonly string[]> {
    return await this.page.evaluate(() => {
      const editor = document.querySelector(".editor-group-container.active .editor-instance");
      return [...(editor?.querySelectorAll<HTMLElement>(".view-lines > .view-line") ?? [])]
        .sort((one, other) => one.getBoundingClientRect().top - other.getBoundingClientRect().top)
        .map((row) =>
          [...row.querySelectorAll<HTMLElement>("span > span")]
            .filter((span) => !span.className.includes("ghost-text"))
            .map((span) => span.textContent ?? "")
            .join("")
            .replaceAll("\u00a0", " "),
        );
    });
  }

  /** Rests the mouse on a badge and returns the hover's text. */
  async hoverBadge(line: number, side?: Side): Promise<string> {
    const find = ([selector, wanted]: readonly [string, number]) => {
      const editor = document.querySelector(selector);
      const number = [...(editor?.querySelectorAll<HTMLElement>(".margin-view-overlays > div") ?? [])].find(
        (row) => Number(row.querySelector(".line-numbers")?.textContent) === wanted,
      );
      const top = number?.getBoundingClientRect().top ?? Number.NaN;
      const row = [...(editor?.querySelectorAll<HTMLElement>(".view-lines > .view-line") ?? [])].find(
        (line) => Math.abs(line.getBoundingClientRect().top - top) < 2,
      );
      const span = row?.firstElementChild;
      const box = span?.getBoundingClientRect();
      // What does not fit is under the other side of a diff, or the overview ruler.
      const right = (editor?.getBoundingClientRect().right ?? 0) - 60;
      return box === undefined ? null : { x: Math.min(box.right - 12, right), y: box.top + box.height / 2 };
    };
    const place = await this.page.evaluate(find, [activeEditor(side), line] as const);
    if (place === null) {
      throw new Error(`line ${line} is not drawn`);
    }
    await this.page.mouse.move(place.x - 40, place.y + 200);
    await this.page.mouse.move(place.x, place.y, { steps: 4 });
    return await this.hover();
  }

  /** The text of Proofline's part of the hover that is open; other extensions may have parts of their own. */
  async hover(): Promise<string> {
    const begins = new RegExp(`Proofline: |(${SUMMARIES.join("|")}): `);
    const parts = this.page.locator(".monaco-hover:visible .hover-row", { hasText: begins });
    return await eventually(
      async () => (await parts.allInnerTexts()).join("\n").replaceAll("\u00a0", " "),
      (text) => text.trim() !== "",
      { what: "Proofline's hover" },
    );
  }

  /** The lines that are drawn between lines of code, in every editor. */
  async lenses(): Promise<readonly string[]> {
    const texts = await this.page.locator(".codelens-decoration").allInnerTexts();
    return texts.map((text) => text.replaceAll("\u00a0", " "));
  }

  /** Shows the list of suggestions, and its rows once one is as wanted. */
  async openSuggestions(said: RegExp): Promise<Locator> {
    await this.command("Explorer: Focus on Proofline Suggestions View");
    const rows = this.page.locator('.pane:has(.title:text("Proofline Suggestions")) .monaco-list-row');
    await eventually(
      () => rows.allInnerTexts(),
      (texts) => texts.some((text) => said.test(text)),
      { what: `a row of the list like ${said}`, milliseconds: 60_000 },
    );
    return rows;
  }

  /** What stands beside the title of the list of suggestions. */
  async suggestionCounts(): Promise<string> {
    const header = this.page.locator('.pane-header:has(.title:text("Proofline Suggestions")) .description');
    return (await header.allInnerTexts()).join(" ");
  }

  /** Opens what git says has changed in the file, once git knows of it. */
  async openChanges(): Promise<void> {
    await eventually(
      async () => {
        await this.command("Git: Open Changes");
        return this.page.locator(".monaco-diff-editor").count();
      },
      (count) => count > 0,
      { what: "a diff", milliseconds: 60_000 },
    );
  }

  /** What stands in front of a line of code. */
  async waitForBlame(line: number, said: RegExp): Promise<string> {
    const read = () =>
      this.page.evaluate((wanted) => {
        const editor = document.querySelector(".editor-group-container.active .editor-instance");
        const row = [...(editor?.querySelectorAll<HTMLElement>(".margin-view-overlays > div") ?? [])].find(
          (one) => Number(one.querySelector(".line-numbers")?.textContent) === wanted,
        );
        const top = row?.getBoundingClientRect().top ?? Number.NaN;
        const spans = [...(editor?.querySelectorAll<HTMLElement>(".view-lines > .view-line") ?? [])]
          .filter((one) => Math.abs(one.getBoundingClientRect().top - top) < 2)
          .flatMap((one) => [...one.querySelectorAll("span")]);
        const contents = spans.map((span) => getComputedStyle(span, "::before").content);
        const content = contents.find((one) => one.startsWith('"')) ?? '""';
        return (JSON.parse(content) as string).replaceAll("\u00a0", " ");
      }, line);
    return await eventually(read, (text) => said.test(text), { what: `a blame like ${said}` });
  }

  async waitForLens(said: RegExp): Promise<string> {
    const lenses = await eventually(
      () => this.lenses(),
      (texts) => texts.some((text) => said.test(text)),
      { what: `a line above code like ${said}`, milliseconds: 60_000 },
    );
    return lenses.find((text) => said.test(text)) ?? "";
  }

  /** What stands beside files' names in the Explorer, by name. */
  async letters(): Promise<Readonly<Record<string, string>>> {
    return await this.page.evaluate(() => {
      const rows = [...document.querySelectorAll<HTMLElement>(".explorer-folders-view .monaco-list-row")];
      return Object.fromEntries(
        rows.map((row) => {
          const label = row.querySelector<HTMLElement>(".monaco-icon-label");
          const badge = label === null ? "none" : getComputedStyle(label, "::after").content;
          return [
            label?.querySelector(".label-name")?.textContent ?? "",
            badge.startsWith('"') ? JSON.parse(badge) : "",
          ];
        }),
      );
    });
  }

  async waitForLetters(accept: (letters: Readonly<Record<string, string>>) => boolean): Promise<void> {
    await eventually(() => this.letters(), accept, {
      what: "letters in the Explorer",
      milliseconds: 60_000,
    });
  }

  /** The Problems panel's rows, as drawn. */
  async problems(): Promise<readonly string[]> {
    if ((await this.page.locator(".markers-panel:visible").count()) === 0) {
      await this.command("Problems: Focus on Problems View");
      await this.page.waitForSelector(".markers-panel", { state: "visible" });
    }
    return await this.page.locator(".markers-panel .monaco-list-row").allInnerTexts();
  }

  /** The text of Proofline's status bar item, once it is as wanted. */
  async status(accept: (text: string) => boolean, what: string, milliseconds = 30_000): Promise<string> {
    const item = this.page.locator('.statusbar-item[id^="proofline"]').first();
    return await eventually(
      async () => ((await item.count()) === 0 ? "" : ((await item.getAttribute("aria-label")) ?? "")),
      (text) => text !== "" && accept(text),
      { milliseconds, what },
    );
  }

  /** Rests the mouse on Proofline's status bar item until its tooltip is there. */
  async hoverStatus(): Promise<string> {
    const item = this.page.locator('.statusbar-item[id^="proofline"]').first();
    const tooltip = this.page.locator(STATUS_TOOLTIP);
    return await eventually(
      async () => {
        // A tooltip is dropped when its item is drawn anew, and comes only when the mouse arrives.
        if ((await tooltip.count()) === 0) {
          await this.page.mouse.move(640, 300);
          await item.hover();
          await tooltip
            .first()
            .waitFor({ timeout: scaled(3_000) })
            .catch(() => {});
        }
        return (await tooltip.allInnerTexts()).join("\n").replaceAll("\u00a0", " ");
      },
      (text) => text !== "",
      { what: "the status bar item's tooltip" },
    );
  }

  /** Whether the tooltip that `hoverStatus` waited for is still there. */
  async showsStatusTooltip(): Promise<boolean> {
    return (await this.page.locator(STATUS_TOOLTIP).count()) > 0;
  }

  /** Every toast that is open. */
  async toasts(): Promise<readonly string[]> {
    return await this.page.locator(".notification-toast .notification-list-item-message").allInnerTexts();
  }

  async screenshot(path: string): Promise<void> {
    mkdirSync(dirname(path), { recursive: true });
    await this.page.screenshot({ path, animations: "disabled" });
  }

  editor(): Locator {
    return this.page.locator(".editor-group-container.active .editor-instance .monaco-editor").first();
  }

  private async pick(query: string, label: string, key: string): Promise<void> {
    await this.press(key);
    const widget = this.page.locator(".quick-input-widget:visible");
    const input = widget.locator("input").first();
    const row = widget.locator(".monaco-list-row").filter({ hasText: label }).first();
    const patience = { timeout: scaled(5_000) };
    const answer = async (): Promise<boolean> => {
      try {
        await input.fill(query, patience);
        await row.click(patience);
        return true;
      } catch {
        // Whatever was still opening behind the question took the focus, and the question is gone.
        if ((await widget.count()) === 0) {
          await this.press(key);
        }
        return false;
      }
    };
    await eventually(answer, (isAnswered) => isAnswered, {
      what: `${label} to be offered`,
      milliseconds: 30_000,
    });
    // What was picked may ask its own question in the same place.
    await eventually(
      async () => ((await input.count()) === 0 ? null : input.inputValue({ timeout: 500 }).catch(() => null)),
      (typed) => typed !== query,
      { what: `${label} to be picked` },
    );
  }
}

let installed: Promise<string> | undefined;

/**
 * An extensions folder with the packaged extension: the one that `test/run.mjs` prepared for all test files, or one
 * made from the newest package in the clone.
 */
export function packagedExtension(): Promise<string> {
  const prepared = process.env.PROOFLINE_TEST_EXTENSIONS;
  installed ??= prepared === undefined ? install() : Promise.resolve(prepared);
  return installed;
}

async function install(): Promise<string> {
  const vsix = newestPackage();
  const folder = mkdtempSync(join(tmpdir(), "proofline-extensions-"));
  process.once("exit", () => removeFolder(folder));
  await installExtension(vsix, folder);
  return folder;
}

/** The VSIX that `PROOFLINE_VSIX` names, else the newest one in the clone. */
export function newestPackage(): string {
  const named = process.env.PROOFLINE_VSIX;
  if (named !== undefined && named !== "") {
    return named;
  }
  const top = join(import.meta.dirname, "..", "..");
  const packages = [top, join(top, "dist")]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(".vsix"))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  const newest = packages[0];
  if (newest === undefined) {
    throw new Error("There is no package to install. Run npm run package.");
  }
  return newest;
}
