/** A suggestion of an enclave, from the consent to a badge that says attested, and a reviewer who has nothing but RPC servers. */
import { execFileSync } from "node:child_process";
import { afterEach, expect, it } from "vitest";
import { eventually } from "./deadline";
import { askForEnclave, hostEnclave, payForAnchors, setTransactionKey } from "./enclave";
import { clickInDialog, notification } from "./pinning";
import { asked, commitAll, repository, SETTINGS } from "./sample";
import { type DrawnBadge, type Window, Workbench } from "./workbench";

const FILE = "prices.ts";
const LINE = 2;
const TEXT = "return prices.reduce((sum, price) => sum + price, 0);";
const PRICES = "export function total(prices: readonly number[]): number {\n  \n}\n";

const computers: Workbench[] = [];
afterEach(() => Promise.all(computers.splice(0).map((computer) => computer.stop())));

async function computer(settings: Readonly<Record<string, unknown>>): Promise<Workbench> {
  const started = await Workbench.start({ settings: { ...SETTINGS, ...settings } });
  computers.push(started);
  return started;
}

const onlyBadge = (text: RegExp) => (badges: readonly DrawnBadge[]) =>
  badges.length === 1 && badges[0]?.line === LINE && text.test(badges[0].text);

/** Opens the verdict document of the suggestion at the cursor, waits until it says so of the settlement, and closes it. */
async function settlement(window: Window, said: RegExp): Promise<void> {
  await window.file(FILE);
  await window.goTo(LINE);
  await window.command("Proofline: Open Verdict Document");
  await window.page.waitForSelector('.tab.active[data-resource-name="Verdict.md"]');
  await window.find("| settlement |");
  await eventually(
    // Long rows are wrapped.
    async () => (await window.lines()).join(""),
    (text) => said.test(text),
    { what: `a settlement like ${said}`, milliseconds: 60_000 },
  );
  await window.command("View: Close Editor");
}

it("is attested for its author and for a reviewer with RPC servers alone, its settlement pending and then found", async () => {
  const { open, settings } = await hostEnclave(TEXT);
  const author = await computer(settings);
  const folder = repository(author, { [FILE]: PRICES });
  const window = await author.open(folder);
  await window.status((text) => /ready/.test(text), "a ready model");

  const terms = await askForEnclave(window, open, "Individual");
  for (const part of [open.enclave.name, open.gateway.url, "gpt-5", "third party", "in clear", "at most"]) {
    expect(terms).toContain(part);
  }
  await clickInDialog(window, "Decline");
  expect(open.gateway.received).toEqual([]);
  await askForEnclave(window, open, "Individual");
  await clickInDialog(window, "Accept");
  await window.file(FILE);
  await window.goTo(LINE);
  await window.status((text) => /gpt-5/.test(text), "the model of the enclave");
  expect(open.gateway.received).toEqual([]);

  expect(await asked(window, /reduce/)).toBe(TEXT);
  await window.press("Tab");
  await window.waitForBadges(onlyBadge(/^pending/), "a pending badge");
  await window.save();
  await setTransactionKey(window);
  await payForAnchors(window);
  expect(await notification(window, /anchored/i)).toBe("Anchored 1 suggestion.");
  await window.command("Notifications: Clear All Notifications");
  await window.file(FILE);
  const [badge] = await window.waitForBadges(onlyBadge(/^attested/), "an attested badge", 60_000);
  expect(badge?.icon).toBe("attested");
  const hover = await window.hoverBadge(LINE);
  expect(hover).toMatch(
    /^attested: an approved enclave relayed this answer from “gpt-5”; nobody can check which weights wrote it\.\n/,
  );
  expect(hover).not.toContain("verified");
  await window.press("Escape");
  await settlement(window, /pending .*that may take half an hour/);
  await open.settlements.mineAnnounced();
  await window.file(FILE);
  await window.command("Proofline: Verify This File");
  expect(await notification(window, /This file/)).toBe("This file: 1 attested.");
  await settlement(window, /passed .*block \d+ has a settlement of this answer/);
  commitAll(folder);

  const reviewer = await computer(settings);
  const clone = reviewer.folder();
  execFileSync("git", ["clone", "--quiet", folder, clone]);
  await author.stop();
  computers.splice(computers.indexOf(author), 1);
  const sent = open.gateway.received.length;
  const review = await reviewer.open(clone);
  await review.file(FILE);
  await review.waitForBadges(onlyBadge(/^attested/), "what a reviewer is told", 60_000);
  await review.press("Escape");
  expect(await review.hoverBadge(LINE)).toMatch(/nobody can check which weights wrote it/);
  await review.press("Escape");
  await settlement(review, /passed/);
  // Who reviews asks the chain and no enclave.
  expect(open.gateway.received).toHaveLength(sent);
});
