/** How long a prompt is for somebody who types, for somebody who asks, and once a place was read ahead. */
import { expect, test } from "vitest";
import { promptOf } from "../../../server/src/evidence/format/acceptedSuggestion";
import { readJournals } from "../../../server/src/evidence/journal/journal";
import { savesPower } from "../../../server/src/platform/powerSaving";
import { eventually } from "../../support/eventually";
import { Workspace } from "../../support/workspace";

const CLASSES = Array.from(
  { length: 24 },
  (_, index) => `export class Stack${index} {
  private readonly items: number[] = [];

  push(item: number): void {
    this.items.push(item);
  }
}
`,
).join("\n");
const TEXT = `${CLASSES}
export class Last {
  private readonly items: number[] = [];

  // 0
  push(item: number): void {
    this.items.
  }
}
`;
const [AUTOMATIC, EXPLICIT] = [2, 1] as const;

test("a prompt is short while it has to be read, and long when asked for, or once it was read", async (context) => {
  if (await savesPower()) {
    // Nothing is read ahead then.
    context.skip();
  }
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { latencyMilliseconds: 1 } });
  const uri = workspace.write("src/stacks.ts", TEXT);
  client.open(uri, TEXT);
  let count = 0;
  /** How much of the file before the cursor a suggestion there has seen. */
  const seen = async (triggerKind: typeof AUTOMATIC | typeof EXPLICIT): Promise<number> => {
    // Another text each time, or the server would show what it showed before.
    const { line, character } = client.after(uri, `  // ${count}`);
    const start = { line, character: character - `${count}`.length };
    count += 1;
    client.edit(uri, { range: { start, end: { line, character } }, text: `${count}` });
    const place = client.document(uri).positionAt(client.text(uri).lastIndexOf("this.items.") + 11);
    const shown = await client.suggestion(uri, place, { triggerKind });
    client.insert(uri, shown);
    expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
    const { pending } = await readJournals(workspace.home);
    const accepted = pending.find(({ id }) => id === shown.id);
    const prompt = accepted === undefined ? null : promptOf(accepted);
    const end = client.document(uri).positionAt(client.document(uri).offsetAt(place) + shown.text.length);
    client.edit(uri, { range: { start: shown.range.start, end }, text: "" });
    return prompt?.prefix.length ?? 0;
  };
  const short = await seen(AUTOMATIC);
  expect(short).toBeLessThan(1_000);
  const long = await seen(EXPLICIT);
  expect(long).toBeGreaterThan(2 * short);
  // What an answer had no time for is read after it.
  await eventually("a prompt that was read ahead", async () => (await seen(AUTOMATIC)) >= long);
});

test("a prompt is long from the beginning where the person sets no time", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { latencyMilliseconds: 0, workAhead: false } });
  const uri = workspace.write("src/stacks.ts", TEXT);
  client.open(uri, TEXT);
  const place = client.document(uri).positionAt(TEXT.lastIndexOf("this.items.") + 11);
  const shown = await client.suggestion(uri, place, { triggerKind: AUTOMATIC });
  client.insert(uri, shown);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  const { pending } = await readJournals(workspace.home);
  const prompts = pending.map((accepted) => promptOf(accepted)?.prefix.length ?? 0);
  expect(prompts).toHaveLength(1);
  expect(prompts[0]).toBeGreaterThan(1_000);
});
