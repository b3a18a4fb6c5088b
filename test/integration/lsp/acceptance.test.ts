import { expect, test } from "vitest";
import { InlineCompletionTriggerKind, type Position } from "vscode-languageserver-protocol/node";
import { AnchorNow, DidDismissSuggestions, type ShownVerdict } from "../../../server/src/protocol/messages";
import { words } from "../../support/acceptedSteps";
import type { Client } from "../../support/languageClient";
import { type OfferedPlace, offered, Workspace } from "../../support/workspace";

const severalWords = (text: string): boolean => words(text).length >= 3;

/** Accepts a part of an offer as the editor's accept-word does: an insertion at the cursor. */
async function acceptBeginning(client: Client, { uri, shown }: OfferedPlace, from: number, to: number) {
  const document = client.document(uri);
  const start = document.offsetAt(shown.range.start);
  client.type(uri, document.positionAt(start + from), shown.text.slice(from, to));
  return client.accept(uri, shown.id, document.version);
}

/** The recorded texts of a repository's evidence, by suggestion id. */
function accepted(workspace: Workspace): string[] {
  return workspace
    .files(".proofline/evidence")
    .flatMap((name) => JSON.parse(workspace.read(`.proofline/evidence/${name}`)).claims)
    .map(({ pieces }: { pieces: { accepted: string }[] }) => pieces.map((piece) => piece.accepted).join());
}

test("word, word, then the rest is one suggestion with exactly what was accepted", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const place = await offered(client, workspace, severalWords);
  const { uri, shown, name } = place;
  const [first = "", second = ""] = words(shown.text);
  await acceptBeginning(client, place, 0, first.length);
  expect(await client.untilShown(uri, "pending")).toHaveLength(1);

  const cursor = client
    .document(uri)
    .positionAt(client.document(uri).offsetAt(shown.range.start) + first.length);
  const rest = await client.complete(uri, cursor, { triggerKind: 2 });
  expect(rest).toMatchObject({
    id: shown.id,
    text: shown.text,
    range: { start: shown.range.start, end: cursor },
  });

  await acceptBeginning(client, place, first.length, first.length + second.length);
  const left = await client.suggestion(
    uri,
    client.document(uri).positionAt(client.document(uri).offsetAt(cursor) + second.length),
  );
  expect(left.id).toBe(shown.id);
  client.insert(uri, left);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  expect(await client.untilShown(uri, "pending")).toHaveLength(1);
  expect(client.status?.pending).toBe(1);
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  expect(accepted(workspace)).toEqual([shown.text]);
});

test("a beginning alone is recorded as far as it was accepted, whatever is typed after it", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const place = await offered(client, workspace, severalWords);
  const [first = ""] = words(place.shown.text);
  await acceptBeginning(client, place, 0, first.length);
  const { uri, shown, name } = place;
  client.type(
    uri,
    client.document(uri).positionAt(client.document(uri).offsetAt(shown.range.start) + first.length),
    " /* mine */",
  );
  workspace.save(client, name);
  await client.connection.sendRequest(AnchorNow.type);
  expect(accepted(workspace)).toEqual([first]);
});

test("typing along, and back, keeps the offer and asks no model", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, shown } = await offered(client, workspace, (text) => !text.startsWith(" ") && text.length > 4);
  const { start } = shown.range;
  const typed = client.type(uri, start, shown.text.slice(0, 2));
  expect(await client.complete(uri, typed, { triggerKind: 2 })).toMatchObject({
    id: shown.id,
    text: shown.text,
  });
  client.edit(uri, {
    range: { start: { line: typed.line, character: typed.character - 1 }, end: typed },
    text: "",
  });
  const back = { line: typed.line, character: typed.character - 1 };
  const again = await client.suggestion(uri, back, { triggerKind: 2 });
  expect(again).toMatchObject({ id: shown.id, range: { start, end: back } });
  expect(client.shown(uri)).toEqual([]);
  // Whole acceptance replaces what was typed, and the record holds all of it.
  client.insert(uri, again);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  const [pending] = await client.untilShown(uri, "pending");
  expect(pending?.range.start).toEqual(start);
});

