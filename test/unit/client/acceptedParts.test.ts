import { describe, expect, it } from "vitest";
import { AcceptedParts } from "../../../client/src/editor/acceptedParts";

const URI = "file:///a.ts";
const part = (version: number) => ({ uri: URI, id: "s", version });

describe("AcceptedParts", () => {
  it("takes a part whose edit moved the cursor without a key, the mouse or an extension", () => {
    const parts = new AcceptedParts();
    parts.edited(URI, ["word"], part(2));
    expect(parts.cursorMoved(URI, true, true)).toEqual(part(2));
    expect(parts.cursorMoved(URI, true, true)).toBeNull();
  });

  it("leaves what was typed or pasted to the person, one character or many", () => {
    const parts = new AcceptedParts();
    parts.edited(URI, ["word"], part(2));
    expect(parts.cursorMoved(URI, false, true)).toBeNull();
    expect(parts.cursorMoved(URI, true, true)).toBeNull();
  });

  it("leaves to the person what a command put there that left the cursor elsewhere, as one that moves lines does", () => {
    const parts = new AcceptedParts();
    parts.edited(URI, ["", "\n  return this.items;"], part(2));
    expect(parts.cursorMoved(URI, true, false)).toBeNull();
    expect(parts.cursorMoved(URI, true, true)).toBeNull();
  });

  it("decides about the last edit of a document only, and by that document's cursor", () => {
    const parts = new AcceptedParts();
    parts.edited(URI, ["word"], part(2));
    parts.edited("output:log", ["a line"], null);
    expect(parts.cursorMoved("output:log", true, true)).toBeNull();
    expect(parts.cursorMoved(URI, true, true)).toEqual(part(2));
    parts.edited(URI, ["word"], part(3));
    parts.edited(URI, ["else"], null);
    expect(parts.cursorMoved(URI, true, true)).toBeNull();
    parts.edited(URI, ["word"], part(5));
    parts.edited(URI, ["word"], part(6));
    expect(parts.cursorMoved(URI, true, true)).toEqual(part(6));
  });

  it("leaves to the person what they choose from the editor's own completions", () => {
    const parts = new AcceptedParts();
    parts.asked("word");
    parts.edited(URI, ["word"], part(2));
    expect(parts.cursorMoved(URI, true, true)).toBeNull();
    parts.edited(URI, ["other"], part(3));
    expect(parts.cursorMoved(URI, true, true)).toEqual(part(3));
    parts.asked(undefined);
    parts.edited(URI, ["word"], part(4));
    expect(parts.cursorMoved(URI, true, true)).toEqual(part(4));
  });
});
