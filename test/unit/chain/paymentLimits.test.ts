/** Whatever is asked for, in whatever order, what was let through stays within the limits. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { objectionTo } from "../../../server/src/chain/payments/limits";
import {
  about,
  type Cost,
  MAX_NONCES,
  MAX_PER_DAY,
  MAX_PER_SUBJECT,
  mostOf,
  type Signed,
} from "../../../server/src/chain/payments/payment";
import { randomDigest } from "../../support/digests";

const ROOTS = Array.from({ length: 4 }, randomDigest);
const PARTS = {
  rpc: { host: "rpc.example" },
  account: { address: "0x1" },
  above: null,
  words: { subject: "the batch", one: "one anchor" },
};

const cost: fc.Arbitrary<Cost> = fc.record({
  nonce: fc.nat(8),
  subjects: fc.subarray(ROOTS, { minLength: 1 }),
  most: fc.oneof(fc.bigInt(0n, MAX_PER_SUBJECT / 4n), fc.bigInt(0n, MAX_PER_DAY)),
});

function signedAs(one: Cost): Signed {
  return { ...one, transaction: "0x", hash: "0x", maxFeePerGas: 1n, tip: null };
}

test("what is signed stays within the limits for each anchor and for a day", () => {
  fc.assert(
    fc.property(fc.array(cost, { maxLength: 40 }), (asked) => {
      const signed: Signed[] = [];
      for (const one of asked) {
        if (objectionTo(one, { recent: signed, ofToday: signed }, PARTS) === null) {
          signed.push(signedAs(one));
        }
      }
      expect(mostOf(signed)).toBeLessThanOrEqual(MAX_PER_DAY);
      for (const root of ROOTS) {
        const its = about(signed, root);
        expect(mostOf(its)).toBeLessThanOrEqual(MAX_PER_SUBJECT);
        expect(new Set(its.map(({ nonce }) => nonce)).size).toBeLessThanOrEqual(MAX_NONCES);
      }
    }),
    { numRuns: 200 },
  );
});

test("what fits is signed, and what was signed before with the same nonce costs nothing more", () => {
  const [root = randomDigest()] = ROOTS;
  const first = signedAs({ nonce: 1, subjects: [root], most: MAX_PER_SUBJECT });
  const log = { recent: [first], ofToday: [first] };
  expect(objectionTo({ nonce: 1, subjects: [root], most: MAX_PER_SUBJECT }, log, PARTS)).toBeNull();
  expect(objectionTo({ nonce: 2, subjects: [root], most: 1n }, log, PARTS)).toEqual({
    what: expect.stringContaining(
      "at most 0.05 for one anchor, of which 0.05 may be spent on the batch already",
    ),
    remedy: "useOwnAccount",
  });
  expect(
    objectionTo(
      { nonce: 2, subjects: [root], most: MAX_PER_SUBJECT + 1n },
      { recent: [], ofToday: [] },
      PARTS,
    ),
  ).toMatchObject({ remedy: "waitForLowerFees" });
});