test("whoever asks gets all that the model wrote, where only its certain beginning was shown before", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const [head, tail] = ["export class Stack {\n  items = [];\n  pop() {\n    ", "\n  }\n}\n"];
  let longer = 0;
  for (const [index, typed] of ["return this.", "return ", "this.items."].entries()) {
    const uri = workspace.write(`src/stack${index}.js`, head + typed + tail);
    client.open(uri, head + typed + tail);
    const cursor = client.document(uri).positionAt(head.length + typed.length);
    const unasked = await client.complete(uri, cursor, {
      triggerKind: InlineCompletionTriggerKind.Automatic,
    });
    if (unasked === null) {
      continue;
    }
    const asked = await client.suggestion(uri, cursor, { triggerKind: InlineCompletionTriggerKind.Invoked });
    expect(asked.text.startsWith(unasked.text)).toBe(true);
    if (asked.text !== unasked.text) {
      longer += 1;
    }
    const again = await client.complete(uri, cursor, { triggerKind: InlineCompletionTriggerKind.Automatic });
    expect(again).toEqual(asked);
  }
  expect(longer).toBeGreaterThan(0);
});

/** A place with two suggestions on show: the certain beginning that came unasked, and all that came when asked. */
async function twoShown(client: Client, workspace: Workspace) {
  const [head, tail] = ["export class Stack {\n  items = [];\n  clear() {\n    ", "\n  }\n}\n"];
  for (const [index, typed] of [
    "const items = this.",
    "const all = this.",
    "this.items = [];\n    return ",
  ].entries()) {
    const name = `src/two${index}.js`;
    const uri = workspace.write(name, head + typed + tail);
    client.open(uri, head + typed + tail);
    const cursor = client.document(uri).positionAt(head.length + typed.length);
    const unasked = await client.complete(uri, cursor, {
      triggerKind: InlineCompletionTriggerKind.Automatic,
    });
    const asked = await client.suggestion(uri, cursor, { triggerKind: InlineCompletionTriggerKind.Invoked });
    // The beginning is what the whole one's next word or line could be.
    if (
      unasked !== null &&
      /^\S*\w$/.test(unasked.text) &&
      /^\W/.test(asked.text.slice(unasked.text.length))
    ) {
      return { uri, name, unasked, asked };
    }
    client.close(uri);
  }
  throw new Error("the model offers nothing more when asked at any of the places");
}

test("one edit is recorded once, as the suggestion whose acceptance the editor told", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, unasked, asked } = await twoShown(client, workspace);
  const start = client.document(uri).offsetAt(unasked.range.start);
  const version = client.insert(uri, unasked);
  // The edit adds to the other one's beginning as well, and is taken for that first.
  expect(await client.accept(uri, asked.id, version)).toEqual({ recorded: true });
  expect(await client.accept(uri, unasked.id)).toEqual({ recorded: true });
  expect(client.status?.pending).toBe(1);
  const late = await client.accept(uri, asked.id, version);
  expect(late.recorded).toBe(false);
  expect(late.reason).toContain("as another suggestion");

  // Undo takes the one record back, and redo brings no other.
  const end = start + unasked.text.length;
  const range = { start: client.document(uri).positionAt(start), end: client.document(uri).positionAt(end) };
  client.undoOrRedo(uri, client.edit(uri, { range, text: "" }), "undo");
  await client.until("nothing pending", () => client.status?.pending === 0);
  client.undoOrRedo(uri, client.insert(uri, unasked), "redo");
  await client.until("one pending again", () => client.status?.pending === 1);
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  expect(recordIds(workspace)).toEqual([unasked.id]);
});

