import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { confidenceOf, weighedChoice } from "../../../server/src/inference/decode/confidence";
import { Decoding, type Extent } from "../../../server/src/inference/decode/decoding";
import { endsInTokenLoop, repeatedLinesIn } from "../../../server/src/inference/decode/repetition";
import { cursorContextOf } from "../../../server/src/inference/prompt/cursorContext";
import { healPrompt } from "../../../server/src/inference/prompt/heal";
import type { StopReason } from "../../../server/src/inference/suggestion";
import { Tokenizer } from "../../../server/src/inference/tokenizer/tokenizer";
import { TokenizerFile } from "../../../server/src/models/files/tokenizerFile";
import { PinManifest } from "../../../server/src/models/pin/manifest";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";

const json = (path: string): unknown => JSON.parse(readFileSync(join(EMBEDDED_MODEL, path), "utf8"));
const pin = PinManifest.parse(json("pin.json"));
const tokenizer = new Tokenizer(TokenizerFile.parse(json("tokenizer.json")), pin.prompt);
const { control } = tokenizer;

function decodingAt(
  prefix: string,
  suffix = "",
  extent: Extent = "line",
  maxTokens = 200,
  gate = 0,
): Decoding {
  const prompt = { path: null, prefix, suffix, context: [] };
  return new Decoding(
    tokenizer,
    healPrompt(tokenizer, prompt),
    cursorContextOf(prompt),
    extent,
    maxTokens,
    gate,
  );
}

const one = (text: string): number => {
  const [id, ...more] = tokenizer.encode(text);
  if (id === undefined || more.length > 0) {
    throw new Error(`${JSON.stringify(text)} is not one token`);
  }
  return id;
};

/** Pushes a text token by token; the stop reason and the text at which it came. */
function stopOf(decoding: Decoding, text: string): [StopReason | null, string] {
  for (const id of tokenizer.encode(text)) {
    const stop = decoding.push(id, 1);
    if (stop !== null) {
      return [stop, tokenizer.decode(decoding.tokens)];
    }
  }
  return [null, text];
}

describe("the decoder's rules", () => {
  it("never allow a control token but end of text", () => {
    const decoding = decodingAt("");
    decoding.push(one("a"), 1);
    for (const id of tokenizer.controlIds) {
      expect(decoding.allows(id)).toBe(id === control.endOfText.id);
    }
    expect(decoding.allows(1_000_000)).toBe(false);
  });

  it("hold the first tokens to healed text, in one token or several", () => {
    const decoding = decodingAt("fs.rea");
    expect(decoding.allows(one("read"))).toBe(true);
    expect(decoding.allows(one("r"))).toBe(true);
    expect(decoding.allows(one("w"))).toBe(false);
    expect(decoding.allows(control.endOfText.id)).toBe(false);
    decoding.push(one("r"), 1);
    expect(decoding.allows(one("e"))).toBe(true);
    expect(decoding.allows(one("a"))).toBe(false);
    decoding.push(one("e"), 1);
    decoding.push(one("a"), 1);
    expect(decoding.allows(one("w"))).toBe(true);
  });

  it("bar the end until something visible came, for four tokens at most", () => {
    const decoding = decodingAt("");
    for (const _ of [1, 2, 3, 4]) {
      expect(decoding.allows(control.endOfText.id)).toBe(false);
      decoding.push(one("\n"), 1);
    }
    expect(decoding.allows(control.endOfText.id)).toBe(true);
    const visible = decodingAt("");
    visible.push(one("a"), 1);
    expect(visible.allows(control.endOfText.id)).toBe(true);
  });

  it("bar a line break first where text follows on the line", () => {
    const decoding = decodingAt("", ")");
    expect(decoding.allows(one("\n"))).toBe(false);
    expect(decoding.allows(one("\n  "))).toBe(false);
    decoding.push(one("a"), 1);
    expect(decoding.allows(one("\n"))).toBe(true);
    expect(decodingAt("").allows(one("\n"))).toBe(true);
  });

  it("stop after a line", () => {
    expect(stopOf(decodingAt(""), "a = 1;\nb = 2;")).toEqual(["line", "a = 1;\n"]);
    expect(stopOf(decodingAt(""), "\n\na;\nb;")[0]).toBe("line");
  });

  it("stop where the block ends, with the line that closes it where nothing else does", () => {
    const code = "\n  a();\n}\nb();";
    expect(stopOf(decodingAt("f {", "", "block"), code.slice(0, -4))).toEqual(["block", "\n  a();\n}\n"]);
    expect(stopOf(decodingAt("f {", "\n}", "block"), code)).toEqual(["block", "\n  a();\n}"]);
    expect(stopOf(decodingAt("f {", "", "block"), "\n  a();\nb();")).toEqual(["block", "\n  a();\nb"]);
    expect(stopOf(decodingAt("f {", "", "block"), "\n  a();\n\n  b();")[0]).toBe(null);
  });

  it("stop in a loop and at the limit, which healed tokens do not count against", () => {
    expect(stopOf(decodingAt(""), " x".repeat(40))[0]).toBe("repetition");
    const text = " one two three four five six seven";
    expect(stopOf(decodingAt("", "", "line", 3), text)).toEqual([
      "length",
      tokenizer.decode(tokenizer.encode(text).slice(0, 3)),
    ]);
    const healed = decodingAt("x = ", "", "line", 1);
    expect(healed.push(one(" "), 1)).toBe(null);
    expect(healed.push(one("a"), 1)).toBe("length");
  });

  it("stop at the first token with which the joint probability falls below the gate", () => {
    const decoding = decodingAt("", "", "line", 200, 0.5);
    expect(decoding.push(one("a"), 0.8)).toBe(null);
    expect(decoding.push(one("b"), 0.7)).toBe(null);
    expect(decoding.push(one("\n"), 0.8)).toBe("doubt");
    expect(decoding.certainty).toBeCloseTo(0.448, 12);
  });

  it("do not count healed text among what is doubted", () => {
    const decoding = decodingAt("fs.rea", "", "line", 200, 0.5);
    expect(decoding.push(one("r"), 0.1)).toBe(null);
    expect(decoding.push(one("e"), 0.1)).toBe(null);
    expect(decoding.push(one("a"), 0.1)).toBe(null);
    expect(decoding.certainty).toBe(1);
    expect(decoding.push(one("d"), 0.4)).toBe("doubt");
  });

  it("stop when a line, or a block of lines, comes a second time", () => {
    const block = "\n  if (a) {\n    b();\n  }";
    const [stop, text] = stopOf(decodingAt("f {", "", "block"), block.repeat(3));
    expect(stop).toBe("repetition");
    expect(text.trimEnd()).toBe(block.repeat(2));
    expect(repeatedLinesIn(["a", "b", "b "])).toEqual({ first: 1, second: 2 });
    expect(repeatedLinesIn(["a", "b", "a", "b"])).toEqual({ first: 0, second: 2 });
    expect(repeatedLinesIn(["}", "}", "", ""])).toBeNull();
    expect(repeatedLinesIn(["a", "b", "a"])).toBeNull();
  });

  it("know of all blocks that come twice in a row the first, and of those the shortest", () => {
    const blockAt = (lines: readonly string[]) => {
      for (let first = 0; first < lines.length; first++) {
        for (let size = 1; first + 2 * size <= lines.length; size++) {
          const [one, two] = [lines.slice(first, first + size), lines.slice(first + size, first + 2 * size)];
          if (one.join() === two.join() && one.some((line) => line !== "}")) {
            return { first, second: first + size };
          }
        }
      }
      return null;
    };
    for (let code = 0; code < 3 ** 9; code++) {
      const lines = Array.from({ length: 9 }, (_, at) => "ab}"[Math.floor(code / 3 ** at) % 3] ?? "");
      expect(repeatedLinesIn(lines), lines.join()).toEqual(blockAt(lines));
    }
  });

  it("know a loop: a run of up to 16 tokens three times, 12 tokens at least", () => {
    const run = (length: number): number[] => Array.from({ length }, (_, index) => index);
    expect(endsInTokenLoop(new Array(11).fill(7))).toBe(false);
    expect(endsInTokenLoop(new Array(12).fill(7))).toBe(true);
    for (let length = 4; length <= 16; length++) {
      expect(endsInTokenLoop([99, ...run(length), ...run(length), ...run(length)])).toBe(true);
      expect(endsInTokenLoop([...run(length), ...run(length), ...run(length - 1), 98])).toBe(false);
    }
    expect(endsInTokenLoop([...run(17), ...run(17), ...run(17)])).toBe(false);
  });
});

