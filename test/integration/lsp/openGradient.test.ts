/** An enclave suggests in the editor: from the consent to a badge that says attested, and nothing leaves that nobody agreed to. */
import { execFile, execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, test } from "vitest";
import {
  DidChangeWorkspaceFoldersNotification,
  InlineCompletionTriggerKind,
} from "vscode-languageserver-protocol/node";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { ANSWERS } from "../../../server/src/cli/answers";
import {
  AnchorNow,
  DidAdvanceSuggestion,
  DidChangeSettings,
  DidSuggestNothing,
  GetDocumentState,
  GetVerdictDocument,
  VerifyFile,
} from "../../../server/src/protocol/messages";
import { type ChainSettings, DEFAULT_SETTINGS, type Settings } from "../../../server/src/protocol/settings";
import type { Client } from "../../support/languageClient";
import { ROOT, uriOf } from "../../support/languageClient";
import { asking, withoutDocuments } from "../../support/opengradient/askedRegistry";
import { MEASUREMENTS } from "../../support/opengradient/attestationDocument";
import { machineClock } from "../../support/opengradient/clock";
import { editorPerson } from "../../support/opengradient/editorPerson";
import { PRICE } from "../../support/opengradient/paymentTerms";
import { startRelay } from "../../support/opengradient/relay";
import {
  type OpenGradientOptions,
  PAYEE,
  startOpenGradient,
} from "../../support/opengradient/startOpenGradient";
import { rpcChain } from "../../support/rpcChain";
import { temporaryFolder, Workspace } from "../../support/workspace";

const NAME = "src/total.ts";
const BEFORE = "export function total(prices: number[]): number {\n  return ";
const TEXT = "prices.reduce((sum, price) => sum + price, 0);";
const AFTER = "\n}\n";
const AT = { line: 1, character: "  return ".length };
const AUTOMATIC = { triggerKind: InlineCompletionTriggerKind.Automatic };

interface Wishes extends OpenGradientOptions {
  readonly settings?: Partial<Settings>;
  readonly workspace?: Workspace;
  readonly transactionKey?: string;
  readonly openGradientKey?: string;
}

/** Somebody with a file, in front of an enclave that answers for nothing; they agreed to nothing yet. */
async function atWork({
  settings = {},
  workspace = Workspace.create(),
  transactionKey,
  openGradientKey,
  ...options
}: Wishes = {}) {
  const open = await startOpenGradient({
    clock: machineClock(),
    isFree: true,
    answer: () => TEXT,
    ...options,
  });
  const server = await withoutDocuments(open);
  const uri = workspace.write(NAME, BEFORE + AFTER);
  execFileSync("git", ["add", "-A"], { cwd: workspace.folder });
  const person = await editorPerson(
    {
      settings: { ...asking(open, [server]), ...settings },
      ...(transactionKey !== undefined && { transactionKey, pays: () => true }),
      ...(openGradientKey !== undefined && { openGradientKey }),
    },
    workspace,
  );
  const silences: string[] = [];
  person.client.connection.onNotification(DidSuggestNothing.type, ({ reason }) => void silences.push(reason));
  person.client.open(uri, BEFORE + AFTER);
  return { ...person, open, server, uri, silences };
}

const modelIn = async (client: Client, uri: string) =>
  (await client.connection.sendRequest(GetDocumentState.type, { uri })).model;

