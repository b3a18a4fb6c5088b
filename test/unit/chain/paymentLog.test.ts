/** What was signed is noted so that neither clocks, other processes nor crashes make it forgotten. */
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { privateKeyToAccount } from "viem/accounts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { timestampCall } from "../../../server/src/chain/eas/eas";
import { DEVELOPMENT_KEY } from "../../../server/src/chain/embedded/developmentAccount";
import { mostOf, readSigned, type Signed } from "../../../server/src/chain/payments/payment";
import { PaymentLog } from "../../../server/src/chain/payments/paymentLog";
import type { Digest } from "../../../server/src/platform/primitives";
import { randomDigest } from "../../support/digests";
import { removeFolder } from "../../support/removeFolder";

const account = privateKeyToAccount(DEVELOPMENT_KEY);
const DAY = 86_400;
const START = 1_800_000_000;

let home = "";
let now = START;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "proofline-payments-"));
  now = START;
});
afterEach(() => removeFolder(home));

async function sign(nonce: number, roots: readonly Digest[] = [randomDigest()], price = 5n): Promise<Signed> {
  return readSigned(
    await account.signTransaction({
      chainId: 10740,
      type: "eip1559",
      nonce,
      to: account.address,
      data: timestampCall(roots),
      gas: 100_000n,
      maxFeePerGas: price,
      maxPriorityFeePerGas: 1n,
    }),
  );
}

const open = () => PaymentLog.open(home, 10740, account.address, () => now);

async function add(nonce: number): Promise<boolean> {
  return (await open()).add(await sign(nonce));
}

const noncesOf = (signed: readonly Signed[]) => signed.map(({ nonce }) => nonce);

test("what is read of a signed transaction is what was signed, of one root or many, with and without a base fee", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        nonce: fc.nat(),
        roots: fc.integer({ min: 1, max: 5 }).map((length) => Array.from({ length }, randomDigest)),
        gas: fc.bigInt(21_000n, 10n ** 7n),
        price: fc.bigInt(0n, 10n ** 12n),
        legacy: fc.boolean(),
      }),
      async ({ nonce, roots, gas, price, legacy }) => {
        const common = { chainId: 1, nonce, gas, to: account.address, data: timestampCall(roots) };
        const signed = readSigned(
          await (legacy
            ? account.signTransaction({ ...common, type: "legacy", gasPrice: price })
            : account.signTransaction({ ...common, type: "eip1559", maxFeePerGas: price })),
        );
        expect(signed).toMatchObject({ nonce, subjects: roots, most: gas * price, maxFeePerGas: price });
        expect(signed.tip).toBe(legacy ? null : 0n);
      },
    ),
    { numRuns: 20 },
  );
});

test("of each nonce the dearest counts", async () => {
  const costs = [await sign(1), await sign(1, undefined, 9n), await sign(2)];
  expect(mostOf(costs)).toBe(100_000n * (9n + 5n));
});

test("what was signed is there after the process, in order, and counts for a day", async () => {
  const first = await open();
  expect([first.signed, await first.add(await sign(7)), await first.add(await sign(3))]).toEqual([
    [],
    true,
    true,
  ]);
  const again = await open();
  expect(again.signed).toEqual(first.signed);
  expect(noncesOf(again.ofToday)).toEqual([7, 3]);
  now += DAY - 1;
  expect(noncesOf(again.ofToday)).toEqual([7, 3]);
  now += 1;
  expect(again.ofToday).toEqual([]);
  expect(noncesOf(again.recent)).toEqual([7, 3]);
  now += 30 * DAY;
  expect(again.recent).toEqual([]);
  expect(noncesOf(again.signed)).toEqual([7, 3]);
});

test("whoever has not seen what another process signed meanwhile signs nothing, and nothing is lost", async () => {
  const [one, other] = [await open(), await open()];
  expect(await other.add(await sign(1))).toBe(true);
  expect(await one.add(await sign(2))).toBe(false);
  expect(noncesOf((await open()).signed)).toEqual([1]);
  await one.read();
  expect(noncesOf(one.signed)).toEqual([1]);
  expect(await one.add(await sign(2))).toBe(true);
});

test("a clock that is set forward and back gives nothing beyond what forward gives", async () => {
  await add(1);
  now += 2 * DAY;
  expect((await open()).ofToday).toEqual([]);
  await add(2);
  now -= 2 * DAY;
  expect(noncesOf((await open()).ofToday)).toEqual([1, 2]);
  now += DAY - 1;
  expect(noncesOf((await open()).ofToday)).toEqual([1, 2]);
});

test("a clock that is set back and forward forgets nothing of today", async () => {
  await add(1);
  now -= 20 * 365 * DAY;
  expect(noncesOf((await open()).ofToday)).toEqual([1]);
  await add(2);
  now += 20 * 365 * DAY;
  expect(noncesOf((await open()).ofToday)).toEqual([1]);
});

test("what was signed while the clock was ten years ahead counts for a day once it is right", async () => {
  now += 10 * 365 * DAY;
  await add(1);
  now = START;
  const log = await open();
  expect(noncesOf(log.ofToday)).toEqual([1]);
  now += DAY - 1;
  expect(noncesOf((await open()).ofToday)).toEqual([1]);
  now += 1;
  expect((await open()).ofToday).toEqual([]);
});

test("of what is older than a month the latest 256 are kept", async () => {
  const log = await open();
  for (let nonce = 0; nonce < 260; nonce += 1) {
    await log.add(await sign(nonce));
  }
  now += 31 * DAY;
  await log.add(await sign(260));
  const { signed } = await open();
  expect(noncesOf(signed)).toEqual(Array.from({ length: 256 }, (_, index) => index + 5));
});

test.each([
  ["half a note", '{"format": "proofline/payment/v1", "transac'],
  ["a note of another format", '{"format": "proofline/payment/v9"}'],
  ["a note of another transaction", '{"format":"proofline/payment/v1","transaction":"0x02c0","time":1}'],
])("%s stops payments and is named", async (_name, content) => {
  await add(1);
  const [folder = ""] = readdirSync(join(home, "payments"));
  const path = join(home, "payments", folder, "2.json");
  writeFileSync(path, content);
  await expect(open()).rejects.toMatchObject({
    code: "chain.payment",
    remedy: "restorePayments",
    reason: expect.stringContaining(path),
  });
});

test("a folder that cannot be used is named with its remedy", async () => {
  writeFileSync(join(home, "payments"), "a file");
  await expect(open()).rejects.toMatchObject({
    code: "chain.payment",
    remedy: "makeHomeWritable",
    reason: expect.stringContaining(join(home, "payments")),
  });
});
