import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Prefetch } from "../../../server/src/lsp/completion/prefetch";
import type { ActiveSuggestion } from "../../../server/src/lsp/suggestions/activeSuggestions";

describe("asking ahead", () => {
  const document = (text: string) => ({ uri: "file:///a.ts", text });
  const suggestion = { before: "a", text: "bc", after: "d" };
  let asked: {
    before: string;
    after: string;
    signal: AbortSignal;
    answer: (suggestion: ActiveSuggestion | null) => void;
  }[];
  let prefetch: Prefetch;

  beforeEach(() => {
    asked = [];
    prefetch = new Prefetch(
      (_, { before, after }, signal) =>
        new Promise((answer) => asked.push({ before, after, signal, answer })),
    );
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const show = (): void => prefetch.shown(document("ad") as Parameters<Prefetch["shown"]>[0], suggestion);

  it("waits until the suggestion is being read, and asks once however often it is shown", async () => {
    show();
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toHaveLength(0);
    show();
    await vi.advanceTimersByTimeAsync(100);
    expect(asked).toMatchObject([{ before: "abc", after: "d" }]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(1);
  });

  it("does not wait when the editor asks there, and answers nowhere else", async () => {
    show();
    const elsewhere = await prefetch.take("file:///a.ts", { before: "ab", after: "d" });
    expect(elsewhere).toBeNull();
    expect(await prefetch.take("file:///b.ts", { before: "abc", after: "d" })).toBeNull();
    const taken = prefetch.take("file:///a.ts", { before: "abc", after: "d" });
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(1);
    const next = { id: "next" } as ActiveSuggestion;
    asked[0]?.answer(next);
    expect(await taken).toEqual({ suggestion: next });
    expect(await prefetch.take("file:///a.ts", { before: "abc", after: "d" })).toBeNull();
  });

  it("tells that the model had nothing to say there from nobody having asked", async () => {
    show();
    const taken = prefetch.take("file:///a.ts", { before: "abc", after: "d" });
    await vi.advanceTimersByTimeAsync(0);
    asked[0]?.answer(null);
    expect(await taken).toEqual({ suggestion: null });
  });

  it("goes on while the suggestion is typed or accepted, and ends with any other edit", async () => {
    show();
    await vi.advanceTimersByTimeAsync(200);
    for (const text of ["abd", "abcd"]) {
      prefetch.changed(document(text));
    }
    prefetch.changed({ uri: "file:///b.ts", text: "" });
    expect(asked[0]?.signal.aborted).toBe(false);
    prefetch.changed(document("abxd"));
    expect(asked[0]?.signal.aborted).toBe(true);
    show();
    prefetch.cancel();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(1);
  });
});
