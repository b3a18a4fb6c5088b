/**
 * `npm run screenshots`: pictures of every state, each reached as a person would reach it, in four themes, into
 * `media/screenshots/`. Nothing in them is drawn or arranged by hand. Names of states and themes choose among them:
 * `npm run screenshots -- verdicts dark`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";
import { ANSWERS } from "../../server/src/cli/answers";
import { readPin } from "../../server/src/models/pin/readPin";
import { AnchorNow } from "../../server/src/protocol/messages";
import { cleanUp } from "../support/cleanups";
import { Client, ROOT, uriOf } from "../support/languageClient";
import { otherModel } from "../support/otherModel";
import { removeFolder } from "../support/removeFolder";
import { copyModel } from "./changedModel";
import { eventually } from "./deadline";
import { askForEnclave, hostEnclave, payForAnchors, setTransactionKey } from "./enclave";
import { makeEveryPlace } from "./everyPlace";
import { askForRepository, clickInDialog, dialog, hostModel, notification } from "./pinning";
import {
  anchorNow,
  asked,
  askForGhostText,
  CURSOR_LINE,
  changeOneByte,
  commitAll,
  repository,
  SETTINGS,
  STACK,
  TYPED,
} from "./sample";
import { GIT, type ServerOptions, stopChainOf } from "./server";
import { type DrawnBadge, type Window, Workbench } from "./workbench";

const OUT = join(import.meta.dirname, "..", "..", "media", "screenshots");
const WALKTHROUGH = join(import.meta.dirname, "..", "..", "media", "walkthrough");
const THEMES = {
  dark: "Default Dark Modern",
  light: "Default Light Modern",
  "high-contrast": "Default High Contrast",
  "high-contrast-light": "Default High Contrast Light",
};

type Theme = keyof typeof THEMES;

const LOOK = {
  ...SETTINGS,
  "editor.fontSize": 15,
  "editor.minimap.enabled": false,
  "workbench.layoutControl.enabled": false,
  "window.commandCenter": false,
  "breadcrumbs.enabled": false,
};

/** Of `STACK`: there the editor marks no word or bracket that the cursor is at. */
const EMPTY_LINE = 5;

const STORE = `module.exports = {
  get(key) {
    return this.store[key];
  },


};
`;
/** Where in `STORE` a method waits, below an empty line. */
const METHOD_LINE = 6;

const says = (text: RegExp) => (badges: readonly DrawnBadge[]) =>
  badges.some((badge) => text.test(badge.text));

/** One workbench in one theme, with a folder whose first file already holds an accepted suggestion. */
class Session {
  private constructor(
    private readonly theme: string,
    readonly workbench: Workbench,
    readonly folder: string,
    readonly window: Window,
  ) {}

  static async start(
    theme: Theme,
    settings: Readonly<Record<string, unknown>> = {},
    more: Pick<ServerOptions, "builtIn"> = {},
  ) {
    const workbench = await Workbench.start({
      ...more,
      settings: { ...LOOK, "workbench.colorTheme": THEMES[theme], ...settings },
    });
    const folder = repository(workbench, { "stack.js": STACK, "store.js": STORE });
    const window = await workbench.open(folder);
    return new Session(theme, workbench, folder, window);
  }

  async shoot(state: string): Promise<void> {
    await this.window.screenshot(join(OUT, `${state}-${this.theme}.png`));
    console.log(`${state}-${this.theme}.png`);
  }

  /** With the tooltip of the status bar's item. */
  async shootStatus(state: string): Promise<void> {
    // Whatever draws the item anew takes the tooltip away.
    await eventually(
      async () => {
        await this.window.hoverStatus();
        await this.shoot(state);
        return this.window.showsStatusTooltip();
      },
      (isThere) => isThere,
      { what: "a picture with the tooltip" },
    );
  }

  /** The part of the editor that a step of the walkthrough shows. */
  async shootForWalkthrough(step: string, height: number): Promise<void> {
    const path = join(WALKTHROUGH, `${step}-${this.theme}.png`);
    await this.window.page.screenshot({
      path,
      animations: "disabled",
      clip: { x: 354, y: 38, width: 920, height },
    });
  }

  async accept(): Promise<void> {
    await this.window.press("Tab");
    await this.window.waitForBadges(says(/^pending/), "a pending badge");
  }

