import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import {
  AnchorNow,
  GetBlame,
  GetDocumentState,
  GetVerdictDocument,
  ListSuggestions,
} from "../../../server/src/protocol/messages";
import { offered, Workspace } from "../../support/workspace";

function git(workspace: Workspace, ...parameters: readonly string[]): void {
  const identity = ["-c", "user.name=sample", "-c", "user.email=sample@example.com"];
  execFileSync("git", [...identity, ...parameters], { cwd: workspace.folder });
}

/** The address that VS Code gives a file as a revision of git has it. */
function revision(workspace: Workspace, name: string, ref: string): string {
  const path = workspace.path(name);
  return `git:${path}?${encodeURIComponent(JSON.stringify({ path, ref }))}`;
}

test("each side of a diff has the verdicts of its own text, and says which version they are about", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady({ settings: { verifiedOnly: "block" } });
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, name);
  await client.connection.sendRequest(AnchorNow.type);
  const [verified] = await client.untilShown(uri, "verified");
  const committed = client.text(uri);
  git(workspace, "add", "-A");
  git(workspace, "commit", "-qm", "sample");

  const { line, character } = shown.range.start;
  client.type(uri, { line, character: character + 1 }, "QQQ");
  const left = revision(workspace, name, "HEAD");
  client.open(left, committed);
  await client.untilShown(left, "verified");
  await client.until("another verdict on the right", () => client.shown(uri)[0]?.summary !== "verified");
  const [before] = client.shown(left);
  expect(before?.range).toEqual(verified?.range);
  expect(before?.id).not.toBe(client.shown(uri)[0]?.id);

  const end = { line, character: committed.split("\n")[line]?.length ?? 0 };
  const hover = await client.hover(left, end);
  expect(JSON.stringify(hover)).toContain("Of the file as last committed, by today");
  expect(JSON.stringify(await client.hover(left, { line, character }))).toContain("as last committed");
  const page = await client.connection.sendRequest(GetVerdictDocument.type, { id: before?.id ?? "" });
  expect(page).toContain("# verified");
  expect(page).toContain("as last committed");
  const { rows } = await client.connection.sendRequest(GetBlame.type, { uri: left });
  expect(rows[line]?.summary).toBe("verified");

  // It is nobody's text to work on, and never taken for the file's.
  expect(client.diagnostics.get(left) ?? []).toEqual([]);
  expect(await client.complete(left, end)).toBeNull();
  const { offReason } = await client.connection.sendRequest(GetDocumentState.type, { uri: left });
  expect(offReason).toContain("not one (git)");
  const [repository] = await client.connection.sendRequest(ListSuggestions.type);
  expect(repository?.suggestions.map(({ summary }) => summary)).not.toContain("verified");

  const changed = committed.split("\n").filter((_, index) => index !== line);
  client.edit(left, {
    range: { start: { line: 0, character: 0 }, end: { line: 9_999, character: 0 } },
    text: changed.join("\n"),
  });
  await client.until(
    "its own verdict of another content",
    () => client.shown(left)[0]?.summary !== "verified",
  );
  client.close(left);
  expect(await client.hover(left, end)).toBeNull();
});

test("a version that nobody looks at, or that names no file, gets nothing", async () => {
  const workspace = Workspace.create();
  const client = await workspace.startReady();
  const { uri, name, shown } = await offered(client, workspace);
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  await client.untilShown(uri, "pending");
  const text = client.text(uri);
  const copy = revision(workspace, name, "").replace("?", ".git?");
  const unclear = `git:${workspace.path(name)}?HEAD`;
  client.open(copy, text);
  client.open(unclear, text);
  const staged = revision(workspace, name, "");
  client.open(staged, text);
  await client.untilShown(staged, "pending");
  expect(client.shown(copy)).toEqual([]);
  expect(client.shown(unclear)).toEqual([]);
});
