import { readdirSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Tokenizer } from "../../../../server/src/inference/tokenizer/tokenizer";
import { TokenizerFile } from "../../../../server/src/models/files/tokenizerFile";
import { PinManifest } from "../../../../server/src/models/pin/manifest";
import { EMBEDDED_MODEL } from "../../../support/models/modelFolder";
import { display, type Hole, holesOf, KINDS, type Kind } from "./truth";

const json = (path: string): unknown => JSON.parse(readFileSync(join(EMBEDDED_MODEL, path), "utf8"));
const pin = PinManifest.parse(json("pin.json"));
const tokenizer = new Tokenizer(TokenizerFile.parse(json("tokenizer.json")), pin.prompt);

/** Code of several languages, and how many of its holes are tried: one in so many. */
const SOURCES: readonly (readonly [folder: string, oneIn: number])[] = [
  ["./sources", 1],
  ["../../../../server/src/evidence", 24],
  ["../../../../server/src/policy", 24],
  ["../../../../server/src/lsp", 48],
  ["../../../../server/src/inference/trim", 16],
  ["../../../../server/training/python", 16],
  ["../../../../client/src", 48],
  ["../../../../docs", 4],
];

/**
 * The share of holes of which all that the author wrote is displayed where the model writes just that: somewhat less
 * than was measured over eight times as many, since the files change.
 */
const SURVIVES: Readonly<Record<Kind, number>> = {
  line: 0.99,
  blank: 0.93,
  opener: 0.94,
  midLine: 0.985,
  autoClosed: 0.97,
  declaration: 0.96,
};

const holes = SOURCES.flatMap(([folder, oneIn]) =>
  filesIn(fileURLToPath(new URL(folder, import.meta.url))).flatMap((path) => {
    // By its name, so that an edit of one file leaves the holes of the others where they are.
    const random = pseudorandom(seedOf(basename(path)));
    return holesOf(readFileSync(path, "utf8"), random).filter(() => random() * oneIn < 1);
  }),
);

describe.each(KINDS)("what an author wrote in holes of the kind %s", (kind) => {
  const ofKind = holes.filter((hole) => hole.kind === kind);

  it("survives the decoder and the chain, and is cut at the ends only", () => {
    expect(ofKind.length).toBeGreaterThan(20);
    const whole = ofKind.filter((hole) => {
      const displayed = shown(hole, hole.truth).trim();
      expect(hole.truth.trim().startsWith(displayed)).toBe(true);
      return displayed === hole.truth.trim();
    });
    expect(whole.length / ofKind.length).toBeGreaterThan(SURVIVES[kind]);
  });

  it("is nearly all that is displayed where the model goes on with what follows", () => {
    const more = ofKind.filter((hole) => {
      const displayed = shown(hole, hole.onwards).trim();
      expect(hole.onwards.trimStart().startsWith(displayed)).toBe(true);
      return displayed.length > hole.truth.trim().length;
    });
    expect(more.length / ofKind.length).toBeLessThan(0.03);
  });
});

function shown(hole: Hole, text: string): string {
  return display(tokenizer, hole, text).displayed;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => [".ts", ".css", ".py", ".go", ".md"].includes(extname(path)))
    .sort()
    .map((path) => join(folder, path));
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