  async anchor(): Promise<void> {
    await this.window.save();
    await anchorNow(this.window);
    await this.window.waitForBadges(says(/^(verified|anchored)/), "a good badge", 60_000);
  }

  evidence(): string {
    const folder = join(this.folder, ".proofline", "evidence");
    const [name = ""] = readdirSync(folder);
    return join(folder, name);
  }

  stop(): Promise<void> {
    return this.workbench.stop();
  }
}

/** From ghost text to verified, then a byte of its evidence changed. */
async function mainJob(theme: Theme): Promise<void> {
  const session = await Session.start(theme);
  const { window } = session;
  try {
    await askForGhostText(window, "stack.js");
    await session.shoot("ghost-text");
    await session.shootForWalkthrough("ghost-text", 290);
    await session.accept();
    await window.press("Escape");
    await session.shoot("pending");
    await session.anchor();
    await window.goTo(CURSOR_LINE - 4);
    await session.shoot("verified");
    await window.hoverBadge(CURSOR_LINE);
    await session.shoot("hover");
    await session.shootForWalkthrough("hover", 290);
    await window.press("Escape");
    changeOneByte(session.evidence());
    await window.waitForBadges(says(/^failed/), "a failed badge", 60_000);
    await session.shoot("failed");
  } finally {
    await session.stop();
  }
}

/** A suggestion of several lines, one of them changed afterwards; then the chain taken away. */
async function editedAndUnknown(theme: Theme): Promise<void> {
  const session = await Session.start(theme, { "editor.autoClosingBrackets": "never" });
  const { window, workbench } = session;
  try {
    await window.file("store.js");
    await window.goTo(METHOD_LINE);
    await window.type("  set(key, value) {");
    await asked(window, /\n/);
    await session.shoot("ghost-text-lines");
    await session.accept();
    await window.press("Escape");
    await session.anchor();
    // The closing line, by its last character: of what is left, enough can be found again.
    await window.goTo(METHOD_LINE + 2);
    await window.press("Backspace");
    await window.goTo(METHOD_LINE - 1);
    await window.waitForBadges(says(/^edited/), "an edited badge", 60_000);
    await session.shoot("edited");
    await window.press("Control+Z");
    await window.goTo(METHOD_LINE - 1);
    await window.waitForBadges(says(/^(verified|anchored)/), "the badge as before", 60_000);

    await stopChainOf(workbench.home);
    removeFolder(join(workbench.home, "chain"));
    await window.command("Proofline: Verify This File");
    await notification(window, /^This file: /);
    await window.waitForBadges(says(/^unknown/), "an unknown badge", 60_000);
    await window.command("Notifications: Clear All Notifications");
    await noToasts(window);
    await session.shoot("unknown");
  } finally {
    await session.stop();
  }
}

/** A reviewer with the chain, but without the model: nobody replayed it here. */
async function anchored(theme: Theme): Promise<void> {
  const model = copyModel();
  const session = await Session.start(theme, { "proofline.modelPath": model.folder });
  const { window, workbench } = session;
  try {
    await askForGhostText(window, "stack.js");
    await session.accept();
    await session.anchor();
    model.change();
    removeFolder(join(workbench.home, "replays"));
    await window.command("Proofline: Restart");
    await window.file("stack.js");
    await window.goTo(EMPTY_LINE);
    await window.waitForBadges(says(/^anchored/), "an anchored badge", 60_000);
    await session.shoot("anchored");
  } finally {
    await session.stop();
    model.remove();
  }
}

/** A file with two hundred accepted suggestions, accepted through the language server before the window opens. */
async function many(theme: Theme): Promise<void> {
  const session = await Session.start(theme);
  const { window, folder, workbench } = session;
  try {
    await acceptMany(workbench.home, folder, "many.js");
    await window.file("many.js");
    await window.goTo(4);
    await window.waitForBadges(says(/^verified/), "verified badges", 60_000);
    // Below the window, too.
    await window.command("Proofline: Replay All Suggestions");
    await notification(window, /^Replayed: /, 300_000);
    await window.command("Notifications: Clear All Notifications");
    await noToasts(window);
    await window.goTo(4);
    await session.shoot("two-hundred");
  } finally {
    await session.stop();
  }
}

