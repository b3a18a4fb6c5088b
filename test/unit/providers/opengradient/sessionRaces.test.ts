/** Requests that are under way together, to a gateway that answers in the order of its choice: what they pay for. */
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generatePrivateKey } from "viem/accounts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import type { CompletionRequest } from "../../../../server/src/inference/engine/engine";
import { Commitments } from "../../../../server/src/providers/opengradient/commitments";
import { OpenGradientProvider } from "../../../../server/src/providers/opengradient/openGradientProvider";
import { MOST_PER_SESSION } from "../../../../server/src/providers/opengradient/spendingLimits";
import { UptoPayer } from "../../../../server/src/providers/opengradient/uptoPayer";
import { eventually } from "../../../support/eventually";
import { BEGINNING } from "../../../support/opengradient/clock";
import { PaymentRequired, toHeader } from "../../../support/opengradient/paymentTerms";
import { PAYEE } from "../../../support/opengradient/startOpenGradient";
import { removeFolder } from "../../../support/removeFolder";

const fixture = join(import.meta.dirname, "../../../fixtures/opengradient/x402Payment.json");
const { required } = z.object({ required: PaymentRequired }).parse(JSON.parse(readFileSync(fixture, "utf8")));

const REQUEST: CompletionRequest = {
  path: "src/add.ts",
  prefix: "return ",
  suffix: "\n",
  context: [],
  trigger: "explicit",
  extent: "auto",
  maxTokens: 64,
};
const UNKNOWN = { block: 0, entry: null, isCodeApproved: false };
const TESTIMONY = { witnesses: "nobody", whenSigned: UNKNOWN, now: UNKNOWN, registration: null };

let home: string;
let close = (): void => {};
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "proofline-sessions-"));
});
afterEach(() => {
  close();
  removeFolder(home);
});

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A gateway whose answers the test writes, request by request, and who asks it. */
async function gateway() {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    request.resume();
    asked.push({ request, response });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const key = generatePrivateKey();
  const provider = new OpenGradientProvider({
    enclave: `0x${"1".repeat(64)}`,
    model: "gpt-5",
    settlement: "private",
    askable: async () => ({ endpoint: { url, certificate: null }, testimony: TESTIMONY }),
    payer: new UptoPayer({
      agreed: { payee: PAYEE, most: MOST_PER_SESSION },
      limits: { hour: MOST_PER_SESSION * 5n, day: MOST_PER_SESSION * 5n },
      key: async () => key,
      commitments: () => Commitments.open(home, () => BEGINNING),
      now: () => BEGINNING,
    }),
    now: () => BEGINNING,
  });
  return {
    /** What the answer comes to does not matter here. */
    ask: (signal?: AbortSignal) => provider.suggest(REQUEST, signal).catch(() => null),
    nth: (index: number) => eventually(`request ${index}`, () => asked[index] ?? null),
  };
}

const demand = ({ response }: Asked) =>
  response.writeHead(402, { "payment-required": toHeader(required) }).end();
const open = ({ response }: Asked, session: string) =>
  response.writeHead(200, { "x-upto-session": session }).end();
const notes = () => readdirSync(join(home, "payments", "opengradient")).length;

describe("requests that are under way together", () => {
  it("wait for the session that one of them pays for, also those that are asked for money meanwhile", async () => {
    const { nth, ask } = await gateway();
    const both = Promise.all([ask(), ask()]);
    const [first, second] = [await nth(0), await nth(1)];
    demand(first);
    const paid = await nth(2);
    expect(paid.request.headers).toHaveProperty("payment-signature");
    demand(second);
    // It would pay at once. That it reads its answer first is all that it is given time for.
    await eventually("the answer's end", () => second.response.closed || null);
    await new Promise((resolve) => setImmediate(resolve));
    open(paid, "one");
    const within = await nth(3);
    expect([within.request.headers["x-upto-session"], notes()]).toEqual(["one", 1]);
    within.response.end();
    await both;
  });

  it("end the session that they were asked within, and not one that was paid for since", async () => {
    const { nth, ask } = await gateway();
    const before = ask();
    demand(await nth(0));
    open(await nth(1), "one");
    await before;
    const both = [ask(), ask()];
    const [first, second] = [await nth(2), await nth(3)];
    demand(first);
    demand(await nth(4));
    open(await nth(5), "two");
    await Promise.race(both);
    demand(second);
    demand(await nth(6));
    const last = await nth(7);
    expect([last.request.headers["x-upto-session"], notes()]).toEqual(["two", 2]);
    last.response.end();
    await Promise.all(both);
  });

  it("pay nothing that nobody waits for any more", async () => {
    const { nth, ask } = await gateway();
    const paying = ask();
    const first = await nth(0);
    const cancelled = new AbortController();
    const others = [ask(cancelled.signal), ask(cancelled.signal)];
    const [second, third] = [await nth(1), await nth(2)];
    demand(first);
    const paid = await nth(3);
    demand(second);
    demand(third);
    await eventually("the answers' ends", () => (second.response.closed && third.response.closed) || null);
    await new Promise((resolve) => setImmediate(resolve));
    cancelled.abort();
    await Promise.all(others);
    paid.response.destroy();
    await paying;
    const last = ask();
    const next = await nth(4);
    expect([next.request.headers["payment-signature"], notes()]).toEqual([undefined, 1]);
    next.response.end();
    await last;
  });
});