test("what was typed, dismissed or inserted by somebody else leaves nothing", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, shown } = await offered(client, workspace, severalWords);
  // The same text, but not where it was offered.
  client.type(uri, { line: 0, character: 0 }, `// ${shown.text.split("\n")[0]}\n`);
  const refused = await client.accept(uri, shown.id);
  expect(refused.recorded).toBe(false);
  expect(refused.reason).toContain("does not hold");
  expect((await client.accept(uri, "0".repeat(32))).recorded).toBe(false);
  await client.connection.sendNotification(DidDismissSuggestions.type, { uri });
  expect(client.status?.pending).toBe(0);
  expect(client.shown(uri)).toEqual([]);
});

test("undo withdraws step by step, redo restores", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const place = await offered(client, workspace, severalWords);
  const { uri, shown } = place;
  const [first = "", second = ""] = words(shown.text);
  const start = client.document(uri).offsetAt(shown.range.start);
  const at = (length: number) => client.document(uri).positionAt(start + length);
  const remove = (from: number, to: number) =>
    client.undoOrRedo(uri, client.edit(uri, { range: { start: at(from), end: at(to) }, text: "" }), "undo");
  const restore = (from: number, to: number) =>
    client.undoOrRedo(
      uri,
      client.edit(uri, { range: { start: at(from), end: at(from) }, text: shown.text.slice(from, to) }),
      "redo",
    );
  const both = first.length + second.length;
  await acceptBeginning(client, place, 0, first.length);
  await acceptBeginning(client, place, first.length, both);
  await client.until("both words", () => endOf(client, uri, start) === both);

  remove(first.length, both);
  await client.until("one word", () => endOf(client, uri, start) === first.length);
  remove(0, first.length);
  await client.untilShown(uri);
  await client.until("nothing pending", () => client.status?.pending === 0);

  restore(0, first.length);
  await client.until("one word again", () => endOf(client, uri, start) === first.length);
  expect(client.status?.pending).toBe(1);
  restore(first.length, both);
  await client.until("both words again", () => endOf(client, uri, start) === both);

  // Undoing something else changes nothing, and neither does an edit by hand.
  const version = client.edit(uri, { range: { start: at(both), end: at(both) }, text: "/**/" });
  client.undoOrRedo(uri, version, "undo");
  client.edit(uri, { range: { start: at(0), end: at(1) }, text: "" });
  await client.until("the edit", () => client.shown(uri).every(({ range }) => range.start.character !== 0));
  expect(client.status?.pending).toBe(1);
});

test("an undo that overtakes its change is understood when the change arrives", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  await client.untilShown(uri, "pending");
  const document = client.document(uri);
  const end = document.positionAt(document.offsetAt(shown.range.start) + shown.text.length);
  client.undoOrRedo(uri, document.version + 1, "undo");
  client.edit(uri, { range: { start: shown.range.start, end }, text: "" });
  await client.untilShown(uri);
  await client.until("nothing pending", () => client.status?.pending === 0);
});

test("a document with CRLF gets its own line ends, and evidence with LF", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const crlf = (text: string) => text.replaceAll("\n", "\r\n");
  const { uri, name, shown } = await offered(client, workspace, (text) => text.includes("\n"), crlf);
  expect(shown.text).not.toMatch(/[^\r]\n/);
  client.insert(uri, shown);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  await client.untilShown(uri, "verified");
  expect(accepted(workspace)).toEqual([shown.text.replaceAll("\r\n", "\n")]);
});

test("line by line: the rest of an offer begins on the cursor's line, under the same id", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const place = await offered(client, workspace, (text) => /^\n.*\w{3}.*\n/.test(text));
  const { uri, shown } = place;
  const firstLine = shown.text.indexOf("\n") + 1;
  const secondLine = shown.text.indexOf("\n", firstLine) + 1;
  // A line's end alone is too little to be told from what a command that moves lines puts there.
  expect((await acceptBeginning(client, place, 0, firstLine)).recorded).toBe(false);
  expect(await acceptBeginning(client, place, firstLine, secondLine)).toEqual({ recorded: true });
  const cursor = { line: shown.range.start.line + 2, character: 0 };
  const rest = await client.suggestion(uri, cursor);
  expect(rest).toMatchObject({
    id: shown.id,
    text: shown.text.slice(secondLine),
    range: { start: cursor, end: cursor },
  });
  client.insert(uri, rest);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  expect(await client.untilShown(uri, "pending")).toHaveLength(1);
});

