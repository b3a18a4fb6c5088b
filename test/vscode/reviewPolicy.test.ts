import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, steadily } from "./deadline";
import { clickInDialog, dialog } from "./pinning";
import { anchorNow, askForGhostText, CURSOR_LINE, repository, SETTINGS, STACK } from "./sample";
import { sharedWorkbench } from "./sharedWorkbench";
import type { DrawnBadge, Window, Workbench } from "./workbench";

const COMMAND = "Proofline: Review the Repository's Policy…";
const FILE = "stack.js";

const onlyBadge = (text: RegExp) => (badges: readonly DrawnBadge[]) =>
  badges.length === 1 && badges[0]?.line === CURSOR_LINE && text.test(badges[0].text);

function writePolicy(folder: string, rules: Readonly<Record<string, unknown>>): void {
  mkdirSync(join(folder, ".proofline"), { recursive: true });
  const file = { format: "proofline/policy/v1", name: "Stacks", ...rules };
  writeFileSync(join(folder, ".proofline", "policy.json"), JSON.stringify(file, null, 2));
}

describe("a team's policy", () => {
  let workbench: Workbench;
  let window: Window;

  beforeAll(async () => {
    workbench = await sharedWorkbench({ settings: SETTINGS });
  });
  afterAll(() => workbench?.stop());

  const badge = (text: RegExp, what: string) => window.waitForBadges(onlyBadge(text), what, 60_000);
  const problems = (said: RegExp) =>
    eventually(
      () => window.problems(),
      (rows) => rows.some((row) => said.test(row)),
      { what: `a problem like ${said}`, milliseconds: 60_000 },
    );

  it("is told of in quiet, shown whole, counts when it is accepted, and makes an edited line an error", async () => {
    const folder = repository(workbench, { [FILE]: STACK });
    window = await workbench.open(folder);
    await askForGhostText(window, FILE);
    await window.press("Tab");
    await window.save();
    await anchorNow(window);
    await badge(/^verified/, "a verified badge");

    writePolicy(folder, { enforcement: "block", unattributed: "report" });
    await badge(/^unknown/, "a badge that waits for an answer");
    const quiet = async () =>
      (await window.toasts()).length + (await window.page.locator(".monaco-dialog-box").count());
    await steadily(quiet, (count) => count === 0, { what: "nothing over the window" });
    expect(await window.hoverStatus()).toContain("This repository has a policy");

    await window.command(COMMAND);
    const shown = await dialog(window, /This repository has a policy/);
    for (const part of [
      "Policy: Stacks",
      "what falls short is an error",
      "All else: as the built-in rules have it.",
    ]) {
      expect(shown).toContain(part);
    }
    await clickInDialog(window, "Accept");
    await window.file(FILE);
    await badge(/^verified/, "the badge as before");

    await window.goTo(CURSOR_LINE);
    await window.type(" // mine");
    await problems(/Accepted suggestion, edited/);
    await window.file(FILE);
    writePolicy(folder, { enforcement: "off", edited: "allow" });
    await badge(/^unknown/, "what a looser policy leaves open");
    await window.command(COMMAND);
    expect(await dialog(window, /asks for less than the one that you accepted/)).toMatch(
      /enforcement, edited lines/,
    );
    await clickInDialog(window, "Decline");
    await window.file(FILE);
    await badge(/^edited/, "what the built-in rules say");

    // Nothing is offered by a model that the policy does not have, and the status says why.
    const models = [{ name: "another", digest: "ab".repeat(32) }];
    writePolicy(folder, { enforcement: "block", models });
    const isAsked = (text: string): boolean => /asks for less than the one that you accepted/.test(text);
    await window.status(isAsked, "why nothing is offered yet", 60_000);
    await window.command(COMMAND);
    await dialog(window, /asks for less/);
    await clickInDialog(window, "Accept");
    await window.file(FILE);
    const isRefused = (text: string): boolean => /neither listed nor approved/.test(text);
    await window.status(isRefused, "why nothing is offered any more", 60_000);
    await window.close();
  });
});
