/** The stand-in gateway, with an honest client, the product's own checks, and each of its faults. */

import { once } from "node:events";
import { request } from "node:https";
import { decodeEventLog, hexToString, parseAbi, toHex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { Bytes } from "../../../server/src/chain/rpc/blocks";
import { Rpc } from "../../../server/src/chain/rpc/rpc";
import type { SettlementKind } from "../../../server/src/protocol/settlementKinds";
import type { AnswerCheckName, AnswerReport } from "../../../server/src/providers/attestation/answerReport";
import { attestedKey } from "../../../server/src/providers/opengradient/attestationChain";
import {
  isDebugEnclave,
  isDocumentSignedBy,
  readAttestationDocument,
} from "../../../server/src/providers/opengradient/attestationDocument";
import { checkAnswer } from "../../../server/src/providers/opengradient/checkAnswer";
import type { SavedAnswer } from "../../../server/src/providers/opengradient/savedAnswer";
import { askRegistry } from "../../../server/src/workflows/enclaveRegistry";
import { afterwards } from "../../support/cleanups";
import { eventually } from "../../support/eventually";
import { DEBUG_MEASUREMENTS, MEASUREMENTS } from "../../support/opengradient/attestationDocument";
import { BEGINNING, machineClock } from "../../support/opengradient/clock";
import { FAULTS, type Fault } from "../../support/opengradient/faults";
import { MODELS } from "../../support/opengradient/gateway";
import {
  askAndPay,
  challengeIn,
  exchange,
  type HttpAnswer,
  kept,
} from "../../support/opengradient/payingClient";
import { CAP, PRICE, UPTO_PROXY } from "../../support/opengradient/paymentTerms";
import { IDLE_SECONDS } from "../../support/opengradient/sessions";
import { FULL_BATCH } from "../../support/opengradient/settlements";
import { type OpenGradient, startOpenGradient } from "../../support/opengradient/startOpenGradient";

const account = privateKeyToAccount(generatePrivateKey());

const BODY =
  '{"model":"gpt-5","temperature":0.2,"messages":[{"role":"user","content":"Grüße \\ud83d\\ude00"}]}';
const STREAM = BODY.replace("{", '{"stream":true,');
const BODIES = { body: BODY, stream: STREAM } as const;

const ask = (open: OpenGradient, body = BODY, settlement: SettlementKind = "private"): Promise<HttpAnswer> =>
  askAndPay(open, { body, settlement, account });

/** As `proofline attestation check` does with servers. */
async function judged(
  open: OpenGradient,
  body: string,
  answer: HttpAnswer,
  settlement: SavedAnswer["settlement"] = { kind: "private" },
): Promise<AnswerReport> {
  const saved = kept(open, body, answer, settlement);
  const { root } = open;
  const { enclave, timestamp } = await checkAnswer(saved, { root });
  const registry =
    enclave === null || timestamp === null ? null : await askRegistry(open.registry, enclave, timestamp);
  return checkAnswer(saved, { root, registry });
}

const failed = ({ checks }: AnswerReport): readonly AnswerCheckName[] =>
  checks.filter(({ value }) => value === "failed").map(({ name }) => name);

describe("the stand-in gateway", () => {
  it.each(["body", "stream"] as const)("gives a %s that the registry makes approved", async (kind) => {
    const open = await startOpenGradient({
      answer: ({ model, messages }) => `${model} to ${String(messages[0]?.content)}: Übergabe 😀\n`,
    });
    const answer = await ask(open, BODIES[kind]);
    expect(answer.status).toBe(200);
    const report = await judged(open, BODIES[kind], answer);
    expect(report.summary).toBe("approved");
    expect(report.checks.filter(({ value }) => value === "notChecked").map(({ name }) => name)).toEqual([
      "environmentKnown",
      "settlement",
    ]);
    expect(report.timestamp).toBe(open.clock.now());
    expect(open.gateway.received.map(({ body }) => body)).toEqual([BODIES[kind], BODIES[kind]]);
  });

  it("cuts an answer to 100 words of short letters where nobody asks for more, and says nothing of it", async () => {
    const open = await startOpenGradient({ answer: () => "word ".repeat(300) });
    const short = await ask(open);
    const long = await ask(open, BODY.replace("{", '{"max_tokens":250,'));
    const words = ({ body }: HttpAnswer) => body.toString().match(/word/g)?.length;
    expect([words(short), words(long)]).toEqual([100, 250]);
    expect(short.body.toString()).toContain('"finish_reason":"stop"');
    expect((await judged(open, BODY, short)).summary).toBe("approved");
  });

  it("is paid once for a session, until that is idle or used up", async () => {
    const open = await startOpenGradient();
    const { facilitator, clock } = open;
    const secret = String((await ask(open)).headers["x-upto-session"]);
    const again = async () => {
      const headers = { "X-Upto-Session": secret, "X-SETTLEMENT-TYPE": "private" };
      return (await exchange(open, { body: BODY, headers })).status;
    };
    clock.pass(IDLE_SECONDS);
    expect(await again()).toBe(200);
    clock.pass(IDLE_SECONDS);
    expect(await again()).toBe(200);
    expect(facilitator.takenFrom(account.address)).toBe(3n * PRICE);
    clock.pass(IDLE_SECONDS + 1);
    expect(await again()).toBe(402);
    expect(facilitator.takenFrom(account.address)).toBe(3n * PRICE);
  });

  it("ends a session whose permit is used up", async () => {
    const open = await startOpenGradient();
    const headers = { "X-SETTLEMENT-TYPE": "private" };
    const secret = String((await ask(open)).headers["x-upto-session"]);
    for (let answers = 1n; answers < CAP / PRICE; answers++) {
      const { status } = await exchange(open, {
        body: BODY,
        headers: { ...headers, "X-Upto-Session": secret },
      });
      expect(status).toBe(200);
    }
    const { status } = await exchange(open, {
      body: BODY,
      headers: { ...headers, "X-Upto-Session": secret },
    });
    expect(status).toBe(402);
    expect(open.facilitator.takenFrom(account.address)).toBe(CAP);
  });

  it("asks for 0.1 tokens on chain 8453, to the payee that the registry names", async () => {
    const open = await startOpenGradient();
    const challenge = challengeIn(await exchange(open, { body: BODY }));
    expect(challenge.accepts).toEqual([
      expect.objectContaining({
        scheme: "upto",
        network: "eip155:8453",
        asset: "0xFbC2051AE2265686a469421b2C5A2D5462FbF5eB",
        amount: "100000000000000000",
      }),
    ]);
    const { now } = await askRegistry(open.registry, open.enclave.name, open.clock.now());
    expect(now.entry).toContain(challenge.accepts[0].payTo.slice(2).toLowerCase());
    expect(open.facilitator.takenFrom(account.address)).toBe(0n);
  });

  it("gives an answer that stays approved after its code no longer is, by the document on the chain", async () => {
    const open = await startOpenGradient();
    const answer = await ask(open);
    open.clock.pass(86_400);
    await open.contracts.disable(open.enclave);
    await open.contracts.revoke(MEASUREMENTS);
    const { attestation: _, ...saved } = kept(open, BODY, answer, { kind: "private" });
    const { enclave, timestamp } = await checkAnswer(saved);
    const registry = await askRegistry(open.registry, enclave ?? "0x", timestamp ?? 0);
    const { summary, checks } = await checkAnswer(saved, { root: open.root, registry });
    expect(summary).toBe("approved");
    const values = new Map(checks.map(({ name, value }) => [name, value]));
    expect(values.get("codeStillApproved")).toBe("warning");
    expect(values.get("documentChain")).toBe("passed");
    expect(values.get("bindsTlsCertificate")).toBe("passed");
  });

  it("has a fresh attestation document for whoever names a nonce", async () => {
    const open = await startOpenGradient();
    open.clock.pass(30 * 86_400);
    const nonce = "0123456789abcdef0123456789abcdef01234567";
    const { body } = await exchange(open, { path: `/enclave/attestation?nonce=${nonce}` });
    const document = readAttestationDocument(Buffer.from(body.toString(), "base64"));
    const key = await attestedKey(document, open.clock.now() * 1000, open.root);
    expect(isDocumentSignedBy(key, document)).toBe(true);
    expect(document.signedBytes.includes(Buffer.from(nonce, "hex"))).toBe(true);
    expect(isDebugEnclave(document)).toBe(false);
    await expect(attestedKey(document, open.registration.at * 1000, open.root)).rejects.toThrow();
    expect((await exchange(open, { path: "/enclave/attestation?nonce=1" })).status).toBe(400);
  });

  it("lists models, and knows no other", async () => {
    const open = await startOpenGradient();
    const { body } = await exchange(open, { path: "/v1/models" });
    const List = z.object({ data: z.array(z.object({ id: z.string() })) });
    expect(List.parse(JSON.parse(body.toString())).data.map(({ id }) => id)).toEqual(MODELS);
    const other = BODY.replace("gpt-5", "gpt-1");
    expect((await ask(open, other)).status).toBe(500);
    expect(open.facilitator.takenFrom(account.address)).toBe(0n);
    const streamed = await ask(open, STREAM.replace("gpt-5", "gpt-1"));
    expect(failed(await judged(open, STREAM.replace("gpt-5", "gpt-1"), streamed))).toEqual(["answer"]);
  });

  it("goes by the machine's clock where a client has no other", async () => {
    const open = await startOpenGradient({ clock: machineClock() });
    const answer = await ask(open);
    const report = await judged(open, BODY, answer);
    expect(report.summary).toBe("approved");
    expect(report.timestamp).toBeGreaterThan(BEGINNING);
  });

  it("runs in debug mode, or code that nobody approved, where a test wants it", async () => {
    const debug = await startOpenGradient({ measurements: DEBUG_MEASUREMENTS });
    expect(failed(await judged(debug, BODY, await ask(debug)))).toEqual(["notDebug"]);
    const unapproved = await startOpenGradient({ isApproved: false });
    expect(failed(await judged(unapproved, BODY, await ask(unapproved)))).toEqual(["codeApproved"]);
  });
});

describe("settlement", () => {
  const ABI = parseAbi([
    "event BatchSettlement(bytes32 indexed merkleRoot, uint256 batchSize, bytes walrusBlobId)",
    "event IndividualSettlement(bytes32 indexed teeId, address indexed ethAddress, bytes32 inputHash, bytes32 outputHash, uint256 timestamp, bytes walrusBlobId, bytes signature)",
  ]);

  async function eventsOf({ registry, relay }: OpenGradient) {
    const rpc = new Rpc(registry.rpcUrls[0] ?? "");
    afterwards(async () => rpc.close());
    const Logs = z.array(
      z.object({ data: Bytes, topics: z.tuple([Bytes], Bytes), transactionHash: z.string() }),
    );
    const logs = await rpc.call("eth_getLogs", [{ address: relay, fromBlock: "0x0" }], Logs);
    return logs.map(({ data, topics, transactionHash }) => ({
      ...decodeEventLog({ abi: ABI, data, topics }),
      transactionHash,
    }));
  }

  it("of a private answer leaves no trace", async () => {
    const open = await startOpenGradient();
    await ask(open);
    expect(await open.settlements.post()).toBeNull();
    expect(await eventsOf(open)).toEqual([]);
  });

  it("puts answers into a batch, where each is found by what Walrus holds of it", async () => {
    let count = 0;
    const open = await startOpenGradient({ answer: () => `answer ${count++}` });
    const answers = [
      await ask(open, BODY, "batch"),
      await ask(open, STREAM, "batch"),
      await ask(open, BODY, "batch"),
    ];
    const posted = await open.settlements.post();
    const [event, ...others] = await eventsOf(open);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      eventName: "BatchSettlement",
      args: { merkleRoot: posted?.tree.root, batchSize: 3n, walrusBlobId: toHex(posted?.blob ?? "") },
    });
    const { body } = await exchange(open, { path: `/v1/blobs/${posted?.blob}` });
    const Dump = z.object({
      tree: z.array(z.string()),
      values: z.array(z.object({ value: z.array(z.string()) })),
    });
    const { tree, values } = Dump.parse(JSON.parse(body.toString()));
    expect(tree[0]).toBe(posted?.tree.root);
    expect(values).toHaveLength(3);
    for (const [index, answer] of answers.entries()) {
      const [enclave = "", request = "", output = "", signature = "", time = ""] = values[index]?.value ?? [];
      const proof = posted?.tree.proofOf({
        tee_id: `0x${enclave.slice(2)}`,
        tee_request_hash: request.slice(2),
        tee_output_hash: output.slice(2),
        tee_signature: Buffer.from(signature.slice(2), "hex").toString("base64"),
        tee_timestamp: Number(time),
      });
      const inclusion = { merkleRoot: posted?.tree.root ?? "0x", proof: [...(proof ?? [])] };
      const sent = index === 1 ? STREAM : BODY;
      const report = await judged(open, sent, answer, { kind: "batch", inclusion });
      expect(report.summary).toBe("approved");
      const wrong = { ...inclusion, proof: [...inclusion.proof, inclusion.merkleRoot] };
      expect(failed(await judged(open, sent, answer, { kind: "batch", inclusion: wrong }))).toEqual([
        "settlement",
      ]);
    }
  });

  it("posts a batch that is full, and makes one of what asks for nothing", async () => {
    const open = await startOpenGradient();
    const secret = String((await ask(open, BODY, "batch")).headers["x-upto-session"]);
    for (let answers = 1; answers < FULL_BATCH; answers++) {
      expect(await eventsOf(open)).toEqual([]);
      await exchange(open, { body: BODY, headers: { "X-Upto-Session": secret } });
    }
    expect(await eventsOf(open)).toMatchObject([{ args: { batchSize: BigInt(FULL_BATCH) } }]);
  });

  it.each(["body", "stream"] as const)(
    "of one %s by itself is announced, mined, and shows all of it",
    async (kind) => {
      const open = await startOpenGradient();
      const answer = await ask(open, BODIES[kind], "individual");
      const [event] = await eventsOf(open);
      expect(event).toMatchObject({
        eventName: "IndividualSettlement",
        args: { teeId: open.enclave.name, ethAddress: UPTO_PROXY, timestamp: BigInt(open.clock.now() - 1) },
        transactionHash: answer.headers["x-settlement-tx-hash"],
      });
      const blob = String(answer.headers["x-settlement-walrus-blob-id"]);
      expect(hexToString(event?.args.walrusBlobId ?? "0x")).toBe(blob);
      expect((await exchange(open, { path: `/v1/blobs/${blob}` })).body.toString()).toContain("gpt-5");
      expect(answer.headers["x-upto-session"]).toBeUndefined();
      expect((await judged(open, BODIES[kind], answer, { kind: "individual" })).summary).toBe("approved");
    },
  );
});

