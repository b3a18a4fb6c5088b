import { describe, expect, it } from "vitest";
import { VerdictStore } from "../../../client/src/editor/verdictStore";
import type { ShownVerdict } from "../../../server/src/protocol/messages";

const uri = "file:///a.ts";

function verdict(line: number): ShownVerdict {
  const range = { start: { line, character: 0 }, end: { line, character: 4 } };
  return {
    id: "s",
    range,
    summary: "pending",
    remarks: [],
    keptLines: null,
    note: null,
    device: null,
    since: null,
  };
}

function newLineAt(line: number) {
  const place = { line, character: 0 };
  return [{ range: { start: place, end: place }, text: "\n" }];
}

describe("VerdictStore", () => {
  it("shifts what it holds with each edit", () => {
    const store = new VerdictStore();
    store.replace({ uri, version: 1, verdicts: [verdict(3)] });
    store.edit(uri, 2, newLineAt(0));
    expect(store.of(uri)[0]?.range.start.line).toBe(4);
  });

  it("brings a message for an older version up to date", () => {
    const store = new VerdictStore();
    store.edit(uri, 2, newLineAt(0));
    store.edit(uri, 3, newLineAt(0));
    store.replace({ uri, version: 2, verdicts: [verdict(3)] });
    expect(store.of(uri)[0]?.range.start.line).toBe(4);
  });

  it("holds nothing of a document that was forgotten", () => {
    const store = new VerdictStore();
    store.replace({ uri, version: 1, verdicts: [verdict(3)] });
    store.forget(uri);
    expect(store.of(uri)).toEqual([]);
  });
});