test("what an enclave suggested is attested once it is anchored, also for whoever clones it", async () => {
  const { configuration } = await rpcChain(10_741);
  const { id, rpcUrls, contract } = configuration;
  const chain = { kind: "rpc", id, rpcUrls: [...rpcUrls], contract } satisfies ChainSettings;
  const { open, server, client, workspace, uri, agree } = await atWork({
    settings: { chain },
    transactionKey: DEVELOPMENT_KEY,
  });
  // What the model on this computer offered is not shown again once the enclave is asked.
  await client.complete(uri, AT);
  expect(open.gateway.received).toEqual([]);

  await agree(open);
  expect(await modelIn(client, uri)).toEqual({
    kind: "relayed",
    name: "gpt-5",
    enclave: open.enclave.name,
    settlement: "private",
    committed: null,
  });
  const shown = await client.suggestion(uri, AT);
  expect(shown.text).toBe(TEXT);
  expect(open.gateway.received).toHaveLength(1);
  const [sent] = open.gateway.received;
  expect(sent?.headers["x-settlement-type"]).toBe("private");
  client.insert(uri, shown);
  expect(await client.accept(uri, shown.id)).toEqual({ recorded: true });
  await client.untilShown(uri, "pending");
  workspace.save(client, NAME);
  expect(await client.connection.sendRequest(AnchorNow.type)).toEqual({ anchored: 1, problems: [] });
  await client.untilShown(uri, "attested");
  // What was shown is not asked for ahead, and what was accepted not asked about.
  expect(open.gateway.received).toHaveLength(1);

  const git = (folder: string, ...parameters: readonly string[]) =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...parameters], {
      cwd: folder,
    });
  git(workspace.folder, "add", "-A");
  git(workspace.folder, "commit", "-qm", "Total");
  const clone = join(temporaryFolder("clone"), "work");
  git(workspace.folder, "clone", "-q", workspace.folder, clone);
  const verdicts = await verified(clone, [
    ...["--chain-id", `${id}`, "--rpc-url", ...rpcUrls, "--contract", contract],
    ...["--enclave-rpc-url", server, "--enclave-registry", open.registry.address],
    ...["--enclave-registry-chain", `${open.registry.chainId}`],
  ]);
  expect(verdicts).toEqual(["attested"]);
});

async function verified(folder: string, flags: readonly string[]): Promise<readonly string[]> {
  const env = { ...process.env, PROOFLINE_HOME: temporaryFolder("reader") };
  const stdout = await new Promise<string>((resolve) => {
    const parameters = [join(ROOT, "dist", "cli.js"), "verify", "--json", ...flags];
    execFile(process.execPath, parameters, { cwd: folder, env }, (_, out) => resolve(out));
  });
  return ANSWERS.verify.parse(JSON.parse(stdout)).suggestions.map(({ summary }) => summary);
}

test("an answer that is settled by itself is pending until it is onchain, and found then", async () => {
  const open = await startOpenGradient({ clock: machineClock(), isFree: true, answer: () => TEXT });
  open.gateway.fault = "neverMined";
  const server = await withoutDocuments(open);
  const { openGradient } = asking(open, [server]);
  const settings = { openGradient: { ...openGradient, relay: open.relay } };
  const workspace = Workspace.create();
  const uri = workspace.write(NAME, BEFORE + AFTER);
  const { client, agree, review } = await editorPerson({ settings }, workspace);
  expect((await review(open, { settlement: "individual" })).lines.join("\n")).toMatch(/in clear/);
  await agree(open, { settlement: "individual" });
  client.open(uri, BEFORE + AFTER);
  const shown = await client.suggestion(uri, AT);
  expect(open.gateway.received[0]?.headers["x-settlement-type"]).toBe("individual");
  client.insert(uri, shown);
  await client.accept(uri, shown.id);
  workspace.save(client, NAME);
  await client.connection.sendRequest(AnchorNow.type);
  const [attested] = await client.untilShown(uri, "attested");
  const page = () => client.connection.sendRequest(GetVerdictDocument.type, { id: attested?.id ?? "" });
  expect(await page()).toMatch(/\| settlement \| pending \| .* that may take half an hour/);
  await open.settlements.mineAnnounced();
  expect((await client.connection.sendRequest(VerifyFile.type, { uri })).counts).toMatchObject({
    attested: 1,
  });
  expect(await page()).toMatch(/\| settlement \| passed \| .*, block \d+ has a settlement of this answer/);
});

