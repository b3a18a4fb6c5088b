/**
 * One file in which each line shows another thing that a badge can say of a place. Made as people would make it: what
 * the model offers is accepted and anchored, the file is edited afterwards, and somebody else claims one of its lines.
 */
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InlineCompletionTriggerKind, type Position } from "vscode-languageserver-protocol/node";
import { AnchorNow } from "../../server/src/protocol/messages";
import { Client, uriOf } from "../support/languageClient";
import { removeFolder } from "../support/removeFolder";
import { stopChainOf } from "./server";
import type { DrawnBadge } from "./workbench";

/** A function that a person begins and the model goes on with. */
interface Place {
  /** The comment above it. */
  readonly says: string;
  readonly signature: string;
  /** What the person typed of the line. */
  readonly typed: string;
  /** What the model must offer there. */
  readonly offered: string;
  /** The line as it is left afterwards. */
  readonly later?: string;
  /** Its badge in the end. */
  readonly badge: string | null;
}

const CONTESTED: Place = {
  says: "Contested: somebody else claims it, too.",
  signature: "random(): number",
  typed: "",
  offered: "return Math.random() * 2;",
  badge: "verified",
};

const PLACES: readonly Place[] = [
  {
    says: "A whole line.",
    signature: "keys(object: object): string[]",
    typed: "",
    offered: "return Object.keys(object);",
    badge: "verified",
  },
  {
    says: "A part of a line.",
    signature: "isBlank(text: string): boolean",
    typed: "return text.",
    offered: "length === 0;",
    badge: "verified · part",
  },
  {
    says: "Copied from above.",
    signature: "fields(object: object): string[]",
    typed: "",
    offered: "return Object.keys(object);",
    badge: "verified · copied",
  },
  {
    says: "Laid out anew, by blanks between tokens.",
    signature: "max(left: number, right: number): number",
    typed: "",
    offered: "return Math.max(left, right);",
    later: "return Math.max( left, right );",
    badge: "verified · reformatted",
  },
  {
    says: "Edited by one character.",
    signature: "isMissing(value: unknown): boolean",
    typed: "",
    offered: "return value === undefined;",
    later: "return value !== undefined;",
    badge: "edited",
  },
  {
    says: "A fragment, of which nothing can be said.",
    signature: "names(items: Item[]): string[]",
    typed: "return items.map((item) => item.name",
    offered: ");",
    badge: null,
  },
  CONTESTED,
];

const NAME = "cart.ts";
const HEAD = 'import type { Item } from "./item";\n';
const ITEM = "export interface Item {\n  readonly name: string;\n}\n";
const INDENT = "  ";

/** Makes the file in a repository, and returns its name and the badges that it must get. */
export async function makeEveryPlace(
  home: string,
  folder: string,
): Promise<{ readonly name: string; readonly badges: readonly Omit<DrawnBadge, "icon">[] }> {
  writeFileSync(join(folder, "item.ts"), ITEM);
  const lines = await inRepository(home, folder, HEAD, async (client, uri) => {
    const found: number[] = [];
    for (const { says, signature, typed, offered } of PLACES) {
      const line = client.document(uri).lineCount - 1;
      const begun = `\n// ${says}\nexport function ${signature} {\n${INDENT}${typed}\n}\n`;
      client.type(uri, { line, character: 0 }, begun);
      await acceptAt(client, uri, { line: line + 3, character: INDENT.length + typed.length }, offered);
      found.push(line + 3);
    }
    return found;
  });
  await claimAgain(folder, lines.text, lines.result.at(-1) ?? 0);
  const edited = lines.text.split("\n");
  for (const [index, { later }] of PLACES.entries()) {
    const line = lines.result[index];
    if (later !== undefined && line !== undefined) {
      edited[line] = `${INDENT}${later}`;
    }
  }
  writeFileSync(join(folder, NAME), edited.join("\n"));
  return {
    name: NAME,
    badges: PLACES.flatMap(({ badge }, index) =>
      badge === null ? [] : [{ line: (lines.result[index] ?? 0) + 1, text: badge }],
    ),
  };
}

/** Somebody with a copy of the repository and a device of their own accepts the contested line once more. */
async function claimAgain(folder: string, text: string, line: number): Promise<void> {
  const elsewhere = mkdtempSync(join(tmpdir(), "proofline-elsewhere-"));
  const home = join(elsewhere, "home");
  const copy = join(elsewhere, "sample");
  try {
    cpSync(folder, copy, { recursive: true });
    await inRepository(home, copy, text, async (client, uri) => {
      const start = { line, character: INDENT.length };
      const end = { line, character: INDENT.length + CONTESTED.offered.length };
      client.edit(uri, { range: { start, end }, text: "" });
      await acceptAt(client, uri, start, CONTESTED.offered);
    });
    cpSync(join(copy, ".proofline"), join(folder, ".proofline"), { recursive: true });
  } finally {
    await stopChainOf(home);
    removeFolder(elsewhere);
  }
}

/** Works on the open file, saves and anchors it. */
async function inRepository<Result>(
  home: string,
  folder: string,
  text: string,
  work: (client: Client, uri: string) => Promise<Result>,
): Promise<{ readonly result: Result; readonly text: string }> {
  const file = join(folder, NAME);
  const uri = uriOf(file);
  writeFileSync(file, text);
  const client = await Client.start({ home, folders: [folder] });
  try {
    await client.ready();
    client.open(uri, text);
    const result = await work(client, uri);
    writeFileSync(file, client.text(uri));
    client.saved(uri);
    await client.connection.sendRequest(AnchorNow.type);
    return { result, text: client.text(uri) };
  } finally {
    await client.stop();
  }
}

async function acceptAt(client: Client, uri: string, place: Position, offered: string): Promise<void> {
  const context = { triggerKind: InlineCompletionTriggerKind.Invoked };
  const shown = await client.suggestion(uri, place, context);
  if (shown.text !== offered) {
    throw new Error(`The model offers ${JSON.stringify(shown.text)} instead of ${JSON.stringify(offered)}.`);
  }
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
}
