import { expect, test } from "vitest";
import { chainConfiguration } from "../../../server/src/chain/chainConfiguration";
import { chainName, isLocalChain } from "../../../server/src/chain/knownChains";

test("developers' chains are told by id or by what their server says", () => {
  expect(isLocalChain(31337, null)).toBe(true);
  expect(isLocalChain(1337, "Geth/v1.14")).toBe(true);
  expect(isLocalChain(8453, "anvil/v1.7.1")).toBe(true);
  expect(isLocalChain(8453, "HardhatNetwork/2.22")).toBe(true);
  expect(isLocalChain(8453, "op-geth/v1.101")).toBe(false);
  expect(isLocalChain(8453, null)).toBe(false);
});

test("a developer's node with a public chain's id never bears its name", () => {
  expect(chainName(8453, false)).toBe("Base");
  expect(chainName(8453, true)).toBe("chain 8453 (local)");
  expect(chainName(31337, true)).toBe("local chain");
  expect(chainName(10740, false)).toBe("chain 10740");
});

test("settings become a configuration", () => {
  const program = { home: "/home/me/.proofline", hostPath: "/ext/dist/chainHost.js" };
  expect(chainConfiguration({ kind: "embedded" }, program)).toEqual({ kind: "embedded", ...program });
  const rpc = {
    kind: "rpc",
    id: 8453,
    rpcUrls: ["https://base.example/rpc"],
    contract: "0x4200000000000000000000000000000000000021",
  } as const;
  expect(chainConfiguration({ ...rpc, rpcUrls: [...rpc.rpcUrls] }, program)).toEqual({
    ...rpc,
    home: program.home,
  });
});
