import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { AnchorNow, VerdictAt } from "../../server/src/protocol";
import { Client, uriOf } from "./client";

const folders: string[] = [];
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function temporary(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "proofline-lsp-")));
  folders.push(folder);
  return folder;
}

const TEXT = `export class Stack<T> {
  private readonly items: T[] = [];

  push(item: T): void {
    
  }

  pop(): T | undefined {
    return this.items.pop();
  }
}
`;

test("from a keystroke to verified", async () => {
  const folder = temporary();
  execFileSync("git", ["init", "-q"], { cwd: folder });
  const file = join(folder, "a.ts");
  const uri = uriOf(file);
  writeFileSync(file, TEXT);
  const client = await Client.start({ home: temporary(), folders: [folder] });
  clients.push(client);
  await client.ready();
  client.open(uri, TEXT);
  const shown = await client.complete(uri, { line: 4, character: 4 });
  expect(shown).not.toBeNull();
  if (shown === null) return;
  client.insert(uri, shown);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  await client.untilShown(uri, "pending");
  writeFileSync(file, client.text(uri));
  client.saved(uri);
  console.log(await client.connection.sendRequest(AnchorNow.type));
  await client.untilShown(uri, "verified");
  const v = await client.connection.sendRequest(VerdictAt.type, { uri, position: { line: 4, character: 5 } });
  console.log(v?.markdown, client.log, client.status, execFileSync("find", [".proofline"], { cwd: folder }).toString());
}, 60000);
