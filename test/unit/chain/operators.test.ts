import { expect, test } from "vitest";
import { operatedServer } from "../../../server/src/chain/rpc/operators";
import { ChainSettings } from "../../../server/src/protocol/settings";

const operatorOf = (entry: string) => operatedServer(entry).operator;

test("servers of one registrable domain are one operator, customers of one host, too", () => {
  expect(operatorOf("https://mainnet.infura.io/v3/key")).toBe("infura.io");
  expect(operatorOf("https://sepolia.INFURA.io")).toBe("infura.io");
  expect(operatorOf("https://rpc.example.co.uk:8545/")).toBe("example.co.uk");
  expect(operatorOf("https://one.workers.dev")).toBe(operatorOf("https://two.workers.dev"));
  expect(operatorOf("https://user:secret@node.example.org./")).toBe("example.org");
});

test("an address is an operator of its own whatever the port, and loopback is one", () => {
  expect(operatorOf("http://192.0.2.7:8545")).toBe(operatorOf("http://192.0.2.7:8546"));
  expect(operatorOf("http://192.0.2.7")).not.toBe(operatorOf("http://192.0.2.8"));
  expect(operatorOf("http://[2001:db8::1]:8545")).toBe("2001:db8::1");
  const local = [
    "http://127.0.0.1:1",
    "http://127.9.9.9",
    "http://[::1]",
    "http://localhost",
    "http://a.localhost",
  ];
  expect(new Set(local.map(operatorOf))).toEqual(new Set(["this computer"]));
  expect(operatorOf("http://node")).toBe("node");
});

test("an entry may say who operates a server, and nothing else makes one of it", () => {
  expect(operatedServer("Example Ltd=https://rpc.example/?a=b")).toEqual({
    url: "https://rpc.example/?a=b",
    operator: "example ltd",
  });
  expect(operatedServer("https://rpc.example/?a=https://b").url).toBe("https://rpc.example/?a=https://b");
  for (const entry of ["", "=https://a.example", "a=", "ftp://a.example", "javascript:x=https://a"]) {
    expect(() => operatedServer(entry)).toThrow("neither");
    const settings = { kind: "rpc", id: 1, rpcUrls: [entry], contract: `0x${"1".repeat(40)}` };
    expect(ChainSettings.safeParse(settings).success).toBe(false);
  }
});