test("what the suggestion widget has selected comes first, and only the rest is the model's", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, shown } = await offered(client, workspace, (text) => /^\w{2,}\W/.test(text));
  // The widget completes the offer's first word; the model is asked for what follows it.
  const [word = ""] = /^\w+/.exec(shown.text) ?? [];
  const cursor = client.type(uri, shown.range.start, word.slice(0, 1));
  const range = { start: shown.range.start, end: cursor };
  const extended = await client.suggestion(uri, cursor, {
    triggerKind: 2,
    selectedCompletionInfo: { range, text: word },
  });
  expect(extended.range).toEqual(range);
  expect(extended.text.startsWith(word)).toBe(true);
  client.insert(uri, extended);
  expect(await client.accept(uri, extended.id)).toEqual({ recorded: true });
  await client.untilShown(uri, "pending");
});

test("a word that the suggestion widget put there is the person's, and what is accepted after it the model's", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace, (text) => /^\w{2,}\W/.test(text));
  const { start } = shown.range;
  const [word = ""] = /^\w+/.exec(shown.text) ?? [];
  const cursor = client.type(uri, start, word.slice(0, 1));
  const range = { start, end: cursor };
  const { id } = await client.suggestion(uri, cursor, {
    triggerKind: 2,
    selectedCompletionInfo: { range, text: word },
  });
  const chosen = client.edit(uri, { range, text: word });
  expect((await client.accept(uri, id, chosen)).recorded).toBe(false);
  expect(client.status?.pending).toBe(0);

  const after = right(start, word.length);
  const rest = await client.suggestion(uri, after);
  expect(rest.id).toBe(id);
  const own = rest.text.slice(
    client.document(uri).offsetAt(after) - client.document(uri).offsetAt(rest.range.start),
  );
  const [first = "", second = ""] = words(own);
  expect(second).not.toBe("");
  const both = first.length + second.length;
  // A bracket alone is too little to be told from anybody's edit, and part of what is accepted after it.
  expect(first).toMatch(/^\W$/);
  expect((await client.accept(uri, id, insertAt(client, uri, first, after))).recorded).toBe(false);
  const version = insertAt(client, uri, second, right(after, first.length));
  expect(await client.accept(uri, id, version)).toEqual({ recorded: true });
  await client.until("both words", () => endOf(client, uri, client.document(uri).offsetAt(after)) === both);
  workspace.save(client, name);
  await client.connection.sendRequest(AnchorNow.type);
  expect(accepted(workspace).map((text) => text.endsWith(first + second))).toEqual([true]);
});

/** Adds two places below an offer's, each the beginning of a comment of its own, and returns them from the top. */
function otherCursors(client: Client, uri: string): readonly [Position, Position] {
  const end = client.document(uri).positionAt(client.text(uri).length);
  const last = client.type(uri, end, "// \n// ");
  return [{ line: last.line - 1, character: 3 }, last];
}

/** Inserts text at several places in one edit, given and sent as the editor does: the last one first. */
function insertAt(client: Client, uri: string, text: string, ...places: readonly Position[]): number {
  return client.edit(uri, ...places.map((place) => ({ range: { start: place, end: place }, text })));
}

const right = ({ line, character }: Position, by: number): Position => ({ line, character: character + by });

test("with several cursors each place has a record of its own, accepted as a whole", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace, (text) => !text.includes("\n"));
  const [upper, lower] = otherCursors(client, uri);
  insertAt(client, uri, shown.text, lower, upper, shown.range.start);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  const verdicts = await client.untilShown(uri, "pending", "pending", "pending");
  expect(sortedStarts(verdicts)).toEqual([shown.range.start, upper, lower]);
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 3, problems: [] });
  expect(accepted(workspace)).toEqual([shown.text, shown.text, shown.text]);
  expect(new Set(recordIds(workspace)).size).toBe(3);
});

