import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as Reference } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EncodingMemo } from "../../../server/src/inference/tokenizer/encodingMemo";
import { Tokenizer } from "../../../server/src/inference/tokenizer/tokenizer";
import { TokenizerFile } from "../../../server/src/models/files/tokenizerFile";
import { PinManifest } from "../../../server/src/models/pin/manifest";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";
import { SAMPLE } from "./samples";

const json = (path: string): { pre_tokenizer: unknown } & Record<string, unknown> =>
  JSON.parse(readFileSync(join(EMBEDDED_MODEL, path), "utf8"));
const { prompt } = PinManifest.parse(json("pin.json"));

/** Split patterns of tokenizers in use, as their files state them. */
const PATTERNS = {
  "embedded model": undefined,
  "GPT-2": String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`,
  "Qwen2.5": String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  "Llama 3": String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  "by lines": String.raw`[^\n]*\n|[^\n]+`,
} as const;

/** A `tokenizer.json` with the embedded model's merges and another split pattern. */
function fileWith(pattern: string | undefined): ReturnType<typeof json> {
  const file = json("tokenizer.json");
  if (pattern === undefined) {
    return file;
  }
  const split = { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false };
  const bytes = { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false };
  return { ...file, pre_tokenizer: { type: "Sequence", pretokenizers: [split, bytes] } };
}

describe("remembered encodings", () => {
  it.each(Object.entries(PATTERNS))("are those of the whole text, with the pattern of %s", (_, pattern) => {
    const file = fileWith(pattern);
    const tokenizer = new Tokenizer(TokenizerFile.parse(file), prompt);
    const reference = new Reference({ ...file, added_tokens: [], post_processor: null }, {});
    const piece = fc.oneof(
      fc.constantFrom(
        " ",
        "  ",
        "\n",
        "\n\n",
        "\r\n",
        "\t",
        " a",
        "a b",
        "return value",
        "'s ",
        "1 a",
        "é b",
      ),
      fc.string({ unit: "grapheme", maxLength: 6 }),
      fc.nat(SAMPLE.length - 40).map((at) => SAMPLE.slice(at, at + 40)),
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        fc.pre(text !== "");
        expect(tokenizer.encode(text)).toEqual(reference.encode(text, { add_special_tokens: false }).ids);
      }),
      { numRuns: 400 },
    );
  });

  it("encode each part once, and forget when there are too many", () => {
    const encoded: string[] = [];
    const memo = new EncodingMemo(
      (text) => {
        encoded.push(text);
        return [text.length];
      },
      (text) => text.split(/(?<=,)/),
    );
    expect(memo.encode("a,bb,a,ccc")).toEqual([2, 3, 2, 3]);
    expect(memo.encode("a,dddd,")).toEqual([2, 5]);
    expect(encoded).toEqual(["a,", "bb,", "ccc", "dddd,"]);
    for (let index = 0; index < 20_000; index++) {
      memo.encode(String(index));
    }
    expect(memo.encode("a,")).toEqual([2]);
    expect(encoded.filter((text) => text === "a,")).toHaveLength(2);
  });
});
