/** Chunks of other files in prompts: which files they come from, and that evidence, replay and verdict follow them. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { promptOf } from "../../../server/src/evidence/format/acceptedSuggestion";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { readJournals } from "../../../server/src/evidence/journal/journal";
import type { Prompt } from "../../../server/src/inference/suggestion";
import {
  AnchorNow,
  DidChangeSettings,
  GetVerdict,
  GetVerdictDocument,
  ReplayNow,
} from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS } from "../../../server/src/protocol/settings";
import { eventually } from "../../support/eventually";
import type { Client } from "../../support/languageClient";
import { type OfferedPlace, offered, Workspace } from "../../support/workspace";

const SHAPES =
  "export interface Shape {\n  readonly name: string;\n  readonly corners: number;\n}\n\n" +
  "export function describe(shape: Shape): string {\n  return shape.name + shape.corners;\n}\n";

function track(workspace: Workspace, ...names: readonly string[]): void {
  execFileSync("git", ["add", "-f", "--", ...names], { cwd: workspace.folder });
}

function openTracked(client: Client, workspace: Workspace, name: string, text: string): string {
  const uri = workspace.write(name, text);
  track(workspace, name);
  client.open(uri, text);
  return uri;
}

interface Accepted {
  readonly place: OfferedPlace;
  readonly context: Prompt["context"];
}

/** Accepts a suggestion, and gives the chunks of its prompt as the journal holds them. */
async function acceptOne(client: Client, workspace: Workspace): Promise<Accepted> {
  const place = await offered(client, workspace);
  client.insert(place.uri, place.shown);
  expect(await client.accept(place.uri, place.shown.id)).toEqual({ recorded: true });
  const { pending } = await readJournals(workspace.home);
  const suggestion = pending.find(({ id }) => id === place.shown.id);
  const context = suggestion === undefined ? undefined : promptOf(suggestion)?.context;
  if (context === undefined) {
    throw new Error("the journal does not hold what was accepted");
  }
  return { place, context };
}

/** The same, once git has been asked about what is open; the server asks in the background. */
async function acceptQuoting(client: Client, workspace: Workspace, path: string): Promise<Accepted> {
  return eventually(`a prompt that quotes ${path}`, async () => {
    const accepted = await acceptOne(client, workspace);
    if (accepted.context.some((chunk) => chunk.path === path)) {
      return accepted;
    }
    client.close(accepted.place.uri);
    // What was not saved is dropped where sealing looks for it, so that the next one is the only one.
    const { anchored } = await client.connection.sendRequest(AnchorNow.type);
    expect(anchored).toBe(0);
    return null;
  });
}

async function documentAt(client: Client, { uri, shown }: OfferedPlace): Promise<string> {
  const parameters = { uri, position: shown.range.start };
  const { id = "" } = (await client.connection.sendRequest(GetVerdict.type, parameters)) ?? {};
  return (await client.connection.sendRequest(GetVerdictDocument.type, { id })) ?? "";
}

test("a chunk of another open file is in the evidence, is replayed, bound, and disclosed once it is gone", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const other = openTracked(client, workspace, "src/shapes.ts", SHAPES);
  const { place, context } = await acceptQuoting(client, workspace, "src/shapes.ts");
  expect(context).toEqual([{ path: "src/shapes.ts", text: SHAPES }]);
  workspace.save(client, place.name);
  await client.connection.sendRequest(AnchorNow.type);
  await client.untilShown(place.uri, "verified");

  const bound = await documentAt(client, place);
  expect(bound).toContain(
    "matches the text around what was accepted and the lines that it quotes from src\\/shapes\\.ts",
  );
  expect(bound).toMatch(/of the output was already in the prompt/);
  const replayed = await client.connection.sendRequest(ReplayNow.type, { uri: place.uri });
  expect(replayed).toMatchObject({ exact: 1, mismatch: 0, impossible: 0 });

  const suggestions = workspace.files(".proofline/evidence").flatMap((name) => {
    const reading = readEvidence(Buffer.from(workspace.read(`.proofline/evidence/${name}`)));
    return reading.kind === "intact" ? reading.batch.claims : [];
  });
  const sealed = suggestions.find(({ record }) => record.id === place.shown.id);
  expect(sealed?.values).toMatchObject({ kind: "replayable", prompt: { context } });

  client.edit(other, {
    range: { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } },
    text: "",
  });
  const disclosed = "src\\/shapes\\.ts does not hold the lines that it quotes";
  const says = async (text: string): Promise<void> =>
    void (await eventually(text, async () => (await documentAt(client, place)).includes(text)));
  await says(disclosed);
  client.close(other);
  await says("matches the text around what was accepted");
});

test("ignored, secret-like, untracked, foreign and untitled files are never quoted", async () => {
  const workspace = Workspace.create();
  const elsewhere = Workspace.create();
  const client = await workspace.startReady();
  workspace.write(".gitignore", "private.ts\n");
  track(workspace, ".gitignore");
  openTracked(client, workspace, "src/secrets.json", '{ "best": "values" }\n');
  openTracked(
    client,
    workspace,
    "src/token.ts",
    'export const token = "ghp_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1";\n',
  );
  openTracked(client, elsewhere, "src/foreign.ts", SHAPES);
  client.open(workspace.write("private.ts", SHAPES), SHAPES);
  client.open(workspace.write("src/untracked.ts", SHAPES), SHAPES);
  client.open("untitled:Untitled-1", SHAPES);
  openTracked(client, workspace, "src/shapes.ts", SHAPES);
  const { place } = await acceptQuoting(client, workspace, "src/shapes.ts");
  client.close(place.uri);
  await acceptQuoting(client, workspace, "src/shapes.ts");
  const { pending } = await readJournals(workspace.home);
  const quoted = pending.flatMap((one) => promptOf(one)?.context.map(({ path }) => path) ?? []);
  expect(new Set(quoted)).toEqual(new Set(["src/shapes.ts"]));
});

test("a closed file is quoted as it was saved, and the setting 0 quotes nothing", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { contextChunks: 16 } });
  const other = openTracked(client, workspace, "src/shapes.ts", SHAPES);
  client.type(other, { line: 0, character: 0 }, "// never saved\n");
  client.close(other);
  const { place, context } = await acceptQuoting(client, workspace, "src/shapes.ts");
  expect(context).toEqual([{ path: "src/shapes.ts", text: SHAPES }]);
  client.close(place.uri);
  void client.connection.sendNotification(DidChangeSettings.type, {
    settings: { ...DEFAULT_SETTINGS, contextChunks: 0 },
  });
  expect((await acceptOne(client, workspace)).context).toEqual([]);
});

test("a suggestion waits for the lines that its prompt quotes to be saved", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const other = openTracked(client, workspace, "src/shapes.ts", SHAPES);
  client.type(other, { line: 0, character: 0 }, "// not saved yet\n");
  const { place, context } = await acceptQuoting(client, workspace, "src/shapes.ts");
  expect(context).toEqual([{ path: "src/shapes.ts", text: `// not saved yet\n${SHAPES}` }]);
  workspace.save(client, place.name);
  const waiting = await client.connection.sendRequest(AnchorNow.type);
  expect(waiting).toMatchObject({
    anchored: 0,
    problems: ["src/shapes.ts, which its prompt quotes, is not saved yet."],
  });
  workspace.save(client, "src/shapes.ts");
  await client.connection.sendRequest(AnchorNow.type);
  await client.untilShown(place.uri, "verified");
  expect(await documentAt(client, place)).toContain("matches the text around what was accepted");
});
