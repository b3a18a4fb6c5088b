/** Code that the embedded model completes with confidence, and ways to read what a session left behind. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readEvidence } from "../../server/src/evidence/format/readEvidence";
import type { SealedClaim } from "../../server/src/evidence/format/sealedBatch";
import { eventually } from "./deadline";
import { scaled } from "./slowness";
import type { Window, Workbench } from "./workbench";

/** A class whose method waits at `CURSOR_LINE`. */
export const STACK = `export class Stack {
  constructor() {
    this.items = [];
  }

  push(item) {
    this.items.push(item);
  }

  pop() {

  }
}
`;
export const CURSOR_LINE = 11;
/** What a person types there before the model continues. */
export const TYPED = "    return this.";

/** Nothing but ghost text comes up while typing, and batches are anchored by hand only. */
export const SETTINGS = {
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.suggestOnTriggerCharacters": false,
  "editor.wordBasedSuggestions": "off",
  "proofline.sealAfterSeconds": 0,
  // How fast the machine is must decide no answer.
  "proofline.latencyMilliseconds": 0,
};

/** A person's own keys for what the editor accepts parts with. */
export const KEYS = [
  {
    key: "ctrl+alt+n",
    command: "editor.action.inlineSuggest.acceptNextLine",
    when: "inlineSuggestionVisible",
  },
  {
    key: "ctrl+alt+w",
    command: "editor.action.inlineSuggest.acceptNextWord",
    when: "inlineSuggestionVisible",
  },
];

/** A git repository with these files, and everybody's configuration left out of it. */
export function repository(workbench: Workbench, files: Readonly<Record<string, string>>): string {
  const folder = workbench.folder(files);
  execFileSync("git", ["init", "--quiet", folder]);
  return folder;
}

/** Commits everything in a repository, as somebody whom nobody knows. */
export function commitAll(folder: string): void {
  const identity = ["-c", "user.name=sample", "-c", "user.email=sample@example.com"];
  execFileSync("git", ["add", "-A"], { cwd: folder });
  execFileSync("git", [...identity, "commit", "--quiet", "-m", "sample"], { cwd: folder });
}

/** Types where the sample waits, and returns the ghost text that comes. */
export async function typeForGhostText(window: Window, file: string): Promise<string> {
  await window.file(file);
  await window.goTo(CURSOR_LINE);
  await window.type(TYPED);
  // Ghost text that comes before the last key is drawn begins with that key.
  await eventually(
    () => window.lines(),
    (lines) => lines.some((line) => line.startsWith(TYPED)),
    { what: "what was typed, as drawn" },
  );
  return await offered(window);
}

/** Types where the sample waits, asks, and returns the ghost text, of several words. */
export async function askForGhostText(window: Window, file: string): Promise<string> {
  await typeForGhostText(window, file);
  return await asked(window, /\w\W+\w/);
}

/** The ghost text once a person asked, who is shown more than what the model is sure of: all that it wrote. */
export async function asked(window: Window, expected: RegExp): Promise<string> {
  await window.command("Trigger Inline Suggestion");
  return await eventually(
    () => window.ghostText(),
    (text) => expected.test(text),
    { what: `ghost text like ${expected}` },
  );
}

/**
 * The ghost text at the cursor. How sure a model is of itself depends on the file's name, too; where it is not sure
 * enough to interrupt, this asks as a person would.
 */
export async function offered(window: Window): Promise<string> {
  return await window.waitForGhostText("ghost text", 2_000).catch(async () => {
    await window.command("Trigger Inline Suggestion");
    return await window.waitForGhostText("ghost text on request");
  });
}

/** Every suggestion in the folder's evidence files, each of which must be intact. */
export function sealedSuggestions(folder: string): readonly SealedClaim[] {
  const evidence = join(folder, ".proofline", "evidence");
  return (existsSync(evidence) ? readdirSync(evidence) : []).flatMap((name) => {
    const reading = readEvidence(readFileSync(join(evidence, name)));
    if (reading.kind !== "intact") {
      throw new Error(`${name} is ${reading.kind}: ${reading.reason}`);
    }
    return reading.batch.claims;
  });
}

/** What the person did not type themselves: a suggestion may begin with what they had typed along of it. */
export function addedText({ pieces }: SealedClaim): string {
  return pieces
    .map(({ start, accepted }) => {
      const typedAlong = start.line === CURSOR_LINE - 1 ? Math.max(0, TYPED.length - start.character) : 0;
      return accepted.slice(typedAlong);
    })
    .join("");
}

/** Runs *Anchor Now* and waits until it says that it is done, by default with something. */
export async function anchorNow(window: Window, said = /Anchored \d+ suggestion/): Promise<void> {
  await window.command("Proofline: Anchor Now");
  await window.page
    .locator(".notification-toast", { hasText: said })
    .first()
    .waitFor({ timeout: scaled(60_000) });
  await window.command("Notifications: Clear All Notifications");
  await window.focusEditor();
}

/** Changes one character of a signature, so that the file is spelled as well as before. */
export function changeOneByte(path: string): void {
  const text = readFileSync(path, "utf8");
  const start = text.search(/"sig":\s*"/);
  if (start === -1) {
    throw new Error(`${path} holds no signature.`);
  }
  const at = start + 20;
  writeFileSync(path, `${text.slice(0, at)}${text[at] === "A" ? "B" : "A"}${text.slice(at + 1)}`);
}
