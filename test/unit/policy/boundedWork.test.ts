/** What evidence may cost: sizes at which anything that grows with their product would take far longer than allowed here. */
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { LineIndex } from "../../../server/src/evidence/locate/lineIndex";
import { locatePiece } from "../../../server/src/evidence/locate/locatePiece";
import { Slashes } from "../../../server/src/evidence/locate/slashes";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { sealedInFirst } from "../../support/firstVersion";
import { sample, sealed } from "../../support/sampleBatch";
import { parameters } from "./goodCase";
import { plainPiece } from "./plainPiece";

const nothing = { prefix: "", suffix: "", context: [] };

/** The processor's time, whatever else runs; what grows with a product would take minutes of it. */
function processorSecondsOf(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

describe("what evidence costs", () => {
  it("does not grow with what a copy of it unpacks to", () => {
    const file = JSON.parse(sealed([sample()]).evidence);
    const prompts = Buffer.from(`[${"null,".repeat(3_000_000)}null]`);
    const flood = { ...file, prompts: deflateRawSync(prompts).toString("base64") };
    const bytes = Buffer.from(JSON.stringify(flood));
    expect(bytes.length).toBeLessThan(100_000);
    expect(processorSecondsOf(() => expect(readEvidence(bytes).kind).toBe("tampered"))).toBeLessThan(20);
  }, 60_000);

  it.each([
    ["tokens that are none", (count: number) => `"tokens":[${"-1,".repeat(count / 2)}-1]`, 8_000],
    ["tokens that are objects", (count: number) => `"tokens":[${"{},".repeat(count / 3)}{}]`, 8_000],
    ["empty lists", (count: number) => `"more":[${"[],".repeat(count / 3)}[]]`, 12_000],
  ])(
    "does not grow with what a copy holds of %s",
    (_, values, kilobytes) => {
      const file = JSON.parse(sealed([sample()]).evidence);
      const prompts = Buffer.from(`[{"salt":"${"0".repeat(64)}","values":{${values(kilobytes * 1_000)}}}]`);
      const flood = { ...file, prompts: deflateRawSync(prompts).toString("base64") };
      const bytes = Buffer.from(JSON.stringify(flood));
      expect(bytes.length).toBeLessThan(100_000);
      expect(processorSecondsOf(() => expect(readEvidence(bytes).kind).toBe("tampered"))).toBeLessThan(2);
    },
    60_000,
  );

  it("hashes no line of a copy that holds more lines than were signed", () => {
    const file = JSON.parse(sealedInFirst([sample()]).evidence);
    file.openings.texts[0].saved = ["\n".repeat(2_000_000)];
    const bytes = Buffer.from(JSON.stringify(file));
    // Hashing all of them took ten seconds, where splitting them takes one.
    expect(processorSecondsOf(() => expect(readEvidence(bytes).kind).toBe("tampered"))).toBeLessThan(5);
  }, 60_000);

  it("does not grow with the square of a piece's lines", () => {
    const lines = Array.from(
      { length: 9_000 },
      (_, index) => `const variable${index} = something(${index});`,
    );
    const piece = plainPiece(["ab", ...lines, "z"], 30_000);
    const today = new LineIndex([...lines, "ab"].join("\n"));
    const located: string[] = [];
    expect(
      processorSecondsOf(() => located.push(locatePiece(piece, today, () => false).content)),
    ).toBeLessThan(20);
    expect(located).toEqual(["ambiguous"]);
  }, 60_000);

  it("does not grow with the square of a line of brackets below a broken line, or of one letter repeated", () => {
    const whole = (saved: string, today: string): string =>
      locatePiece(plainPiece([saved]), new LineIndex(today), () => false).content;
    const located: string[] = [];
    const seconds = processorSecondsOf(() => {
      located.push(
        whole("const total = compute(first);", `const total = compute(\n  first\n${")".repeat(1_000_000)}x`),
        whole(`${"a".repeat(400_000)}b`, `x\n${"a".repeat(1_000_000)}`),
        whole(`b${"a".repeat(400_000)}`, `x\n${"a".repeat(1_000_000)}`),
      );
    });
    expect(seconds).toBeLessThan(20);
    expect(located).toEqual(["edited", "gone", "gone"]);
  }, 60_000);

  it("does not grow with the lines above each open prompt", () => {
    const lines = 3_000_000;
    const suggestions = Array.from({ length: 100 }, (_, index) =>
      sample({
        path: "src/a.ts",
        displayed: `call(${index});`,
        position: { line: lines + index, character: 0 },
        prompt: nothing,
      }),
    );
    const text = `${"\n".repeat(lines)}${suggestions.map(({ values }) => values.accepted).join("\n")}\n`;
    const good = parameters(text, [sealed(suggestions)], []);
    expect(processorSecondsOf(() => verify(good))).toBeLessThan(20);
  }, 120_000);

  it("of slashes on one line, each of which may begin a regular expression", () => {
    const text = "of/".repeat(300_000);
    const slashes = new Slashes(text);
    const doubtful: number[] = [];
    expect(
      processorSecondsOf(() => {
        for (let at = 2; at < text.length; at += 3) {
          slashes.passed(at - 2, at);
          if (slashes.isDoubtful("/", at, at + 1)) {
            doubtful.push(at);
          }
        }
      }),
    ).toBeLessThan(20);
    expect(doubtful).toEqual([]);
  });
});