async function acceptMany(home: string, folder: string, name: string, count = 200): Promise<void> {
  const file = join(folder, name);
  writeFileSync(file, "");
  const client = await Client.start({ home, folders: [folder] });
  try {
    await client.ready();
    const uri = uriOf(file);
    client.open(uri, "", "javascript");
    for (let index = 0; index < count; index += 1) {
      const line = index * 4;
      client.type(
        uri,
        { line, character: 0 },
        `export function push${index}(items, item) {\n  items.\n}\n\n`,
      );
      const place = { line: line + 1, character: "  items.".length };
      const context = { triggerKind: InlineCompletionTriggerKind.Invoked };
      const shown = await client.complete(uri, place, context);
      if (shown === null || shown.text.includes("\n")) {
        continue;
      }
      client.insert(uri, shown);
      await client.accept(uri, shown.id);
    }
    writeFileSync(file, client.text(uri));
    client.saved(uri);
    await client.connection.sendRequest(AnchorNow.type);
  } finally {
    await client.stop();
  }
}

/** Every kind of place that an accepted suggestion can come to, in one file. */
async function verdicts(theme: Theme): Promise<void> {
  // Without the editor's own colours for brackets: it takes the end of an arrow for one, and paints it red.
  const session = await Session.start(theme, {
    "editor.bracketPairColorization.enabled": false,
    "proofline.badges": "full",
  });
  const { window, folder, workbench } = session;
  try {
    const { name, badges } = await makeEveryPlace(workbench.home, folder);
    await window.page.setViewportSize({ width: 1280, height: 840 });
    await window.file(name);
    // An empty line, so that the editor marks no word there.
    await window.goTo(2);
    await window.waitForBadges(
      (drawn) =>
        isDeepStrictEqual(
          drawn.map(({ line, text }) => ({ line, text })),
          badges,
        ),
      "exactly the badges of these places",
      60_000,
    );
    await session.shoot("verdicts");
  } finally {
    await session.stop();
  }
}

/** A model with one byte changed. */
async function noModel(theme: Theme): Promise<void> {
  const model = copyModel();
  model.change();
  const session = await Session.start(theme, { "proofline.modelPath": model.folder });
  const { window } = session;
  try {
    await window.file("stack.js");
    await window.goTo(EMPTY_LINE);
    await window.status((text) => /no model/.test(text), "no model");
    await session.shootStatus("no-model");
  } finally {
    await session.stop();
    model.remove();
  }
}

/** Verified-only, with a suggestion that is not anchored yet. */
async function verifiedOnly(theme: Theme): Promise<void> {
  const session = await Session.start(theme, { "proofline.verifiedOnly": "block" });
  const { window } = session;
  try {
    await askForGhostText(window, "stack.js");
    await session.accept();
    await session.anchor();
    changeOneByte(session.evidence());
    await eventually(
      () => window.problems(),
      (rows) => rows.some((row) => /failed/.test(row)),
      {
        what: "the problem",
        milliseconds: 60_000,
      },
    );
    await session.shoot("verified-only");
  } finally {
    await session.stop();
  }
}

/** A team's policy that the person accepted, and that does not have the model that runs here. */
async function refused(theme: Theme): Promise<void> {
  const session = await Session.start(theme);
  const { window, folder } = session;
  try {
    await window.file("stack.js");
    await window.goTo(EMPTY_LINE);
    mkdirSync(join(folder, ".proofline"), { recursive: true });
    const models = [{ name: "the team's model", digest: "ab".repeat(32) }];
    const rules = { format: "proofline/policy/v1", name: "Stacks", enforcement: "block", models };
    writeFileSync(join(folder, ".proofline", "policy.json"), JSON.stringify(rules, null, 2));
    await window.command("Proofline: Review the Repository's Policy…");
    await clickInDialog(window, "Accept");
    await window.file("stack.js");
    await window.status((text) => /neither listed nor approved/.test(text), "why nothing is offered", 60_000);
    await session.shootStatus("refused");
  } finally {
    await session.stop();
  }
}

/** What pinning a model from a hub would download, before anything is. */
async function pinPlan(theme: Theme): Promise<void> {
  const model = await hostModel();
  const session = await Session.start(theme, { "proofline.modelHub": model.hub.url }).catch(async (error) => {
    await model.stop();
    throw error;
  });
  const { window } = session;
  try {
    await window.file("stack.js");
    await window.goTo(EMPTY_LINE);
    await askForRepository(window);
    await dialog(window);
    await noToasts(window);
    await session.shoot("pin-plan");
  } finally {
    await session.stop();
    await model.stop();
  }
}

