/** A newcomer's whole way, as a person goes it: from the walkthrough to a reviewer of what they committed. */
import { execFileSync } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { eventually } from "./deadline";
import { notification } from "./pinning";
import { askForGhostText, CURSOR_LINE, commitAll, repository, SETTINGS, STACK } from "./sample";
import { clickInStep, openWalkthrough, setInSettings, waitForTicks } from "./walkthrough";
import { type DrawnBadge, type Window, Workbench } from "./workbench";

const FILE = "stack.ts";

/** The one badge that there is, on the accepted line. */
const onlyBadge = (text: RegExp) => (badges: readonly DrawnBadge[]) =>
  badges.length === 1 && badges[0]?.line === CURSOR_LINE && text.test(badges[0].text);

/** Waits until the Problems panel says so of the accepted line, as an error. */
async function waitForError(window: Window, said: RegExp): Promise<void> {
  const rows = window.page.locator(".markers-panel .monaco-list-row", {
    has: window.page.locator(".codicon-error"),
  });
  await eventually(
    async () => {
      await window.problems();
      return rows.allInnerTexts();
    },
    (texts) => texts.some((text) => said.test(text)),
    { what: `an error like ${said}`, milliseconds: 60_000 },
  );
}

describe("a newcomer", () => {
  const computers: Workbench[] = [];
  afterEach(() => Promise.all(computers.splice(0).map((computer) => computer.stop())));

  /** A computer on which nothing but the package was ever installed. */
  async function freshComputer(): Promise<Workbench> {
    const computer = await Workbench.start({ settings: SETTINGS });
    computers.push(computer);
    return computer;
  }

  it("gets from the walkthrough to a verified line, and their reviewer to what cannot be told and what was changed", async () => {
    const author = await freshComputer();
    const folder = repository(author, { [FILE]: STACK });
    const window = await author.open(folder);

    // The model came with the package.
    await openWalkthrough(window);
    await waitForTicks(window, ["model"]);

    await askForGhostText(window, FILE);
    await window.press("Tab");
    await window.waitForBadges(onlyBadge(/^pending/), "a pending badge");
    await window.save();

    await openWalkthrough(window);
    await waitForTicks(window, ["model", "suggest"]);
    await clickInStep(window, "anchor", "Anchor Now");
    expect(await notification(window, /anchored|nothing to anchor/i)).toBe("Anchored 1 suggestion.");
    await window.command("Notifications: Clear All Notifications");
    await window.file(FILE);
    await window.waitForBadges(onlyBadge(/^verified/), "a verified badge", 60_000);

    await window.goTo(CURSOR_LINE);
    await window.press("Control+Alt+F9");
    const hover = await window.hover();
    expect(hover).toMatch(/^verified: this model, given this prompt, yields this text\.\n/);
    expect(hover).toMatch(/Accepted on this computer; onchain since \d{4}-.* UTC\./);
    expect(hover).toMatch(
      /✓ Model .*\n○ Environment .*\n✓ Output replayed here: .*\n○ Onchain local chain.* rehearsal/,
    );
    expect(hover).toMatch(/Not checked: .*whether the code is right or safe\./);
    await window.press("Escape");
    await openWalkthrough(window);
    await waitForTicks(window, ["model", "suggest", "badge", "anchor"]);
    commitAll(folder);

    const reviewer = await freshComputer();
    const clone = reviewer.folder();
    execFileSync("git", ["clone", "--quiet", folder, clone]);
    // All that the reviewer has of the author is what was committed.
    await author.stop();
    computers.splice(computers.indexOf(author), 1);

    const review = await reviewer.open(clone);
    await review.file(FILE);
    await review.waitForBadges(onlyBadge(/^unknown.* · replayed here$/), "what a clone can tell", 60_000);
    await review.press("Escape");
    const told = await review.hoverBadge(CURSOR_LINE);
    expect(told).toMatch(
      /^unknown: the model yields this text, as replaying it here showed; when that was stated cannot be told\.\n/,
    );
    expect(told).toMatch(/Accepted on another device, .*, which is not known here\./);
    expect(told).toContain("Its author can anchor it on a public chain as well");
    await review.press("Escape");
    await review.command("Proofline: Verify This File");
    expect(await notification(review, /This file/)).toBe("This file: 1 unknown.");

    await openWalkthrough(review);
    await waitForTicks(review, ["model", "badge", "reviewer"]);
    await clickInStep(review, "verifiedOnly", "Open the setting");
    await setInSettings(review, "proofline.verifiedOnly", "block");
    await waitForError(review, /^Accepted suggestion, unknown: .* anchored on a chain on another computer/);

    await review.file(FILE);
    await review.goTo(CURSOR_LINE);
    await review.type(" // mine");
    await review.waitForBadges(onlyBadge(/^unknown$/), "nothing more that can be said of the line");
    await waitForError(review, /^Accepted suggestion, unknown: .* The text was edited: 0 of 1 lines stand/);
    await openWalkthrough(review);
    await waitForTicks(review, ["model", "badge", "reviewer", "verifiedOnly"]);
  });
});
