import { describe, expect, it } from "vitest";
import { type MenuState, menuChoices } from "../../../client/src/menuChoices";
import { digestOf } from "../../support/digests";

const STATUS: NonNullable<MenuState["status"]> = {
  model: { kind: "ready", name: "small", manifestDigest: digestOf("00"), languages: ["typescript"] },
  chain: { kind: "ready", name: "local chain", local: true },
  pending: 3,
  proposedModel: null,
  proposedChain: null,
  proposedPolicy: null,
};

function labels(more: Partial<MenuState> = {}): readonly string[] {
  const state: MenuState = {
    server: "running",
    status: STATUS,
    enabled: true,
    automatic: true,
    isSnoozed: false,
    language: "typescript",
    whyNoOffer: null,
    silence: null,
    ...more,
  };
  return menuChoices(state).map(({ label, description }) =>
    description === "" ? label : `${label}: ${description}`,
  );
}

describe("the menu", () => {
  it("offers to turn off, here or for a while, what is on, and tells of model, chain and what waits", () => {
    expect(labels()).toEqual([
      "Turn suggestions off for typescript",
      "Snooze for 10 minutes",
      "Only when I ask: No suggestions while typing",
      "Turn suggestions off: Badges stay",
      "Anchor now: 3 suggestions pending",
      "Model: small",
      "Use OpenGradient here…: Sends code away",
      "Chain: local chain, on this computer: a rehearsal",
      "Get started: The walkthrough",
      "Settings",
      "Log",
      "Restart the language server",
    ]);
  });

  it("says that a model is asked through an enclave, and offers the one on this computer", () => {
    const model = {
      kind: "relayed",
      name: "gpt-5",
      enclave: `0x${"e".repeat(64)}`,
      settlement: "private",
      committed: "0.2 OPG",
    } as const;
    const lines = labels({ status: { ...STATUS, model } });
    expect(lines).toContain("Model: gpt-5, through an enclave; settlement private");
    expect(lines).toContain("Set OpenGradient wallet…: 0.2 OPG committed within 24 hours");
    expect(lines).toContain("Use the local model here: Sends nothing away");
    expect(lines.join()).not.toContain("Use OpenGradient");
  });

  it("says why nothing comes, and offers what changes it", () => {
    const [why, on] = labels({ language: "go", whyNoOffer: "The model was not made for go." });
    expect([why, on]).toEqual([
      "Why nothing here?: The model was not made for go.",
      "Turn suggestions on for go",
    ]);
    expect(labels({ silence: "The model only repeated itself." })[0]).toBe(
      "Why nothing here?: The model only repeated itself.",
    );
    expect(labels({ isSnoozed: true })).toContain("End the snooze");
    expect(labels({ automatic: false })).toContain("Suggest while I type");
  });

  it("has only what works while suggestions are off or the server is not there", () => {
    expect(labels({ enabled: false })).toContain("Turn suggestions on");
    expect(labels({ enabled: false })).not.toContain("Snooze for 10 minutes");
    const stopped = labels({ server: "crashed", status: undefined, language: null });
    expect(stopped).toContain("Restart the language server");
    expect(stopped.join()).not.toMatch(/Anchor|Model|Chain/);
  });
});