/** What a reviewer sees: letters in the Explorer, lines above code, and every suggestion in a list. */
async function review(theme: Theme): Promise<void> {
  const session = await Session.start(theme, {
    "proofline.fileDecorations": true,
    "proofline.codeLens": true,
    "editor.bracketPairColorization.enabled": false,
  });
  const { window, folder, workbench } = session;
  try {
    const { name } = await makeEveryPlace(workbench.home, folder);
    await acceptMany(workbench.home, folder, "many.js", 2);
    await window.file(name);
    await window.goTo(2);
    await window.waitForBadges(says(/^edited/), "badges", 60_000);
    await window.waitForLens(/onchain since/);
    await window.waitForLetters((letters) => letters[name] === "E" && letters["many.js"] === "V");
    await session.shoot("review");
    await window.command("Proofline: Verify All Suggestions");
    await window.openSuggestions(/verified/);
    await session.shoot("suggestions");
  } finally {
    await session.stop();
  }
}

/** A file with what is known of each line in front of it; then a line changed, and both sides of the diff. */
async function blameAndDiff(theme: Theme): Promise<void> {
  const session = await Session.start(
    theme,
    {
      "editor.bracketPairColorization.enabled": false,
      "editor.fontSize": 14,
      "workbench.sideBar.location": "right",
    },
    { builtIn: GIT },
  );
  const { window, folder, workbench } = session;
  try {
    const { name } = await makeEveryPlace(workbench.home, folder);
    commitAll(folder);
    // Badges of both sides have room.
    await window.page.setViewportSize({ width: 1440, height: 800 });
    await window.command("View: Toggle Primary Side Bar Visibility");
    await window.file(name);
    await window.goTo(2);
    await window.waitForBadges(says(/^edited/), "badges", 60_000);
    await window.command("Proofline: Blame File On or Off");
    await window.waitForBlame(5, /^verified/);
    await session.shoot("blame");
    await window.command("Proofline: Blame File On or Off");
    changeLine(join(folder, name), "return Object.keys(object);", "return Object.keys(object).sort();");
    await window.openChanges();
    await window.waitForBadges(says(/^edited/), "badges of the diff", 60_000);
    await session.shoot("diff");
    await window.hoverBadge(5, "original");
    await session.shoot("diff-hover");
  } finally {
    await session.stop();
  }
}

/** Verified-only in a window that has opened no file. */
async function closedFiles(theme: Theme): Promise<void> {
  const session = await Session.start(theme, { "proofline.verifiedOnly": "block" });
  const { window, folder, workbench } = session;
  try {
    await makeEveryPlace(workbench.home, folder);
    await eventually(
      () => window.problems(),
      (rows) => rows.some((row) => /edited/.test(row)),
      { what: "the problems of a closed file", milliseconds: 60_000 },
    );
    await session.shoot("closed-files");
  } finally {
    await session.stop();
  }
}

/** What there is to agree to before an enclave is asked, and what is known of a line that it wrote. */
async function attested(theme: Theme): Promise<void> {
  const { open, settings } = await hostEnclave(
    "return this.items.length > 0 ? this.items.pop() : undefined;",
  );
  try {
    const session = await Session.start(theme, settings);
    const { window } = session;
    try {
      await window.file("stack.js");
      await window.status((text) => /ready/.test(text), "a ready model");
      await askForEnclave(window, open, "Private");
      await session.shoot("enclave-terms");
      await clickInDialog(window, "Accept");
      await window.file("stack.js");
      await window.status((text) => /gpt-5/.test(text), "the model of the enclave");
      await window.goTo(CURSOR_LINE);
      await window.type("    ");
      open.gateway.fault = "slow";
      await window.command("Trigger Inline Suggestion");
      await eventually(
        () => window.enclavePreview(),
        (text) => text !== "",
        { what: "what the model writes, while it does" },
      );
      await session.shoot("enclave-preview");
      open.gateway.fault = null;
      open.gateway.release();
      await eventually(
        () => window.ghostText(),
        (text) => /pop/.test(text),
        { what: "ghost text once it is signed" },
      );
      await session.accept();
      await window.save();
      await setTransactionKey(window);
      await payForAnchors(window);
      await window.waitForBadges(says(/^attested/), "an attested badge", 60_000);
      await window.command("Notifications: Clear All Notifications");
      await noToasts(window);
      await window.file("stack.js");
      await window.goTo(EMPTY_LINE);
      await session.shoot("attested");
      await window.hoverBadge(CURSOR_LINE);
      await session.shoot("attested-hover");
    } finally {
      await session.stop();
    }
  } finally {
    await cleanUp();
  }
}

