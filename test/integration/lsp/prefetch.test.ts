import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";
import { Prefetch } from "../../../server/src/lsp/completion/prefetch";
import type { ActiveSuggestion } from "../../../server/src/lsp/suggestions/activeSuggestions";
import { Client, uriOf } from "../../support/languageClient";

vi.setConfig({ testTimeout: 120_000 });

const TEXT = `export class Stack<T> {
  private readonly items: T[] = [];

  push(item: T): void {
    this.items.push(item);
  }

  pop(): T | undefined {
    return this.items.pop();
  }
}

export function clamp(value: number, min: number, max: number): number {
  if (value < min) {
    return min;
  }
  return value;
}
`;
/** Where the text is cut, up to the end of the line. */
const CUTS = ["this.items.pu", "return this.", "clamp(value: nu", "if (value < ", "    return m"];

describe("what was asked ahead", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "proofline-prefetch-"));
    mkdirSync(join(folder, "work"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));

  it.each([InlineCompletionTriggerKind.Invoked, InlineCompletionTriggerKind.Automatic])(
    "is what the model says to the accepted text, and is recorded where it goes (trigger %i)",
    async (triggerKind) => {
      const start = (home: string): Promise<Client> =>
        Client.start({ home: join(folder, home), folders: [join(folder, "work")] });
      const [client, fresh] = [await start("home"), await start("fresh")];
      let answered = 0;
      try {
        await Promise.all([client.ready(), fresh.ready()]);
        for (const [index, cut] of CUTS.entries()) {
          const at = TEXT.indexOf(cut) + cut.length;
          const text = TEXT.slice(0, at) + TEXT.slice(TEXT.indexOf("\n", at));
          const file = join(folder, "work", `cut${index}.ts`);
          const uri = uriOf(file);
          writeFileSync(file, text);
          client.open(uri, text);
          const shown = await client.complete(uri, client.after(uri, text.slice(0, at)), { triggerKind: 1 });
          if (shown === null) {
            continue;
          }
          // Shown again, so that the editor's question comes while the answer is under way or there.
          await client.complete(uri, client.after(uri, text.slice(0, at)), { triggerKind });
          client.insert(uri, shown);
          expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
          const offset = client.document(uri).offsetAt(shown.range.start) + shown.text.length;
          const end = client.document(uri).positionAt(offset);
          const next = await client.complete(uri, end, { triggerKind });

          fresh.open(uri, client.text(uri));
          const asked = await fresh.complete(uri, end, { triggerKind });
          expect(next?.text).toBe(asked?.text);
          if (next === null) {
            continue;
          }
          answered += 1;
          expect(next.id).not.toBe(shown.id);
          client.insert(uri, next);
          expect(await client.accept(uri, next.id)).toEqual({ recorded: true });
        }
        expect(answered).toBeGreaterThan(0);
      } finally {
        await Promise.all([client.stop(), fresh.stop()]);
      }
    },
  );
});

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
