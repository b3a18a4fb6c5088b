/** A team's rules in the editor: looked at in quiet, counted once they were accepted, and never bent by the repository itself. */
import { expect, test } from "vitest";
import { DiagnosticSeverity } from "vscode-languageserver-protocol/node";
import { POLICY_FILE } from "../../../server/src/evidence/repository/places";
import {
  AnswerPolicy,
  ForgetPolicy,
  GetDocumentState,
  ReviewPolicy,
} from "../../../server/src/protocol/messages";
import type { Client } from "../../support/languageClient";
import { uriOf } from "../../support/languageClient";
import { anchoredPlace, Workspace } from "../../support/workspace";

/** Somebody in whose repository a suggestion is verified. */
async function verified(workspace = Workspace.create()) {
  const client = await workspace.startReady();
  const place = await anchoredPlace(client, workspace);
  await client.untilShown(place.uri, "verified");
  const folder = uriOf(workspace.folder);
  return {
    ...{ workspace, client, folder },
    ...place,
    review: () => client.connection.sendRequest(ReviewPolicy.type, { folder }),
    answer: (digest: string, answer: "accepted" | "declined") =>
      client.connection.sendRequest(AnswerPolicy.type, { folder, digest, answer }),
  };
}

function policy(workspace: Workspace, client: Client, rules: object | string): void {
  const file = { format: "proofline/policy/v1", name: "team", ...(typeof rules === "object" && rules) };
  workspace.write(POLICY_FILE, typeof rules === "string" ? rules : JSON.stringify(file));
  client.watched(workspace.path(POLICY_FILE));
}

/** How severe what is said of a file is. */
const severities = (client: Client, uri: string): string =>
  (client.diagnostics.get(uri) ?? []).map(({ severity }) => severity).join();

test("counts once it is accepted, asks again where it asks for less, and can be taken back", async () => {
  const { workspace, client, folder, uri, review, answer } = await verified();
  policy(workspace, client, { enforcement: "block", edited: "refuse" });
  await client.until("a policy that waits", () => client.status?.proposedPolicy === "new");
  await client.untilShown(uri, "unknown");
  const { proposal, counts } = await review();
  expect(counts).toBeNull();
  expect(proposal?.lines.join("\n")).toMatch(/Enforcement: what falls short is an error/);

  await answer(proposal?.digest ?? "", "accepted");
  await client.untilShown(uri, "verified");
  await client.until("nothing that waits", () => client.status?.proposedPolicy === null);
  expect((await review()).counts?.join("\n")).toContain("team");

  policy(workspace, client, { enforcement: "off" });
  await client.until("a looser policy", () => client.status?.proposedPolicy === "looser");
  await client.untilShown(uri, "unknown");
  await client.until("the accepted level", () => severities(client, uri) === `${DiagnosticSeverity.Error}`);
  await expect(answer(proposal?.digest ?? "", "accepted")).rejects.toThrow(
    "not what this repository's policy is now",
  );
  policy(workspace, client, { enforcement: "block", edited: "refuse", anchors: { finalized: false } });
  await client.untilShown(uri, "verified");

  await client.connection.sendRequest(ForgetPolicy.type, { folder });
  await client.until("a policy that waits", () => client.status?.proposedPolicy === "new");
  await answer((await review()).proposal?.digest ?? "", "declined");
  await client.untilShown(uri, "verified");
  expect((await review()).counts).toBeNull();
});

test("decides how severe an edited line is, whatever the person's own setting", async () => {
  const { workspace, client, uri, shown, review, answer } = await verified();
  policy(workspace, client, { enforcement: "block", edited: "refuse" });
  await client.until("a policy that waits", () => client.status?.proposedPolicy === "new");
  await answer((await review()).proposal?.digest ?? "", "accepted");
  await client.until("no problem", () => severities(client, uri) === "");
  client.type(uri, { line: shown.range.start.line, character: shown.range.start.character + 1 }, "Q");
  const seen = (severity: DiagnosticSeverity): boolean =>
    severities(client, uri) === (client.shown(uri).length > 0 ? `${severity}` : "");
  await client.until(
    "an error",
    () => client.shown(uri)[0]?.summary !== "verified" && seen(DiagnosticSeverity.Error),
  );
  policy(workspace, client, { enforcement: "block", edited: "report" });
  await client.until("a looser policy", () => client.status?.proposedPolicy === "looser");
  await answer((await review()).proposal?.digest ?? "", "accepted");
  await client.until("a warning", () => seen(DiagnosticSeverity.Warning));
});

test("nothing is offered that it would refuse from the beginning", async () => {
  const { workspace, client, uri, review, answer } = await verified();
  const off = async () => (await client.connection.sendRequest(GetDocumentState.type, { uri })).offReason;
  expect(await off()).toBeNull();
  policy(workspace, client, { enforcement: "block", executions: { replayable: ["docs/**"] } });
  await client.until("a policy that waits", () => client.status?.proposedPolicy === "new");
  expect(await off()).toBeNull();
  await answer((await review()).proposal?.digest ?? "", "accepted");
  expect(await off()).toMatch(/pinned models do not count at this place, as the policy team has it/);
  policy(workspace, client, { enforcement: "warn" });
  await client.until("a looser policy", () => client.status?.proposedPolicy === "looser");
  expect(await off()).toMatch(/asks for less than the one that you accepted/);
  await answer((await review()).proposal?.digest ?? "", "accepted");
  expect(await off()).toBeNull();
});

test("that is broken is a problem of its line, and nothing is verified meanwhile", async () => {
  const { workspace, client, uri, review } = await verified();
  policy(workspace, client, '{\n  "format": "proofline/policy/v1",\n  "name": ""\n}\n');
  await client.untilShown(uri, "unknown");
  const file = workspace.uri(POLICY_FILE);
  await client.until("the file's problem", () => client.diagnostics.get(file)?.[0]?.range.start.line === 2);
  expect((await review()).problem).toContain("Line 3");
  policy(workspace, client, {});
  await client.until("no problem", () => severities(client, file) === "");
});

test("of a workspace that is not trusted is not asked about, and nothing of it can be accepted", async () => {
  const { workspace, client, folder } = await verified();
  policy(workspace, client, {});
  await client.until("a policy that waits", () => client.status?.proposedPolicy === "new");
  await client.stop();
  const untrusted = await workspace.start({ settings: { trusted: false } });
  await untrusted.until("a state", () => untrusted.status?.model.kind === "off");
  expect(untrusted.status?.proposedPolicy).toBeNull();
  await expect(untrusted.connection.sendRequest(ReviewPolicy.type, { folder })).rejects.toThrow(
    "not trusted",
  );
});
