import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type ConsentQuestion,
  countingChain,
  questionDigest,
} from "../../../server/src/chain/consent/chainConsents";
import { describeProposal } from "../../../server/src/chain/consent/describeProposal";
import { readProposedChain } from "../../../server/src/chain/consent/proposedChain";
import { ChainSettings } from "../../../server/src/protocol/settings";
import { visibleLine } from "../../../server/src/protocol/visibleText";

const EAS_ON_BASE = "0x4200000000000000000000000000000000000021";
const BASE = {
  "proofline.chain.kind": "rpc",
  "proofline.chain.id": 8453,
  "proofline.chain.rpcUrls": ["https://one.example/", "https://rpc.two.example/key"],
  "proofline.chain.contract": EAS_ON_BASE,
};
const proposed = (settings: unknown) =>
  readProposedChain(Buffer.from(typeof settings === "string" ? settings : JSON.stringify(settings)));
const rpc = (more: object = {}): ChainSettings =>
  ChainSettings.parse({
    kind: "rpc",
    id: 8453,
    rpcUrls: ["https://one.example/", "https://rpc.two.example/key"],
    contract: EAS_ON_BASE,
    ...more,
  });
const LOCAL: ChainSettings = { kind: "embedded" };

describe("what a repository's settings propose", () => {
  it("is read as VS Code reads it, comments and trailing commas included", () => {
    const text = `\uFEFF// Ours\n{\n  /* all of it */ ${JSON.stringify(BASE).slice(1, -1)},\n  "editor.tabSize": 2,\n}\n`;
    expect(proposed(text)).toEqual({ kind: "chain", settings: rpc() });
    expect(proposed({ "proofline.chain.kind": "embedded" })).toEqual({ kind: "chain", settings: LOCAL });
  });

  it.each([
    ["nothing", "{}"],
    ["other settings", '{ "proofline.maxTokens": 3, "editor.tabSize": 2 }'],
    ["a broken file about other things", "{ oops"],
    ["no text", ""],
  ])("is nothing where there is %s", (_, text) => {
    expect(proposed(text)).toBeNull();
  });

  it.each([
    ["no kind", { ...BASE, "proofline.chain.kind": undefined }, "proofline.chain.kind"],
    ["an id that is none", { ...BASE, "proofline.chain.id": "8453" }, "proofline.chain.id"],
    ["no servers", { ...BASE, "proofline.chain.rpcUrls": [] }, "proofline.chain.rpcUrls"],
    [
      "a server on the disk",
      { ...BASE, "proofline.chain.rpcUrls": ["file:///x"] },
      "proofline.chain.rpcUrls",
    ],
    ["a contract that is none", { ...BASE, "proofline.chain.contract": "0x1" }, "proofline.chain.contract"],
    [
      "an address too long to show",
      { ...BASE, "proofline.chain.rpcUrls": [`https://a.example/${"a".repeat(400)}`] },
      "shown whole",
    ],
    [
      "an address that is no text",
      { ...BASE, "proofline.chain.rpcUrls": ["https://a.example/\ud800"] },
      "shown whole",
    ],
    ["half a file", JSON.stringify(BASE).slice(0, -1), "JSON"],
    ["a list", `[${JSON.stringify(BASE)}]`, "JSON"],
    ["lists without end", `{"proofline.chain.kind":${"[".repeat(200_000)}`, "JSON"],
  ])("cannot be used with %s, which is said", (_, settings, said) => {
    expect(proposed(settings)).toEqual({ kind: "unusable", reason: expect.stringContaining(said) });
  });

  it("is read or refused, and never throws, whatever the bytes", () => {
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(BASE)));
    fc.assert(
      fc.property(fc.record({ kind: values, id: values, urls: values, contract: values }), (one) => {
        const found = proposed({
          "proofline.chain.kind": one.kind,
          "proofline.chain.id": one.id,
          "proofline.chain.rpcUrls": one.urls,
          "proofline.chain.contract": one.contract,
        });
        if (found?.kind === "chain") {
          expect(ChainSettings.parse(found.settings)).toEqual(found.settings);
          questionDigest({ proposed: found.settings, instead: LOCAL });
          describeProposal({ proposed: found.settings, instead: LOCAL });
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        readProposedChain(Buffer.concat([Buffer.from('{"proofline.chain.kind":'), bytes]));
      }),
    );
  });
});

