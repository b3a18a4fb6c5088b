import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { Tokenizer } from "../../../../server/src/inference/tokenizer/tokenizer";
import { TokenizerFile } from "../../../../server/src/models/files/tokenizerFile";
import { PinManifest } from "../../../../server/src/models/pin/manifest";
import { EMBEDDED_MODEL } from "../../../support/models/modelFolder";
import { display, type Hole, holesOf, KINDS, type Kind } from "./truth";

const json = (path: string): unknown => JSON.parse(readFileSync(join(EMBEDDED_MODEL, path), "utf8"));
const pin = PinManifest.parse(json("pin.json"));
const tokenizer = new Tokenizer(TokenizerFile.parse(json("tokenizer.json")), pin.prompt);

/** Frozen code of several languages. */
const SOURCES = join(import.meta.dirname, "../../../fixtures/code");

/** One in so many of the holes that each kind of file has is tried. */
const ONE_IN: Readonly<Record<string, number>> = { ".ts": 12, ".py": 8, ".md": 4, ".go": 1, ".css": 1 };

/**
 * How many holes there are, and in how many of them less is displayed than the author wrote, where the model writes just
 * that: both as measured. A change of the chain that loses more is no improvement.
 */
const MEASURED: Readonly<Record<Kind, { readonly holes: number; readonly cut: number }>> = {
  line: { holes: 436, cut: 1 },
  blank: { holes: 363, cut: 13 },
  opener: { holes: 60, cut: 0 },
  midLine: { holes: 304, cut: 2 },
  autoClosed: { holes: 72, cut: 0 },
  declaration: { holes: 28, cut: 0 },
};

const holes = readdirSync(SOURCES)
  .sort()
  .flatMap((name) => {
    const oneIn = ONE_IN[extname(name)];
    if (oneIn === undefined) {
      return [];
    }
    const random = pseudorandom(seedOf(name));
    return holesOf(name, readFileSync(join(SOURCES, name), "utf8"), random).filter(
      () => random() * oneIn < 1,
    );
  });

describe.each(KINDS)("what an author wrote in holes of the kind %s", (kind) => {
  const ofKind = holes.filter((hole) => hole.kind === kind);

  it("survives the decoder and the chain, and is cut at the ends only", () => {
    expect(ofKind).toHaveLength(MEASURED[kind].holes);
    const cut = ofKind.filter((hole) => {
      const displayed = shown(hole, hole.truth).trim();
      expect(hole.truth.trim().startsWith(displayed)).toBe(true);
      return displayed !== hole.truth.trim();
    });
    expect(cut.length).toBeLessThanOrEqual(MEASURED[kind].cut);
  });

  it("is all that is displayed where the model goes on with what follows", () => {
    const more = ofKind.filter((hole) => {
      const displayed = shown(hole, hole.onwards).trim();
      expect(hole.onwards.trimStart().startsWith(displayed)).toBe(true);
      return displayed.length > hole.truth.trim().length;
    });
    expect(more).toEqual([]);
  });
});

function shown(hole: Hole, text: string): string {
  return display(tokenizer, hole, text).displayed;
}

function seedOf(name: string): number {
  return [...name].reduce((seed, character) => (Math.imul(seed, 31) + character.charCodeAt(0)) >>> 0, 1);
}

/** Numbers in [0, 1), the same ones on every machine. */
function pseudorandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}
