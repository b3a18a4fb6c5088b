import { describe, expect, it } from "vitest";
import { AcceptedParts } from "../../../client/src/editor/acceptedParts";

const URI = "file:///a.ts";
const part = (version: number) => ({ uri: URI, id: "s", version });

describe("AcceptedParts", () => {
  it("takes a part whose edit moved the cursor without a key, the mouse or an extension", () => {
    const parts = new AcceptedParts();
    parts.edited(URI, part(2));
    expect(parts.cursorMoved(URI, true)).toEqual(part(2));
    expect(parts.cursorMoved(URI, true)).toBeNull();
  });

  it("leaves what was typed or pasted to the person, one character or many", () => {
    const parts = new AcceptedParts();
    parts.edited(URI, part(2));
    expect(parts.cursorMoved(URI, false)).toBeNull();
    expect(parts.cursorMoved(URI, true)).toBeNull();
  });

  it("decides about the last edit of a document only, and by that document's cursor", () => {
    const parts = new AcceptedParts();
    parts.edited(URI, part(2));
    parts.edited("output:log", null);
    expect(parts.cursorMoved("output:log", true)).toBeNull();
    expect(parts.cursorMoved(URI, true)).toEqual(part(2));
    parts.edited(URI, part(3));
    parts.edited(URI, null);
    expect(parts.cursorMoved(URI, true)).toBeNull();
    parts.edited(URI, part(5));
    parts.edited(URI, part(6));
    expect(parts.cursorMoved(URI, true)).toEqual(part(6));
  });
});
