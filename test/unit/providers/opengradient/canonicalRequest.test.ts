import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toDigest } from "../../../../server/src/platform/digests";
import { keccak256 } from "../../../../server/src/platform/ecdsa";
import { canonicalRequest } from "../../../../server/src/providers/opengradient/canonicalRequest";

const fixture = join(import.meta.dirname, "../../../fixtures/opengradient/canonicalRequests.json");
const vectors: { requests: { wire: string; canonical: string; request_hash: string }[] } = JSON.parse(
  readFileSync(fixture, "utf8"),
);

describe("canonicalRequest", () => {
  it.each(vectors.requests)(
    "is what the gateway's own code made of $wire",
    ({ wire, canonical, request_hash }) => {
      const { json } = canonicalRequest(wire);
      expect(json).toBe(canonical);
      expect(toDigest(keccak256(Buffer.from(json)))).toBe(request_hash);
    },
  );

  const messages = '"messages":[{"role":"user","content":"hi"}]';
  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["no messages", '{"model":"m"}'],
    ["messages that are no list", '{"model":"m","messages":{}}'],
    ["a message that is no object", '{"model":"m","messages":["hi"]}'],
    ["a role that nobody knows", '{"model":"m","messages":[{"role":"critic","content":"no"}]}'],
    ["a temperature beyond every float", `{"model":"m",${messages},"temperature":1${"0".repeat(400)}}`],
  ])("refuses %s as no gateway would take it", (_, body) => {
    expect(() => canonicalRequest(body)).toThrow(
      expect.objectContaining({ name: "AnswerFlaw", kind: "unfit" }),
    );
  });

  it.each([
    ["web_search", `{"model":"m",${messages},"web_search":true}`],
    ["reasoning_effort", `{"model":"m",${messages},"reasoning_effort":"low"}`],
    [
      "content in parts",
      '{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}',
    ],
    ["content that is missing", '{"model":"m","messages":[{"role":"user"}]}'],
    ["a temperature in quotes", `{"model":"m",${messages},"temperature":"1"}`],
    ["max_tokens in quotes", `{"model":"m",${messages},"max_tokens":"1"}`],
    ["tool calls that are no list", '{"model":"m","messages":[{"role":"assistant","tool_calls":"f"}]}'],
    ["no model", `{${messages}}`],
  ])("does not guess what a gateway makes of %s", (_, body) => {
    expect(() => canonicalRequest(body)).toThrow(
      expect.objectContaining({ name: "AnswerFlaw", kind: "unknown" }),
    );
  });

  it("tells of which members nothing is signed", () => {
    const body = `{"model":"m",${messages},"top_p":1,"stop":"","tool_choice":"auto"}`;
    expect(canonicalRequest(body).unsigned).toEqual(["top_p", "tool_choice"]);
  });

  it("spells a numeric id of a tool call as Python's str does", () => {
    const spelled = (id: string): string =>
      canonicalRequest(`{"model":"m","messages":[{"role":"tool","content":"r","tool_call_id":${id}}]}`).json;
    expect(spelled("7")).toContain('"tool_call_id": "7"');
    expect(spelled("1e400")).toContain('"tool_call_id": "inf"');
  });
});