/** A reader without the model, whose rules name a verifier; what the author and the pipeline did was done before. */
async function verifier(theme: Theme): Promise<void> {
  const model = otherModel();
  const session = await Session.start(theme);
  try {
    const { folder, window, workbench } = session;
    const key = generatePrivateKey();
    const proofline = (...parameters: readonly string[]): string =>
      execFileSync(process.execPath, [join(ROOT, "dist", "cli.js"), ...parameters], {
        cwd: folder,
        encoding: "utf8",
        env: {
          ...process.env,
          PROOFLINE_HOME: workbench.home,
          PROOFLINE_MODEL: model,
          PROOFLINE_VERIFIER_KEY: key,
        },
      });
    const lines = STACK.split("\n");
    lines[CURSOR_LINE - 1] = TYPED;
    writeFileSync(join(folder, "stack.js"), lines.join("\n"));
    const place = ["--line", `${CURSOR_LINE}`, "--column", `${TYPED.length + 1}`];
    proofline("complete", "--file", "stack.js", ...place, "--accept");
    proofline("anchor");
    proofline("ci");
    const { manifestDigest } = await readPin(model);
    const rules = {
      format: "proofline/policy/v1",
      name: "team",
      models: [{ name: "other-code", digest: manifestDigest }],
      verifiers: [{ name: "CI of the team", address: privateKeyToAccount(key).address.toLowerCase() }],
    };
    writeFileSync(join(folder, ".proofline", "policy.json"), JSON.stringify(rules, null, 2));
    const { proposed } = ANSWERS["policy explain"].parse(
      JSON.parse(proofline("policy", "explain", "--json")),
    );
    proofline("policy", "accept", proposed?.digest ?? "");
    removeFolder(join(workbench.home, "replays"));
    await window.reload();
    await window.file("stack.js");
    await window.waitForBadges(
      says(/^verified.*by.*CI of the team/),
      "a badge that names the verifier",
      60_000,
    );
    await window.goTo(EMPTY_LINE);
    await session.shoot("verifier");
    await window.hoverBadge(CURSOR_LINE);
    await session.shoot("verifier-hover");
  } finally {
    await session.stop();
    removeFolder(model);
  }
}

async function noToasts(window: Window): Promise<void> {
  await eventually(
    () => window.toasts(),
    (toasts) => toasts.length === 0,
    { what: "nothing over the window" },
  );
}

function changeLine(file: string, before: string, after: string): void {
  writeFileSync(file, readFileSync(file, "utf8").replace(before, after));
}

const STATES = {
  mainJob,
  editedAndUnknown,
  anchored,
  attested,
  verifier,
  noModel,
  verifiedOnly,
  refused,
  pinPlan,
  verdicts,
  review,
  blameAndDiff,
  closedFiles,
  many,
};

const isState = (name: string): name is keyof typeof STATES => Object.hasOwn(STATES, name);
const isTheme = (name: string): name is Theme => Object.hasOwn(THEMES, name);

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !isState(name) && !isTheme(name));
if (unknown.length > 0) {
  const names = [...Object.keys(STATES), ...Object.keys(THEMES)].join(", ");
  console.error(`There is no state or theme named ${unknown.join(", ")}. Choose from ${names}.`);
  process.exit(2);
}
const states = wanted.filter(isState);
const themes = wanted.filter(isTheme);
for (const theme of Object.keys(THEMES).filter(isTheme)) {
  for (const name of Object.keys(STATES).filter(isState)) {
    // Two hundred acceptances take minutes, and look alike in every theme.
    const isWanted = states.length === 0 ? name !== "many" || theme === "light" : states.includes(name);
    if (isWanted && (themes.length === 0 || themes.includes(theme))) {
      await STATES[name](theme).catch((error: unknown) => {
        process.exitCode = 1;
        console.error(`${name} in ${theme}:`, error);
      });
    }
  }
}