test("what a model writes is shown while it does, and is gone with the answer, whatever that is", async () => {
  const { open, client, uri, agree, silences } = await atWork();
  await agree(open);
  const previews: string[] = [];
  client.connection.onNotification(DidAdvanceSuggestion.type, ({ text }) => void previews.push(text));
  open.gateway.fault = "slow";
  const asked = client.suggestion(uri, AT);
  await client.until("a beginning", () => previews.length > 0 && open.gateway.waiting > 0);
  expect(TEXT.startsWith(previews[0] ?? "none")).toBe(true);
  open.gateway.fault = null;
  open.gateway.release();
  const shown = await asked;
  expect(shown.text).toBe(TEXT);
  await client.until("the end of the preview", () => previews.at(-1) === "");

  client.type(uri, AT, " ");
  const before = previews.length;
  open.gateway.fault = "cutBeforeSignedFrame";
  expect(await client.complete(uri, { ...AT, character: AT.character + 1 })).toBeNull();
  await client.until("a reason", () => silences.length > 0);
  expect(previews.slice(before).at(-1) ?? "").toBe("");
});

describe("nothing is sent", () => {
  test("of an ignored file, of one that looks secret, and after it was taken back", async () => {
    const { open, client, workspace, uri, agree, useLocal, silences } = await atWork();
    await agree(open);
    workspace.write(".gitignore", "out/\n");
    for (const name of ["out/made.ts", ".env"]) {
      const hidden = workspace.write(name, BEFORE + AFTER);
      client.open(hidden, BEFORE + AFTER);
      expect(await client.complete(hidden, AT), name).toBeNull();
    }
    await client.until("two reasons", () => silences.length === 2);
    await useLocal();
    expect((await modelIn(client, uri)).kind).not.toBe("relayed");
    await client.complete(uri, AT);
    expect(open.gateway.received).toEqual([]);
  });

  test("of another repository in the same window, and of a document that is no file", async () => {
    const { open, client, workspace, uri, agree } = await atWork();
    await agree(open);
    const other = Workspace.create();
    const elsewhere = other.write(NAME, BEFORE + AFTER);
    await client.connection.sendNotification(DidChangeWorkspaceFoldersNotification.type, {
      event: {
        added: [workspace, other].map(({ folder }) => ({ uri: uriOf(folder), name: folder })),
        removed: [],
      },
    });
    for (const one of [elsewhere, "untitled:Untitled-1"]) {
      client.open(one, BEFORE + AFTER);
      expect((await modelIn(client, one)).kind, one).not.toBe("relayed");
      await client.complete(one, AT);
    }
    expect(open.gateway.received).toEqual([]);
    expect((await modelIn(client, uri)).kind).toBe("relayed");
  });

  test("in an untrusted workspace, whatever was agreed to before", async () => {
    const { open, client, workspace, server, uri, agree } = await atWork();
    await agree(open);
    await client.stop();
    const settings = { ...asking(open, [server]), trusted: false };
    const untrusted = await workspace.start({ settings });
    untrusted.open(uri, BEFORE + AFTER);
    expect(await untrusted.complete(uri, AT)).toBeNull();
    expect((await modelIn(untrusted, uri)).kind).toBe("off");
    expect(open.gateway.received).toEqual([]);
  });

  test.each(["otherTlsKey", "revoked", "disabled"] as const)(
    "to an enclave that is another by now: %s",
    async (change) => {
      const { open, client, uri, agree, silences } = await atWork();
      await agree(open);
      switch (change) {
        case "otherTlsKey":
          open.gateway.fault = "otherTlsKey";
          break;
        case "revoked":
          await open.contracts.revoke(MEASUREMENTS);
          break;
        case "disabled":
          await open.contracts.disable(open.enclave);
          break;
      }
      expect(await client.complete(uri, AT)).toBeNull();
      await client.until("the reason", () => silences.some((reason) => /nothing was sent/i.test(reason)));
      expect(open.gateway.received).toEqual([]);
    },
  );

  test("to an enclave whose registered certificate is another than the one that was agreed to", async () => {
    const { open, client, uri, agree, silences } = await atWork();
    await agree(open);
    const { enclave, gateway, registration, contracts } = open;
    await contracts.register({
      ...{ enclave: { ...enclave, tlsCertificate: Buffer.from("another") }, measurements: MEASUREMENTS },
      ...{ document: registration.document, paymentAddress: PAYEE, endpoint: gateway.url },
    });
    expect(await client.complete(uri, AT)).toBeNull();
    await client.until("the reason", () => silences.some((reason) => reason.includes("is another by now")));
    expect(gateway.received).toEqual([]);
  });

  test("by another window's word alone: what one took back, the other asks no more", async () => {
    const { open, client, workspace, server, uri, agree, silences } = await atWork();
    await agree(open);
    expect((await modelIn(client, uri)).kind).toBe("relayed");
    const other = await editorPerson({ settings: asking(open, [server]) }, workspace);
    await other.useLocal();
    expect(await client.complete(uri, AT)).toBeNull();
    await client.until("the reason", () => silences.some((reason) => reason.includes("no longer agree")));
    expect((await modelIn(client, uri)).kind).not.toBe("relayed");
    expect(open.gateway.received).toEqual([]);
  });

  test("while somebody types, unless they want that", async () => {
    const { open, client, uri, agree, silences } = await atWork();
    await agree(open);
    expect(await client.complete(uri, AT, AUTOMATIC)).toBeNull();
    await client.until("the reason", () => silences.some((reason) => reason.includes("when you ask")));
    expect(open.gateway.received).toEqual([]);
  });
});

