import { beforeAll, describe, expect, it } from "vitest";
import { AnswerFlaw } from "../../../../server/src/providers/attestation/answerFlaw";
import { readAnswer } from "../../../../server/src/providers/opengradient/signedAnswer";
import {
  answerBody,
  answerStream,
  CANONICAL_REQUEST,
  newEnclave,
  OUTPUT,
  SIGNED_AT,
  type StandInEnclave,
  statement,
} from "../../../support/standInEnclave";

let enclave: StandInEnclave;
let signed: ReturnType<typeof statement>;
beforeAll(() => {
  enclave = newEnclave();
  signed = statement(enclave, CANONICAL_REQUEST, "unused");
});

const frames = (...values: unknown[]): string =>
  values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`).join("");
const piece = (delta: object) => ({ choices: [{ index: 0, delta }] });
const last = (finish_reason = "stop") => ({ choices: [{ index: 0, delta: {}, finish_reason }], ...signed });
const body = (choice: object, more: object = {}) => JSON.stringify({ choices: [choice], ...signed, ...more });

describe("readAnswer", () => {
  it("reads the same of an answer that came whole and of one that came in pieces", () => {
    const whole = readAnswer("body", answerBody(enclave));
    expect(whole).toMatchObject({
      enclave: enclave.name,
      timestamp: SIGNED_AT,
      output: { kind: "text", signed: OUTPUT, hasUnsignedText: false },
    });
    const { signature: _, ...streamed } = readAnswer("stream", answerStream(enclave));
    expect(whole).toMatchObject(streamed);
  });

  it("takes the tool calls for what is signed, as Python spells them, and tells of text beside them", () => {
    const calls = [{ id: "c1", type: "function", function: { name: "größe", arguments: '{"a": 1.0}' } }];
    const spelled =
      '[{"function": {"arguments": "{\\"a\\": 1.0}", "name": "gr\\u00f6\\u00dfe"}, "id": "c1", "type": "function"}]';
    const message = { role: "assistant", content: "Let me look.", tool_calls: calls };
    expect(readAnswer("body", body({ finish_reason: "tool_calls", message })).output).toEqual({
      kind: "toolCalls",
      signed: spelled,
      hasUnsignedText: true,
    });
    const inPieces = frames(
      piece({ content: "Let me look." }),
      piece({ tool_calls: [{ index: 1, id: "c2", function: { name: "g", arguments: "{}" } }] }),
      piece({
        tool_calls: [{ index: 0, id: "c1", type: "function", function: { name: "größe", arguments: "" } }],
      }),
      piece({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
      piece({ tool_calls: [{ index: 0, function: { arguments: " 1.0}" } }] }),
      last("tool_calls"),
      "[DONE]",
    );
    const second = '{"function": {"arguments": "{}", "name": "g"}, "id": "c2", "type": "function"}';
    expect(readAnswer("stream", inPieces).output).toEqual({
      kind: "toolCalls",
      signed: spelled.replace(/\]$/, `, ${second}]`),
      hasUnsignedText: true,
    });
  });

  it("takes the text where no tool was called, or none of them ended the answer", () => {
    const calls = [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }];
    const message = { content: "text", tool_calls: calls };
    expect(readAnswer("body", body({ finish_reason: "stop", message })).output.signed).toBe("text");
    const none = { finish_reason: "tool_calls", message: { content: "text", tool_calls: [] } };
    expect(readAnswer("body", body(none)).output.signed).toBe("text");
  });

  it("reads a stream with other line ends, remarks and without its last line", () => {
    const text = `: remark\r\nevent: message\r\n${frames(piece({ content: "a" }), last()).replaceAll("\n", "\r\n")}`;
    expect(readAnswer("stream", text).output.signed).toBe("a");
  });

  it.each<[string, () => string, RegExp]>([
    ["was cut before its signed frame", () => frames(piece({ content: "a" })), /cut/],
    ["was cut within a frame", () => frames(piece({ content: "a" }), last()).slice(0, -60), /cut/],
    ["ended without its signed frame", () => frames(piece({ content: "a" }), "[DONE]"), /cut/],
    ["is empty", () => "", /cut/],
    ["goes on after its signed frame", () => frames(last(), piece({ content: "a" }), "[DONE]"), /follows/],
    ["goes on after its end", () => frames(last(), "[DONE]", piece({ content: "a" })), /follows/],
    ["tells of an error", () => frames(piece({ content: "a" }), { error: "no" }, last()), /error/],
    ["has several choices", () => frames({ choices: [{ delta: {} }, { delta: {} }] }, last()), /choice/],
    [
      "has a tool call without a place",
      () => frames(piece({ tool_calls: [{ id: "c" }] }), last("tool_calls")),
      /place/,
    ],
  ])("refuses a stream that %s", (_, text, reason) => {
    expect(() => readAnswer("stream", text())).toThrow(AnswerFlaw);
    expect(() => readAnswer("stream", text())).toThrow(reason);
  });

  const message = { content: "a" };
  it.each<[string, () => string, RegExp]>([
    ["is not JSON", () => "Internal error", /JSON/],
    ["is no object", () => "[]", /object/],
    ["tells of an error", () => JSON.stringify({ error: "Request processing failed" }), /error/],
    ["has no choice", () => JSON.stringify({ choices: [], ...signed }), /message/],
    ["has no text", () => body({ message: { content: null } }), /text/],
    ["has half a character", () => body({ message: { content: "\ud800" } }), /half/],
    ["has no signature", () => body({ message }, { tee_signature: undefined }), /tee_signature/],
    ["has another spelling of its enclave", () => body({ message }, { tee_id: "0xAB" }), /tee_id/],
    [
      "has a time with a fraction",
      () => body({ message }).replace(String(SIGNED_AT), "1.5"),
      /tee_timestamp/,
    ],
    ["has a time before 1970", () => body({ message }, { tee_timestamp: -1 }), /tee_timestamp/],
    ["has a hash with a prefix", () => body({ message }, { tee_output_hash: "0x00" }), /tee_output_hash/],
  ])("refuses a body that %s", (_, text, reason) => {
    expect(() => readAnswer("body", text())).toThrow(AnswerFlaw);
    expect(() => readAnswer("body", text())).toThrow(reason);
  });
});
