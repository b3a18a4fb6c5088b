/** Which enclave the code of a repository may go to: found on a real chain, shown whole, accepted outside the repository. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Settings } from "../../../server/src/protocol/settings";
import { asking } from "../../support/opengradient/askedRegistry";
import { MEASUREMENTS } from "../../support/opengradient/attestationDocument";
import { machineClock } from "../../support/opengradient/clock";
import { editorPerson } from "../../support/opengradient/editorPerson";
import { startOpenGradient } from "../../support/opengradient/startOpenGradient";
import { Refusal, startProxy } from "../../support/rpcProxy";
import type { Workspace } from "../../support/workspace";

const started = () => startOpenGradient({ clock: machineClock() });
const person = (settings: Partial<Settings>) => editorPerson({ settings });

const accepted = (workspace: Workspace): readonly string[] => {
  try {
    return readdirSync(join(workspace.home, "enclaves", "accepted"), { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
};

describe("the enclaves to choose from", () => {
  test("are those that are enabled and whose code is approved, and the gateways hear nothing", async () => {
    const open = await started();
    const disabled = await startOpenGradient({ beside: open });
    await open.contracts.disable(disabled.enclave);
    const unapproved = await startOpenGradient({
      beside: open,
      measurements: MEASUREMENTS.map(({ length }) => Buffer.alloc(length, 9)),
      isApproved: false,
    });
    const { list } = await person(asking(open));
    expect(await list()).toEqual({
      enclaves: [{ name: open.enclave.name, endpoint: open.gateway.url, registeredAt: expect.any(Number) }],
      problem: null,
    });
    for (const { gateway } of [open, disabled, unapproved]) {
      expect(gateway.received).toEqual([]);
    }
  });

  test("are not known where servers refuse to look for them, and can be named all the same", async () => {
    const open = await started();
    const [url = ""] = open.registry.rpcUrls;
    const proxy = await startProxy(url, (method, result) =>
      method === "eth_getLogs" ? new Refusal(-32602, "block range is too large") : result,
    );
    const somebody = await person(asking(open, [proxy]));
    expect(await somebody.list()).toEqual({
      enclaves: [],
      problem: expect.stringMatching(/block range is too large.*proofline\.openGradient\.rpcUrls/),
    });
    const { lines } = await somebody.review(open);
    expect(lines.join("\n")).toContain(open.enclave.name);
  });
});

describe("a consent", () => {
  test("is kept outside the repository, and taken back", async () => {
    const open = await started();
    const somebody = await person(asking(open));
    const { workspace } = somebody;
    await somebody.use(open, await somebody.digest(open));
    expect(accepted(workspace).filter((name) => name.endsWith(".json"))).toHaveLength(1);
    expect(readdirSync(workspace.path(".proofline"))).toEqual([".gitattributes", "repository"]);
    await somebody.useLocal();
    expect(accepted(workspace).filter((name) => name.endsWith(".json"))).toEqual([]);
    expect(open.gateway.received).toEqual([]);
  });

  test("is to what was shown: with another model or settlement, or an enclave that lost its approval, nothing is accepted", async () => {
    const open = await started();
    const somebody = await person(asking(open));
    const digest = await somebody.digest(open);
    for (const other of [{ model: "gpt-5-mini" }, { settlement: "individual" }] as const) {
      await expect(somebody.use(open, digest, other)).rejects.toThrow("nothing was accepted");
    }
    await open.contracts.revoke(MEASUREMENTS);
    await expect(somebody.use(open, digest)).rejects.toThrow("does not approve its code");
    await expect(somebody.review(open)).rejects.toThrow("does not approve its code");
    expect(accepted(somebody.workspace)).toEqual([]);
  });

  test("is asked of nobody where no server is named, and in an untrusted workspace", async () => {
    const open = await started();
    const nobody = await person({});
    await expect(nobody.list()).rejects.toThrow("proofline.openGradient.rpcUrls");
    await expect(nobody.review(open)).rejects.toThrow("proofline.openGradient.rpcUrls");
    const untrusted = await person({ ...asking(open), trusted: false });
    await expect(untrusted.list()).rejects.toThrow("not trusted");
    await expect(untrusted.review(open)).rejects.toThrow("not trusted");
    await expect(untrusted.useLocal()).rejects.toThrow("not trusted");
  });
});