test("while somebody types, the enclave is asked as often as they allow, and always when they ask", async () => {
  const { open, client, uri, agree, silences } = await atWork({
    settings: { enclaveUse: { ...DEFAULT_SETTINGS.enclaveUse, automatic: true, requestsPerHour: 1 } },
  });
  await agree(open);
  const shown = await client.suggestion(uri, AT, AUTOMATIC);
  expect(shown.text).toBe(TEXT);
  // Elsewhere, so that what is on show does not fit.
  const typed = client.type(uri, AT, "0 + ");
  expect(await client.complete(uri, typed, AUTOMATIC)).toBeNull();
  await client.until("the reason", () => silences.some((reason) => reason.includes("requestsPerHour")));
  expect(open.gateway.received).toHaveLength(1);
  expect(await client.suggestion(uri, typed)).toMatchObject({ text: TEXT });
  expect(open.gateway.received).toHaveLength(2);
});

test("whoever no longer waits for an answer ends the connection, and the next request is another", async () => {
  const { open, client, uri, agree } = await atWork();
  await agree(open);
  open.gateway.fault = "slow";
  const first = client.complete(uri, AT);
  await client.until("an answer in its middle", () => open.gateway.waiting === 1);
  const typed = client.type(uri, AT, "0 + ");
  open.gateway.fault = null;
  expect(await client.suggestion(uri, typed)).toMatchObject({ text: TEXT });
  expect(await first).toBeNull();
  await client.until("the end of the first", () => open.gateway.waiting === 0);
});

test("an attestation document that is not under Amazon's root is believed by nobody, so nothing is offered", async () => {
  const { open, client, workspace, uri, agree, silences } = await atWork();
  await agree(open);
  await client.stop();
  const direct = await editorPerson({ settings: asking(open) }, workspace);
  direct.client.connection.onNotification(DidSuggestNothing.type, ({ reason }) => void silences.push(reason));
  direct.client.open(uri, BEFORE + AFTER);
  expect(await direct.client.complete(uri, AT)).toBeNull();
  await direct.client.until("the reason", () => silences.some((reason) => reason.includes("not Amazon's")));
});

/** The files below a folder that hold a text. */
function filesWith(text: string, folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => readFileSync(path).includes(text));
}

