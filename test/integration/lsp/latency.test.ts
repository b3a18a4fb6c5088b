/** How long a prompt is for somebody who types, for somebody who asks, and once a place was read ahead. */
import { expect, test } from "vitest";
import { promptOf } from "../../../server/src/evidence/format/acceptedSuggestion";
import { readJournals } from "../../../server/src/evidence/journal/journal";
import { savesPower } from "../../../server/src/platform/powerSaving";
import { eventually } from "../../support/eventually";
import type { Client, Shown } from "../../support/languageClient";
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
type TriggerKind = typeof AUTOMATIC | typeof EXPLICIT;

/** Accepts a suggestion in the last class, and gives the text before the cursor that its prompt holds, by the journal. */
async function acceptAt(
  client: Client,
  workspace: Workspace,
  uri: string,
  triggerKind: TriggerKind,
): Promise<{ readonly shown: Shown; readonly prefix: string }> {
  const place = client.document(uri).positionAt(client.text(uri).lastIndexOf("this.items.") + 11);
  const shown = await client.suggestion(uri, place, { triggerKind });
  client.insert(uri, shown);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  const { pending } = await readJournals(workspace.home);
  const accepted = pending.find(({ id }) => id === shown.id);
  const prompt = accepted === undefined ? null : promptOf(accepted);
  if (prompt === null) {
    throw new Error("the journal does not hold the prompt of what was accepted");
  }
  return { shown, prefix: prompt.prefix };
}

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
  const seen = async (triggerKind: TriggerKind): Promise<number> => {
    // Another text each time, or the server would show what it showed before.
    const { line, character } = client.after(uri, `  // ${count}`);
    const start = { line, character: character - `${count}`.length };
    count += 1;
    client.edit(uri, { range: { start, end: { line, character } }, text: `${count}` });
    const { shown, prefix } = await acceptAt(client, workspace, uri, triggerKind);
    const document = client.document(uri);
    const end = document.positionAt(document.offsetAt(shown.range.start) + shown.text.length);
    client.edit(uri, { range: { start: shown.range.start, end }, text: "" });
    return prefix.length;
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
  const { prefix } = await acceptAt(client, workspace, uri, AUTOMATIC);
  expect(prefix.length).toBeGreaterThan(1_000);
  expect((await readJournals(workspace.home)).pending).toHaveLength(1);
});
