import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { InlineCompletionTriggerKind } from "vscode-languageserver-protocol/node";
import { Client, uriOf } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";

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
  afterEach(() => removeFolder(folder));

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
