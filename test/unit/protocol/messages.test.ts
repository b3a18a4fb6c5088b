import { describe, expect, it } from "vitest";
import * as messages from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";

const all = Object.entries(messages).flatMap(([name, value]) =>
  typeof value === "object" && "method" in value ? [{ name, message: value }] : [],
);

describe("the messages between client and server", () => {
  it("are each one constant, whose method bears its name", () => {
    expect(all.length).toBeGreaterThan(15);
    for (const { name, message } of all) {
      expect(message.method).toBe(`proofline/${name.charAt(0).toLowerCase()}${name.slice(1)}`);
      expect(message.type.method).toBe(message.method);
    }
  });

  it("say what happened where they are notifications, and what is wanted where they are requests", () => {
    for (const { name, message } of all) {
      expect(name.startsWith("Did"), name).toBe(!("result" in message));
    }
  });

  it("carry what their schemas let through, and nothing else", () => {
    const { parameters } = messages.DidChangeSettings;
    expect(parameters.safeParse({ settings: DEFAULT_SETTINGS }).success).toBe(true);
    expect(parameters.safeParse({ settings: { ...DEFAULT_SETTINGS, maxTokens: "many" } }).success).toBe(
      false,
    );
    const acceptance = { id: "a", uri: "file:///a.ts", kind: "partial", version: 3 };
    expect(messages.AcceptSuggestion.parameters.parse(acceptance)).toEqual(acceptance);
    expect(messages.AcceptSuggestion.parameters.safeParse({ ...acceptance, version: "last" }).success).toBe(
      false,
    );
  });

  it("answer what is only done with nothing, which arrives as null", () => {
    expect(messages.ChooseModel.result.parse(null)).toBeUndefined();
    expect(messages.ChooseModel.result.parse(undefined)).toBeUndefined();
    expect(messages.ChooseModel.result.safeParse("done").success).toBe(false);
  });
});
