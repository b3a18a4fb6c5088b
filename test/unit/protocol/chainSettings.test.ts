import { describe, expect, it } from "vitest";
import { readChain } from "../../../server/src/protocol/chainSettings";
import { ChainSettings } from "../../../server/src/protocol/settings";

const RPC = {
  kind: "rpc",
  id: 8453,
  rpcUrls: ["https://one.example", "http://127.0.0.1:8545"],
  contract: "0xAB00000000000000000000000000000000000001",
};

describe("readChain", () => {
  it("is the embedded chain unless another one is named", () => {
    const nothing = { kind: undefined, id: null, rpcUrls: [], contract: "" };
    expect(readChain(nothing)).toEqual({ kind: "embedded" });
    expect(readChain({ ...RPC, kind: "embedded" })).toEqual({ kind: "embedded" });
  });

  it("gives the server what its schema accepts", () => {
    const chain = readChain(RPC);
    expect(ChainSettings.parse(chain)).toEqual(chain);
    expect(chain).toMatchObject({ contract: RPC.contract.toLowerCase() });
  });

  it.each([
    ["proofline.chain.kind", { kind: "other" }],
    ["proofline.chain.id", { id: "8453" }],
    ["proofline.chain.id", { id: 0 }],
    ["proofline.chain.rpcUrls", { rpcUrls: [] }],
    ["proofline.chain.rpcUrls", { rpcUrls: ["ftp://one.example"] }],
    ["proofline.chain.rpcUrls", { rpcUrls: "https://one.example" }],
    ["proofline.chain.contract", { contract: "0x12" }],
  ])("names %s when it cannot be used", (setting, wrong) => {
    expect(readChain({ ...RPC, ...wrong })).toMatchObject({ problem: expect.stringContaining(setting) });
  });
});
