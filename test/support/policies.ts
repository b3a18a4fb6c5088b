import { POLICY_FILE } from "../../server/src/evidence/repository/places";
import { AnswerPolicy, ReviewPolicy } from "../../server/src/protocol/messages";
import { type Client, uriOf } from "./languageClient";
import type { Workspace } from "./workspace";

/** Brings a policy into a workspace's repository. */
export function bringPolicy(workspace: Workspace, client: Client, rules: object): void {
  const file = { format: "proofline/policy/v1", name: "team", ...rules };
  workspace.write(POLICY_FILE, JSON.stringify(file));
  client.watched(workspace.path(POLICY_FILE));
}

/** The digest of the policy that waits for an answer, once there is one. */
export async function waitingPolicy(workspace: Workspace, client: Client): Promise<string> {
  await client.until("a policy that waits", () => (client.status?.proposedPolicy ?? null) !== null);
  const folder = uriOf(workspace.folder);
  const { proposal } = await client.connection.sendRequest(ReviewPolicy.type, { folder });
  return proposal?.digest ?? "";
}

/** Brings a policy into a workspace's repository, and accepts it as a person does. */
export async function acceptPolicy(workspace: Workspace, client: Client, rules: object): Promise<void> {
  bringPolicy(workspace, client, rules);
  const digest = await waitingPolicy(workspace, client);
  const folder = uriOf(workspace.folder);
  await client.connection.sendRequest(AnswerPolicy.type, { folder, digest, answer: "accepted" });
}