describe("a fault", () => {
  /** What `proofline attestation check` says today of what came, and what the account has paid. */
  interface Outcome {
    readonly failed: readonly AnswerCheckName[];
    readonly settlement?: SettlementKind;
    readonly paid?: bigint;
  }
  const ANSWERED: Partial<Record<Fault, Outcome>> = {
    changedAfterSigning: { failed: ["outputHash", "signature"] },
    otherTemperatureHashed: { failed: ["requestHash", "signature"] },
    otherTimestamp: { failed: ["signature"] },
    unknownEnclave: { failed: ["signingKey", "signature", "registryEntry"] },
    cutBeforeSignedFrame: { failed: ["answer"] },
    inBandError: { failed: ["answer"] },
    garbage: { failed: ["answer"] },
    forgedLeaf: { failed: ["signature"], settlement: "batch" },
    // What is wrong with these lies beside the answer: nothing of it is false.
    textBesideToolCalls: { failed: [] },
    neverMined: { failed: [], settlement: "individual" },
    priceAboveCap: { failed: [] },
    otherPayee: { failed: [] },
    otherToken: { failed: [] },
    otherChain: { failed: [] },
  };
  const REFUSED: readonly Fault[] = ["otherTlsKey", "droppedAfterPayment", "slow", "hugeAnswer", "redirect"];

  it("is told of in a test of its own or in the table", () => {
    expect([...Object.keys(ANSWERED), ...REFUSED].sort()).toEqual([...FAULTS].sort());
  });

  const ENTRIES = FAULTS.flatMap((fault) => {
    const outcome = ANSWERED[fault];
    return outcome === undefined ? [] : [[fault, outcome] as const];
  });

  it.each(ENTRIES)("%s: %o", async (fault, { failed: expected, settlement = "private" }) => {
    const open = await startOpenGradient();
    for (const body of [BODY, STREAM]) {
      open.gateway.fault = fault;
      const answer = await ask(open, body, settlement);
      expect(answer.status).toBe(200);
      const report = await judged(open, body, answer, { kind: settlement });
      expect(failed(report)).toEqual(expected);
      expect(report.summary).toBe(expected.length === 0 ? "approved" : "contradicted");
      open.gateway.fault = null;
      expect((await judged(open, body, await ask(open, body))).summary).toBe("approved");
    }
    expect(open.facilitator.takenFrom(account.address)).toBe(4n * PRICE);
  });

  it("slow: begins, and waits for the test", async () => {
    const open = await startOpenGradient();
    open.gateway.fault = "slow";
    for (const body of [BODY, STREAM]) {
      let isThere = false;
      const coming = ask(open, body).then((answer) => {
        isThere = true;
        return answer;
      });
      await eventually("the answer to begin", () => open.gateway.waiting === 1);
      expect(isThere).toBe(false);
      open.gateway.release();
      expect((await judged(open, body, await coming)).summary).toBe("approved");
    }
  });

  it("hugeAnswer: is longer than a file may hold", async () => {
    const open = await startOpenGradient();
    open.gateway.fault = "hugeAnswer";
    for (const body of [BODY, STREAM]) {
      const answer = await ask(open, body);
      expect(() => kept(open, body, answer, { kind: "private" })).toThrow(/16777216/);
    }
  });

  it("forgedLeaf: stands in a real batch, whose root the relay emitted", async () => {
    const open = await startOpenGradient();
    open.gateway.fault = "forgedLeaf";
    const answer = await ask(open, BODY, "batch");
    const posted = await open.settlements.post();
    const inclusion = { merkleRoot: posted?.tree.root ?? "0x", proof: [] };
    const report = await judged(open, BODY, answer, { kind: "batch", inclusion });
    // The leaf is there: only the signature tells.
    expect(failed(report)).toEqual(["signature"]);
  });

  it("neverMined: names a transaction that no node knows", async () => {
    const open = await startOpenGradient();
    open.gateway.fault = "neverMined";
    const { headers } = await ask(open, BODY, "individual");
    const rpc = new Rpc(open.registry.rpcUrls[0] ?? "");
    afterwards(async () => rpc.close());
    const named = headers["x-settlement-tx-hash"];
    expect(named).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await rpc.call("eth_getTransactionReceipt", [named], z.unknown())).toBeNull();
  });

  it.each<[Fault, object]>([
    ["priceAboveCap", { amount: String(CAP * 100n) }],
    ["otherPayee", { payTo: "0x0000000000000000000000000000000000000bad" }],
    ["otherToken", { asset: "0x0000000000000000000000000000000000000bad" }],
    ["otherChain", { network: "eip155:1" }],
  ])("%s: shows in the challenge alone", async (fault, changed) => {
    const open = await startOpenGradient();
    const honest = challengeIn(await exchange(open, { body: BODY }));
    open.gateway.fault = fault;
    const challenge = challengeIn(await exchange(open, { body: BODY }));
    expect(challenge).toEqual({ ...honest, accepts: [{ ...honest.accepts[0], ...changed }] });
  });

  it("otherTlsKey: is seen before anything is sent", async () => {
    const open = await startOpenGradient();
    open.gateway.fault = "otherTlsKey";
    await expect(ask(open)).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
    expect(open.gateway.received).toEqual([]);
    open.gateway.fault = null;
    expect((await ask(open)).status).toBe(200);
  });

  it("droppedAfterPayment: takes the money and gives nothing", async () => {
    const open = await startOpenGradient();
    open.gateway.fault = "droppedAfterPayment";
    await expect(ask(open)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(open.facilitator.takenFrom(account.address)).toBe(PRICE);
  });

  it("slow: is over where nobody waits for it any more", async () => {
    const open = await startOpenGradient();
    const secret = String((await ask(open)).headers["x-upto-session"]);
    open.gateway.fault = "slow";
    const leaving = new AbortController();
    const headers = { "X-Upto-Session": secret };
    const left = exchange(open, { body: BODY, headers, signal: leaving.signal });
    const ended = expect(left).rejects.toThrow();
    await eventually("the answer to begin", () => open.gateway.waiting === 1);
    leaving.abort();
    await ended;
    await eventually("the gateway to hear of it", () => open.gateway.waiting === 0);
  });

  it("redirect: names another host, which hears of whoever follows", async () => {
    const open = await startOpenGradient();
    open.gateway.fault = "redirect";
    const { status, headers } = await ask(open);
    const location = z.string().parse(headers.location);
    expect([status, location]).toEqual([307, expect.stringMatching(/^https:\/\/localhost:\d+\/v1\//)]);
    expect(open.gateway.redirected).toEqual([]);
    const careless = request(location, { method: "POST", rejectUnauthorized: false });
    careless.end(BODY);
    await once(careless, "response");
    careless.destroy();
    expect(open.gateway.redirected.map(({ body }) => body)).toEqual([BODY]);
  });
});
