import { describe, expect, it } from "vitest";
import { outlineOf } from "../../../server/src/evidence/format/batchOutline";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { ReadyClaims, storedReading, storeReading } from "../../../server/src/evidence/format/storedReading";
import { sample, sealed } from "../../support/sampleBatch";

const readings = ["one.ts", "two.ts", "three.ts"].map((path, sequence) =>
  readEvidence(
    Buffer.from(
      sealed([sample({ path, displayed: "const a = 1;" }), sample({ path, displayed: "const b = 2;" })], {
        sequence,
        texts: { [path]: "const a = 1;\nconst b = 2;\n" },
      }).evidence,
    ),
  ),
);

describe("a stored reading", () => {
  it("says what the reading said, whatever that was", () => {
    const [intact] = readings;
    for (const reading of [...readings, readEvidence(Buffer.from("{}")), readEvidence(Buffer.from(""))]) {
      const again = storedReading(storeReading(reading));
      expect(again.kind).toBe(reading.kind);
      expect({ ...again, batch: null }).toEqual({ ...reading, batch: null });
      expect(again.batch?.claims).toEqual(reading.batch?.claims);
      expect(again.batch?.batchRoot).toBe(reading.batch?.batchRoot);
      expect(again.batch && outlineOf(again.batch)).toEqual(reading.batch && outlineOf(reading.batch));
    }
    const { claims: _, ...facts } = intact?.batch ?? { claims: [] };
    expect(storedReading(storeReading(readings[0] ?? readEvidence(new Uint8Array()))).batch).toMatchObject(
      facts,
    );
  });

  it("makes objects of the claims that somebody asks for, and holds no more of them than it may", () => {
    const stored = readings.map(storeReading);
    const ready = new ReadyClaims(Math.max(...stored.map(({ length }) => length)));
    const batches = stored.flatMap((bytes) => storedReading(bytes, ready).batch ?? []);
    expect(batches.map((batch) => [...outlineOf(batch).byPath.keys()])).toEqual([
      ["one.ts"],
      ["two.ts"],
      ["three.ts"],
    ]);
    expect(ready.size).toBe(0);
    for (let round = 0; round < 3; round += 1) {
      for (const batch of batches) {
        expect(batch.claims).toHaveLength(2);
        expect(batch.claims).toBe(batch.claims);
        expect(ready.size).toBeLessThan(batches.length);
      }
    }
    const none = new ReadyClaims(0);
    const [alone] = stored.flatMap((bytes) => storedReading(bytes, none).batch ?? []);
    expect(alone?.claims).toHaveLength(2);
    expect(none.size).toBe(1);
  });
});
