import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer as Reference } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Tokenizer } from "../../../server/src/inference/tokenizer/tokenizer";
import { TokenizerFile } from "../../../server/src/models/files/tokenizerFile";
import { PinManifest } from "../../../server/src/models/pin/manifest";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";

const json = (path: string): unknown => JSON.parse(readFileSync(join(EMBEDDED_MODEL, path), "utf8"));
const file = TokenizerFile.parse(json("tokenizer.json"));
const pin = PinManifest.parse(json("pin.json"));
const { controlTokens } = pin.prompt;
const tokenizer = new Tokenizer(file, pin.prompt);
const controlTexts = file.added_tokens.map(({ content }) => content);

describe("the tokenizer", () => {
  it("keeps control tokens in text inert, wherever and however often they stand", () => {
    const piece = fc.oneof(
      fc.constantFrom(...controlTexts),
      fc.string({ unit: "binary" }),
      fc.constantFrom("<|", "|>", "\n"),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("").toWellFormed();
        const ids = tokenizer.encode(text);
        expect(ids.filter((id) => tokenizer.controlIds.has(id))).toEqual([]);
        expect(tokenizer.decode(ids)).toBe(text);
      }),
    );
  });

  it("would not be inert with the library's own encoding, which is why added tokens are left out", () => {
    const reference = new Reference(json("tokenizer.json") as object, {});
    expect(reference.encode("a<|endoftext|>", { add_special_tokens: false }).ids).toContain(
      controlTokens.endOfText.id,
    );
  });

  it("agrees with the library on text without control tokens", () => {
    const reference = new Reference(
      json("tokenizer.json") as object,
      json("tokenizer_config.json") as object,
    );
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (text) => {
        fc.pre(controlTexts.every((control) => !text.includes(control)));
        const { ids } = reference.encode(text, { add_special_tokens: false });
        expect(tokenizer.encode(text)).toEqual(ids);
        expect(tokenizer.decode(ids)).toBe(reference.decode(ids));
      }),
    );
  });

  it("encodes and decodes nothing as nothing", () => {
    expect(tokenizer.encode("")).toEqual([]);
    expect(tokenizer.decode([])).toBe("");
  });

  it("keeps a byte order mark, and marks a character that is cut in two", () => {
    expect(tokenizer.decode(tokenizer.encode("\ufeffx"))).toBe("\ufeffx");
    const bytes = tokenizer.encode("\u{10fffe}");
    expect(tokenizer.decode(bytes.slice(0, -1))).toContain("\ufffd");
  });

  it("counts the tokens of the last piece", () => {
    for (const [text, last] of [
      ["const x = ", " "],
      ["fs.readFi", "readFi"],
      ["  return\n    ", "\n    "],
      ["foo(", "("],
      ["", ""],
    ] as const) {
      const ids = tokenizer.encode(text);
      const count = tokenizer.lastPieceLength(text, ids);
      expect(tokenizer.decode(ids.slice(ids.length - count))).toBe(last);
    }
  });

  it("refuses a pin that states other control tokens", () => {
    const middle = { text: "<|fim_middle|>", id: tokenizer.idOf("suffix") };
    const wrong = { ...pin.prompt, controlTokens: { ...controlTokens, middle } };
    expect(() => new Tokenizer(file, wrong)).toThrow(middle.text);
  });

  it("refuses tokenizers on which healing cannot rest", () => {
    for (const change of [
      { normalizer: { type: "Lowercase" } },
      { decoder: { type: "Metaspace" } },
      { pre_tokenizer: { type: "Whitespace" } },
      { model: { ...file.model, vocab: { a: 6 } } },
    ]) {
      expect(() => new Tokenizer(TokenizerFile.parse({ ...file, ...change }), pin.prompt)).toThrow(
        /tokenizer/,
      );
    }
  });
});