describe("an enclave that wants money", () => {
  test("is paid with the wallet, as far as was agreed to, and what was committed is told", async () => {
    const key = generatePrivateKey();
    const { open, client, uri, agree, review, workspace } = await atWork({
      isFree: false,
      openGradientKey: key,
    });
    expect((await review(open)).lines.at(-1)).toMatch(/last 24 hours: nothing$/);
    await agree(open);
    expect((await client.suggestion(uri, AT)).text).toBe(TEXT);
    const typed = client.type(uri, AT, "0 + ");
    expect((await client.suggestion(uri, typed)).text).toBe(TEXT);
    // A challenge, a paid request, and one within the session.
    expect(open.gateway.received).toHaveLength(3);
    const { address } = privateKeyToAccount(key);
    expect(open.facilitator.takenFrom(address)).toBe(2n * PRICE);
    expect(await modelIn(client, uri)).toMatchObject({ committed: "0.1 OPG" });
    expect((await review(open)).lines.at(-1)).toMatch(/last 24 hours: 0\.1 OPG$/);
    const session = String(open.gateway.received[2]?.headers["x-upto-session"]);
    expect(session).toMatch(/^[0-9a-f-]{36}$/);
    for (const secret of [key.slice(2), session]) {
      expect([workspace.home, workspace.folder].flatMap((folder) => filesWith(secret, folder))).toEqual([]);
    }
    expect(client.log.join()).not.toContain(key.slice(2));
  });

  test("gets nothing without a wallet, and what to do is said", async () => {
    const { open, client, uri, agree, silences } = await atWork({ isFree: false });
    await agree(open);
    expect(await client.complete(uri, AT)).toBeNull();
    await client.until("the reason", () =>
      silences.some((reason) => reason.includes("Set OpenGradient Wallet")),
    );
    expect(open.gateway.received).toHaveLength(1);
  });
});

describe("a program on this computer in the enclave's place", () => {
  /** @param change what it makes of an answer */
  async function relayed(change: (body: string) => string = (body) => body) {
    const origin = await startOpenGradient({ clock: machineClock(), isFree: true, answer: () => TEXT });
    const relay = await startRelay(origin, change);
    const enclaveUse = { ...DEFAULT_SETTINGS.enclaveUse, address: relay.url };
    return { ...(await atWork({ beside: origin, settings: { enclaveUse } })), origin, relay };
  }

  test("is asked for nothing but what was agreed to, and its answers count as the enclave's", async () => {
    const { origin, relay, client, uri, agree, review, silences, server } = await relayed();
    expect((await review(origin)).lines.join("\n")).toContain(`${relay.url}, a program on this computer`);
    await agree(origin);
    expect((await client.suggestion(uri, AT)).text).toBe(TEXT);
    expect(relay.received).toHaveLength(1);
    expect(relay.received[0]?.["x-settlement-type"]).toBe("private");

    const settings = { ...DEFAULT_SETTINGS, ...asking(origin, [server]) };
    await client.connection.sendNotification(DidChangeSettings.type, { settings });
    const typed = client.type(uri, AT, "0 + ");
    expect(await client.complete(uri, typed)).toBeNull();
    await client.until("the reason", () => silences.some((reason) => reason.includes("is another by now")));
    expect(origin.gateway.received).toHaveLength(1);
  });

  test("offers nothing where it changed a letter of an answer", async () => {
    const { origin, client, uri, agree, silences } = await relayed((body) => body.replace("price", "prize"));
    await agree(origin);
    expect(await client.complete(uri, AT)).toBeNull();
    await client.until("the reason", () => silences.some((reason) => reason.includes("does not hold")));
  });

  test("offers nothing of another enclave than the one that was agreed to", async () => {
    const { open, client, uri, agree, silences } = await relayed();
    await agree(open);
    expect(await client.complete(uri, AT)).toBeNull();
    await client.until("the reason", () =>
      silences.some((reason) => reason.includes("another enclave signed")),
    );
  });
});
