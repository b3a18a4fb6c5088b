import { expect, test } from "vitest";
import { operatedServer, operatedServers } from "../../../server/src/chain/rpc/operators";
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

test.each([
  "http://[::ffff:127.0.0.1]:8545",
  "http://[::ffff:7f00:1]:8545",
  "http://0.0.0.0:8545",
  "http://[::]:8545",
  "http://0:8545",
  "http://LOCALHOST.:8545",
  "http://2130706433:8545",
  "http://127.1:8545",
  "http://localhost.localdomain:8545",
  "http://localhost6:8545",
  "http://ip6-localhost:8545",
])("%s is this computer, as all of loopback is", (entry) => {
  expect(operatorOf(entry)).toBe("this computer");
});

test.each([
  ["http://192.0.2.7", "http://[::ffff:192.0.2.7]"],
  ["https://rpc.example.com", "https://RPC.EXAMPLE.COM.:8443"],
  ["https://rpc.bücher.example.com", "https://rpc.xn--bcher-kva.example.com"],
  ["https://a.com.", "https://b.a.com"],
  ["https://node_1.example.com", "https://node-2.example.com"],
  ["https://one_two.example.com", "https://example.com"],
  ["https://%61.example.com", "https://b.example.com"],
  ["https://example。com", "https://example.com"],
  ["https://node.internal", "https://node.internal."],
])("%s and %s are one operator", (one, other) => {
  expect(operatorOf(one)).toBe(operatorOf(other));
});

test("an address is of the operator whom another entry names for it, unless it says otherwise", () => {
  const operators = (...entries: string[]) => operatedServers(entries).map(({ operator }) => operator);
  expect(operators("https://sepolia.infura.io", "Infura=https://mainnet.infura.io")).toEqual([
    "infura",
    "infura",
  ]);
  expect(operators("One=http://127.0.0.1:1", "Two=http://127.0.0.1:2", "http://127.0.0.1:3")).toEqual([
    "one",
    "two",
    "one",
  ]);
  expect(operators("https://a.example.org", "Example=https://b.example.com")).toEqual([
    "example.org",
    "example",
  ]);
});