test("with several cursors, word, word, then the rest is one record for each place; undo takes the last part back", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(
    client,
    workspace,
    (text) => severalWords(text) && !text.includes("\n"),
  );
  const [first = "", second = ""] = words(shown.text);
  const [upper, lower] = otherCursors(client, uri);
  // The suggestion stands in the middle, so that both what is before it and what is after it change.
  client.edit(uri, {
    range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } },
    text: "// \n",
  });
  const top = { line: 0, character: 3 };
  const [own, other] = [shown.range.start, upper].map(({ line, character }) => ({
    line: line + 1,
    character,
  }));
  if (own === undefined || other === undefined) {
    throw new Error("no places");
  }
  expect(lower.line).toBeGreaterThan(upper.line);
  const again = await client.suggestion(uri, own);
  const at = (by: number) => [other, own, top].map((place) => right(place, by));
  const words1 = insertAt(client, uri, first, ...at(0));
  expect(await client.accept(uri, again.id, words1)).toEqual({ recorded: true });
  expect((await client.suggestion(uri, right(own, first.length))).id).toBe(again.id);
  const words2 = insertAt(client, uri, second, ...at(first.length));
  expect(await client.accept(uri, again.id, words2)).toEqual({ recorded: true });
  await client.untilShown(uri, "pending", "pending", "pending");
  const both = first.length + second.length;

  const undone = client.edit(
    uri,
    ...at(first.length).map((start) => ({ range: { start, end: right(start, second.length) }, text: "" })),
  );
  client.undoOrRedo(uri, undone, "undo");
  await client.until("one word at each place", () =>
    client.shown(uri).every(({ range }) => range.end.character - range.start.character === first.length),
  );
  client.undoOrRedo(uri, insertAt(client, uri, second, ...at(first.length)), "redo");
  await client.until("two words at each place", () =>
    client.shown(uri).every(({ range }) => range.end.character - range.start.character === both),
  );

  // At its own place the editor replaces what stands there with the whole; elsewhere it inserts what is missing.
  const rest = await client.suggestion(uri, right(own, both));
  expect(rest.id).toBe(again.id);
  const [below, , above] = at(both);
  if (below === undefined || above === undefined) {
    throw new Error("no places");
  }
  const missing = again.text.slice(both);
  client.edit(
    uri,
    { range: { start: below, end: below }, text: missing },
    { range: rest.range, text: rest.text },
    { range: { start: above, end: above }, text: missing },
  );
  expect(await client.accept(uri, again.id)).toEqual({ recorded: true });
  expect(client.status?.pending).toBe(3);
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 3, problems: [] });
  expect(accepted(workspace)).toEqual([again.text, again.text, again.text]);
});

test("a part is what the editor's commands accept in one step, no less than it says and no more", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, shown } = await offered(client, workspace, (text) => /^[A-Za-z]{2}\S* \S.*\S/.test(text));
  const { start } = shown.range;
  const [first = ""] = words(shown.text);
  const [several = ""] = /^\S+ \S/.exec(shown.text) ?? [];
  const insert = (text: string) => insertAt(client, uri, text, start);
  const remove = (length: number) =>
    client.edit(uri, { range: { start, end: right(start, length) }, text: "" });

  // Several words at once are somebody else's.
  const two = await client.accept(uri, shown.id, insert(several));
  expect(two.recorded).toBe(false);
  expect(two.reason).toContain("neither a word nor a line");
  remove(several.length);
  // Something that was not inserted by that edit, or is gone by now.
  expect((await client.accept(uri, shown.id, client.document(uri).version)).recorded).toBe(false);
  const version = insert(first);
  remove(1);
  expect((await client.accept(uri, shown.id, version)).recorded).toBe(false);
  remove(first.length - 1);
  expect(client.status?.pending).toBe(0);

  // Half a word is what somebody typed.
  const half = await client.accept(uri, shown.id, insert(shown.text.slice(0, 1)));
  expect(half.recorded).toBe(false);
});

