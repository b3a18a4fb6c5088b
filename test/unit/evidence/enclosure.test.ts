/** When lines count as read as they were sealed. */
import { describe, expect, it } from "vitest";
import { surroundingsDigest } from "../../../server/src/evidence/format/commitment";
import { Surroundings } from "../../../server/src/evidence/format/record";
import { areReadAsSealed, GRAMMARS } from "../../../server/src/evidence/locate/enclosure";
import { ALL_CODE } from "../../../server/src/evidence/locate/textParts";
import { digestOf } from "../../support/digests";

const salt = new Uint8Array(32).fill(7);
const other = digestOf("ab");
const code = { digest: ALL_CODE, isSure: true };
const text = { digest: other, isSure: true };
const sealed = (parts: typeof other): Surroundings => ({
  grammars: GRAMMARS,
  digest: surroundingsDigest(salt, parts),
});

describe("lines are read as they were sealed", () => {
  it("where the same grammars say the same of them", () => {
    expect(areReadAsSealed("a.ts", sealed(ALL_CODE), salt, code)).toBe(true);
    expect(areReadAsSealed("a.ts", sealed(other), salt, text)).toBe(true);
    expect(areReadAsSealed("a.ts", sealed(other), salt, code)).toBe(false);
    expect(areReadAsSealed("a.ts", sealed(ALL_CODE), salt, text)).toBe(false);
    expect(areReadAsSealed("a.ts", sealed(other), new Uint8Array(32), text)).toBe(false);
  });

  it("where nobody could tell, or other grammars did, only as code", () => {
    const later = Surroundings.parse({ ...sealed(other), grammars: "v2" });
    for (const before of [null, later]) {
      expect(areReadAsSealed("a.ts", before, salt, code)).toBe(true);
      expect(areReadAsSealed("a.ts", before, salt, text)).toBe(false);
    }
  });

  it("nowhere where nobody can tell today, and everywhere without a grammar", () => {
    expect(areReadAsSealed("a.ts", sealed(ALL_CODE), salt, null)).toBe(false);
    expect(areReadAsSealed("a.txt", sealed(other), salt, null)).toBe(true);
  });
});