describe("the first choice", () => {
  const size = tokenizer.encode("x").length + 6200;

  it("is the allowed token with the largest logit, the smallest id among equals", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 300, maxLength: 400 }),
        (values) => {
          const decoding = decodingAt("");
          const logits = Float32Array.from(values);
          const { id, logit, probability } = weighedChoice(logits, decoding);
          const allowed = [...logits.keys()].filter((candidate) => decoding.allows(candidate));
          const largest = Math.max(...allowed.map((candidate) => logits[candidate] ?? 0));
          expect(logit).toBe(largest);
          expect(id).toBe(allowed.find((candidate) => logits[candidate] === largest));
          expect(probability).toBeGreaterThan(0);
          expect(probability).toBeLessThanOrEqual(1 + 1e-9);
        },
      ),
    );
  });

  it("counts a barred end of text among the alternatives", () => {
    const logits = new Float32Array(size).fill(-50);
    logits[control.endOfText.id] = Math.log(9);
    logits[one("a")] = 0;
    expect(weighedChoice(logits, decodingAt(""))).toMatchObject({
      id: one("a"),
      probability: expect.closeTo(0.1, 6),
    });
  });

  it("counts only what agrees with healed text", () => {
    const logits = new Float32Array(size).fill(-50);
    logits[one("w")] = 5;
    logits[one("read")] = 0;
    expect(weighedChoice(logits, decodingAt("fs.rea"))).toMatchObject({
      id: one("read"),
      probability: expect.closeTo(1, 6),
    });
  });
});

describe("confidence", () => {
  it("is the joint probability of the tokens of which any part is displayed", () => {
    const lengths = [2, 4, 6, 8];
    expect(confidenceOf([0.1, 0.5, 0.5, 0.1], lengths, { start: 2, end: 6 })).toBeCloseTo(0.25, 12);
    expect(confidenceOf([0.1, 0.4, 0.9, 0.1], lengths, { start: 3, end: 5 })).toBeCloseTo(0.36, 12);
    expect(confidenceOf([0.1, 0.5], [2, 4], { start: 2, end: 2 })).toBe(0);
  });
});
