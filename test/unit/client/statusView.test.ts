import { describe, expect, it } from "vitest";
import { statusView } from "../../../client/src/statusView";
import type { ChainState, DidChangeStatus, ModelState } from "../../../server/src/protocol/messages";
import { digestOf } from "../../support/digests";

const READY: ModelState = { kind: "ready", languages: null, name: "small", manifestDigest: digestOf("00") };

function status(more: Partial<DidChangeStatus.Parameters> = {}): DidChangeStatus.Parameters {
  return {
    model: READY,
    chain: { kind: "idle" },
    pending: 0,
    proposedModel: null,
    proposedChain: null,
    proposedPolicy: null,
    ...more,
  };
}

describe("statusView", () => {
  it("says nothing beyond the name when all is well", () => {
    expect(statusView({ kind: "running" }, status(), null)).toMatchObject({
      word: "",
      severity: "information",
      busy: false,
    });
  });

  it("says how the model runs where that is not what the settings ask for", () => {
    const model: ModelState = { ...READY, notice: "The processor runs it." };
    expect(statusView({ kind: "running" }, status({ model }), null).detail).toContain(
      "Model small is ready. The processor runs it.",
    );
  });

  it("says that a model is asked through an enclave, which code is sent to", () => {
    const model: ModelState = {
      kind: "relayed",
      name: "gpt\u202e5",
      enclave: `0x${"e".repeat(64)}`,
      settlement: "private",
      committed: null,
    };
    const { detail, word } = statusView({ kind: "running" }, status({ model }), null);
    expect(detail).toContain("through the enclave 0xeeee");
    expect(detail).toContain("gpt\\u{202e}5");
    expect(detail).toContain("code of this repository is sent there");
    expect(word).toBe("");
  });

  it("says that the workspace names a model, and how to choose it", () => {
    const { detail, word } = statusView({ kind: "running" }, status({ proposedModel: "theirs" }), null);
    expect(detail).toContain(
      "proposes the model theirs. To use it, run Proofline: Use the Workspace's Model….",
    );
    expect(word).toBe("");
  });

  it("says in quiet that a repository proposes a chain, letter by letter", () => {
    const { detail, word, severity } = statusView(
      { kind: "running" },
      status({ proposedChain: "chain 5\u202e" }),
      null,
    );
    expect(detail).toContain("proposes a chain for its anchors");
    expect(detail).toContain("\\u{202e}");
    expect(detail).toContain("your own settings count");
    expect([word, severity]).toEqual(["", "information"]);
  });

  it("gives a reason wherever there is no suggestion", () => {
    const failed: ModelState = { kind: "failed", reason: "A file differs.", remedy: "Fetch it again." };
    const off = { kind: "off", reason: "Not trusted.", remedy: "Trust it." } as const;
    const stopped = {
      kind: "crashed",
      reason: "It ended.",
      restart: { kind: "never", crashes: 5 },
    } as const;
    expect(statusView(off, undefined, null).detail).toBe("Not trusted. Trust it.");
    expect(statusView(stopped, undefined, null)).toMatchObject({ word: "stopped", severity: "error" });
    expect(statusView({ kind: "running" }, status({ model: failed }), null)).toMatchObject({
      word: "no model",
      detail: "A file differs. Fetch it again.",
      severity: "error",
    });
    expect(statusView({ kind: "running" }, status(), "This file is ignored.")).toMatchObject({
      word: "off here",
      detail: "This file is ignored.",
    });
  });

  it("says what waits for the chain, and why", () => {
    const waiting: ChainState = { kind: "waiting", suggestions: 2, reason: "it does not answer." };
    expect(statusView({ kind: "running" }, status({ chain: waiting, pending: 2 }), null)).toMatchObject({
      word: "2 waiting",
      detail: "2 suggestions waiting for the chain: it does not answer.",
      severity: "warning",
    });
  });

  it("is busy while something is on its way", () => {
    const anchoring: ChainState = { kind: "anchoring", suggestions: 1 };
    expect(statusView({ kind: "starting" }, undefined, null).busy).toBe(true);
    expect(statusView({ kind: "running" }, status({ model: { kind: "loading" } }), null).busy).toBe(true);
    expect(statusView({ kind: "running" }, status({ chain: anchoring }), null).busy).toBe(true);
  });
});