describe("the chain that counts", () => {
  it("is the person's own until they accept", () => {
    const question = { proposed: rpc(), instead: LOCAL };
    expect(countingChain(question, null)).toEqual(LOCAL);
    expect(countingChain(question, "declined")).toEqual(LOCAL);
    expect(countingChain(question, "accepted")).toEqual(rpc());
  });

  it("is asked about anew with any other value on either side", () => {
    const questions: ConsentQuestion[] = [
      { proposed: rpc(), instead: LOCAL },
      { proposed: LOCAL, instead: rpc() },
      { proposed: rpc({ id: 1 }), instead: LOCAL },
      { proposed: rpc({ contract: `0x${"2".repeat(40)}` }), instead: LOCAL },
      { proposed: rpc({ rpcUrls: ["https://one.example/"] }), instead: LOCAL },
      { proposed: rpc({ rpcUrls: ["https://rpc.two.example/key", "https://one.example/"] }), instead: LOCAL },
      { proposed: rpc({ rpcUrls: ["One=https://one.example/"] }), instead: LOCAL },
      { proposed: rpc(), instead: rpc({ id: 1 }) },
    ];
    expect(new Set(questions.map(questionDigest)).size).toBe(questions.length);
  });
});

describe("what a person is shown of it", () => {
  const shown = (question: ConsentQuestion): string => describeProposal(question).join("\n");

  it("is the chain, its block 0, its contract, each server with its operator, and what follows", () => {
    const text = shown({ proposed: rpc(), instead: LOCAL });
    for (const part of [
      "Base, id 8453",
      "0xf712aa9241cc24369b143cf6dce85f0902a9731e70d66818a3a5845b296c73dd",
      `${EAS_ON_BASE}, the known EAS contract`,
      "https://one.example/, operated by one.example",
      "https://rpc.two.example/key, operated by two.example",
      "Instead of the local chain",
      "key that you set for chain 8453",
    ]) {
      expect(text).toContain(part);
    }
  });

  it("warns of another contract, of an unknown chain, and of a single operator", () => {
    expect(shown({ proposed: rpc({ contract: `0x${"2".repeat(40)}` }), instead: LOCAL })).toContain(
      `not the known EAS contract of this chain, which is ${EAS_ON_BASE}`,
    );
    const unknown = shown({ proposed: rpc({ id: 10740, rpcUrls: ["https://a.example"] }), instead: LOCAL });
    expect(unknown).toContain("not known beforehand: it is whatever its servers say");
    expect(unknown).toContain("the repository says that it is EAS");
    expect(unknown).toContain("the word of that one operator");
  });

  it("tells whose an address is, whatever operator the repository names", () => {
    const text = shown({ proposed: rpc({ rpcUrls: ["Alchemy=https://rpc.evil.example/"] }), instead: LOCAL });
    expect(text).toContain("operated by Alchemy as the repository says; the address is of evil.example");
    expect(
      shown({ proposed: rpc({ rpcUrls: ["https://base.org@evil.example/"] }), instead: LOCAL }),
    ).toContain("operated by evil.example");
  });

  it("names what changes in the chain of one's own settings, without what may be a token", () => {
    const own = rpc({ rpcUrls: ["https://mine.example/v3/secret"], contract: `0x${"2".repeat(40)}` });
    const text = shown({ proposed: rpc(), instead: own });
    expect(text).toContain("the server mine.example is no longer asked");
    expect(text).toContain("the server one.example is new");
    expect(text).toContain(`contract 0x${"2".repeat(40)} no longer counts`);
    expect(text).not.toContain("secret");
  });

  it("is shown letter by letter", () => {
    const hidden = "https://one.example/\u202egnp.exe\nServer     https://two.example/";
    const lines = describeProposal({ proposed: rpc({ rpcUrls: [hidden] }), instead: LOCAL });
    expect(lines.filter((line) => line.startsWith("Server"))).toHaveLength(1);
    expect(lines.join("\n")).toContain("\\u{202e}");
    expect(lines.map((line) => visibleLine(line))).toEqual(lines);
  });
});