test("a line's end alone is no part: a command that moves lines puts it there as well", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const place = await offered(client, workspace, (text) => /^\W{1,9}\w{3,}\W/.test(text));
  const { name, shown } = place;
  const [first = "", second = ""] = words(shown.text);
  expect(first).toMatch(/^\W+$/);
  const alone = await acceptBeginning(client, place, 0, first.length);
  expect(alone.recorded).toBe(false);
  expect(alone.reason).toContain("too little");
  expect(client.status?.pending).toBe(0);
  const both = first.length + second.length;
  expect(await acceptBeginning(client, place, first.length, both)).toEqual({ recorded: true });
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  expect(accepted(workspace)).toEqual([first + second]);
});

test("one character is a part as any other, after a word", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const lengths = (text: string) =>
    words(text)
      .slice(0, -1)
      .map(({ length }) => length);
  const place = await offered(client, workspace, (text) => lengths(text).includes(1));
  const steps = lengths(place.shown.text);
  let reached = 0;
  for (const length of steps.slice(0, steps.indexOf(1) + 1)) {
    expect(await acceptBeginning(client, place, reached, reached + length)).toEqual({ recorded: true });
    reached += length;
  }
  const { uri, shown } = place;
  const start = client.document(uri).offsetAt(shown.range.start);
  await client.until("all of it", () => endOf(client, uri, start) === reached);
});

test("what is accepted once its first word is sealed has a record of its own", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const place = await offered(client, workspace, severalWords);
  const { uri, name, shown } = place;
  const [first = ""] = words(shown.text);
  await acceptBeginning(client, place, 0, first.length);
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  const cursor = client
    .document(uri)
    .positionAt(client.document(uri).offsetAt(shown.range.start) + first.length);
  const rest = await client.suggestion(uri, cursor);
  expect(rest.id).toBe(shown.id);
  client.insert(uri, rest);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  expect(accepted(workspace).sort()).toEqual([first, shown.text].sort());
});

test("what a person typed of it stays theirs, whichever way the rest is accepted", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const place = await offered(client, workspace, (text) => /^\w{3,}/.test(text) && severalWords(text));
  const { uri, name, shown } = place;
  const [first = ""] = words(shown.text);
  client.type(uri, shown.range.start, first.slice(0, 1));
  client.type(uri, right(shown.range.start, 1), first.slice(1, 2));
  await acceptBeginning(client, place, 2, first.length);
  const rest = await client.suggestion(uri, right(shown.range.start, first.length));
  client.insert(uri, rest);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  expect(client.status?.pending).toBe(1);
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  expect(accepted(workspace)).toEqual([shown.text]);
});

test("format on save costs nothing", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace, (text) => !text.includes("\n"));
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  const line = { line: shown.range.start.line, character: 0 };
  client.type(uri, line, "  ");
  workspace.save(client, name);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  await client.untilShown(uri, "verified");
});

/** How many characters of the text one shown suggestion covers, from an offset on. */
function endOf(client: Client, uri: string, start: number): number | null {
  const [only] = client.shown(uri);
  return only === undefined ? null : client.document(uri).offsetAt(only.range.end) - start;
}

function sortedStarts(verdicts: readonly ShownVerdict[]): Position[] {
  return verdicts.map(({ range }) => range.start).sort((one, other) => one.line - other.line);
}

/** The records' ids in a repository's evidence. */
function recordIds(workspace: Workspace): string[] {
  return workspace.files(".proofline/evidence").flatMap((name) => {
    const { claims } = JSON.parse(workspace.read(`.proofline/evidence/${name}`));
    return claims.map(({ id }: { id: string }) => id);
  });
}
