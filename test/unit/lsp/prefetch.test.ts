import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Offer } from "../../../server/src/lsp/completion/offer";
import { Prefetch } from "../../../server/src/lsp/completion/prefetch";

describe("asking ahead", () => {
  const document = (text: string) => ({ uri: "file:///a.ts", text });
  const suggestion = { before: "a", text: "bc", after: "d" };
  let asked: {
    before: string;
    after: string;
    signal: AbortSignal;
    answer: (offer: Offer) => void;
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
    const next = { kind: "nothing", reason: "The model only repeated itself." } as const;
    asked[0]?.answer(next);
    expect(await taken).toBe(next);
    expect(await prefetch.take("file:///a.ts", { before: "abc", after: "d" })).toBeNull();
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
