import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readOnnx } from "../../../server/src/models/files/onnxFile";
import { externalFiles } from "../../../server/src/models/files/weights";
import { ARCHITECTURES, SMALL } from "../../support/models/decoder";
import { EMBEDDED_MODEL, writeModelFolder } from "../../support/models/modelFolder";
import { unusableGraph } from "../../support/models/onnx";
import { bytes, type Encoded, field, float, integer, sequence } from "../../support/models/protobuf";
import { readLeniently } from "./lenientReader";

const written = (...parts: Encoded[]): Buffer => Buffer.concat([...sequence(parts).pieces()]);
const raw = (...content: number[]): Encoded => bytes(Uint8Array.from(content));
const entry = (key: string, value: string): Encoded => field(13, sequence([field(1, key), field(2, value)]));
const named = field(8, "weight");
const external = (...entries: Encoded[]): Encoded => sequence([named, ...entries, integer(14, 1)]);
const located = (location: string): Encoded => external(entry("location", location));
/** A model whose graph has the weights given. */
const weighing = (...tensors: Encoded[]): Buffer =>
  written(field(7, sequence(tensors.map((tensor) => field(5, tensor)))));
const operation = (operator: string, domain: string): Encoded =>
  sequence([field(4, operator), field(7, domain)]);

describe("the external data of a graph", () => {
  let folder: string;
  let graph: Buffer;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "proofline-onnx-"));
    writeModelFolder(folder, {
      architecture: ARCHITECTURES.llama,
      family: "codellama/v1",
      size: SMALL,
      seed: 1,
      externalData: true,
      export: { layout: "genai", weights: 4, float: "float16" },
    });
    graph = readFileSync(join(folder, "model.onnx"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is what its weights name, and nothing where they hold their own", () => {
    expect(readOnnx(graph).external).toEqual(["model.onnx.data"]);
    expect(readOnnx(readFileSync(join(EMBEDDED_MODEL, "onnx/model.onnx"))).external).toEqual([]);
    expect(readOnnx(new Uint8Array(0)).external).toEqual([]);
  });

  it("lies beside the graph, or below", () => {
    const file = readOnnx(unusableGraph("x", "data/0.bin"));
    expect(externalFiles("onnx/model.onnx", file)).toEqual([
      { location: "data/0.bin", path: "onnx/data/0.bin" },
    ]);
  });

  it.each([
    ["../model.onnx_data", "a/../x", "./x", "a//b", "", "."],
    ["/etc/passwd", "C:/x", "..\\x", "a\\b", "\\\\host\\share"],
    // As other systems understand a name, or the runtime: memory of the process.
    ["x\0.bin", "x:stream", "nul|", "*/_ORT_MEM_ADDR_/*", "*/_ORT_NATIVE_ENDIAN_MEM_ADDR_/*", "\ufeffx"],
  ])("is refused outside the graph's folder: %j, %j, %j, …", (...locations) => {
    for (const location of locations) {
      expect(() => readOnnx(weighing(located(location)))).toThrow("outside its folder");
    }
  });

  const tensor = field(5, located("deep.bin"));
  const constant = field(1, field(5, tensor));
  it.each<[string, Encoded[]]>([
    ["a node", [field(7, constant)]],
    ["a graph inside of the graph", [field(7, field(1, field(5, field(6, field(5, located("deep.bin"))))))]],
    ["one of several graphs of a node", [field(7, field(1, field(5, field(11, constant))))]],
    ["a sparse weight", [field(7, field(15, field(1, located("deep.bin"))))]],
    ["the sparse value of a node", [field(7, field(1, field(5, field(22, field(2, located("deep.bin"))))))]],
    ["what is only for training", [field(20, field(1, tensor))]],
    ["a function", [field(25, field(7, field(5, tensor)))]],
    ["a function's attribute", [field(25, field(11, tensor))]],
  ])("is refused where the runtime looks for it on the disk: in %s", (_, model) => {
    expect(() => readOnnx(written(...model))).toThrow("no weight of its own (deep.bin)");
  });

  const place = entry("location", "x");
  it.each<[string, Encoded]>([
    ["two places", external(place, entry("location", "y"))],
    ["no place", external(entry("offset", "0"))],
    ["nothing but that it is elsewhere", external()],
    ["a key of the runtime's own", external(place, entry("prepacked_0", "key|0|16|hash"))],
    ["a mark before a key", external(entry("\ufefflocation", "x"))],
    ["an offset before the file", external(place, entry("offset", "-16"))],
    ["an offset with a sign", external(place, entry("offset", "+16"))],
    ["an offset beyond numbers", external(place, entry("offset", "18446744073709551600"))],
    ["a length with blanks", external(place, entry("length", " 16"))],
    ["a place that does not count", sequence([named, place])],
    ["a place that does not count, and says so", sequence([named, place, integer(14, 0)])],
    ["data of its own, too", sequence([named, field(9, "data"), place, integer(14, 1)])],
    ["numbers of its own, too", sequence([field(4, raw(0, 0, 0, 0)), named, place, integer(14, 1)])],
  ])("is refused where a tensor states %s", (_, tensor) => {
    expect(() => readOnnx(weighing(tensor))).toThrow("does not say in one way where the data of weight lies");
  });
});

describe("the operators of a graph", () => {
  it.each([
    ["com.microsoft", "EPContext"],
    ["", "EPContext"],
    ["ai.onnx.contrib", "ReadFile"],
    ["org.pytorch.aten", "ATen"],
  ])("are refused where they may open files: %s %s", (domain, operator) => {
    const node = operation(operator, domain);
    const graph = field(1, node);
    const inside = field(1, field(5, field(6, graph)));
    const definition = sequence([field(1, "F"), field(7, node), field(10, domain)]);
    for (const part of [
      field(7, graph),
      field(7, inside),
      field(20, field(2, graph)),
      field(25, definition),
    ]) {
      expect(() => readOnnx(written(part))).toThrow(`the graph needs ${domain}:${operator}`);
    }
  });

  it("may be functions of the model itself", () => {
    const model = written(
      field(7, field(1, operation("Scale", "mine"))),
      field(25, sequence([field(1, "Scale"), field(7, sequence([field(4, "Mul")])), field(10, "mine")])),
    );
    expect(readOnnx(model).nodes.map(({ operator }) => operator)).toEqual(["Scale", "Mul"]);
  });

  it("come without settings for the runtime", () => {
    const model = written(field(14, sequence([field(1, "ort_config"), field(2, "{}")])));
    expect(() => readOnnx(model)).toThrow("settings for the runtime");
  });
});

describe("a graph's file", () => {
  const twice = (content: Encoded): Buffer => written(content, content);
  const graph = field(7, field(2, "g"));
  it.each<[string, Buffer, string]>([
    ["two graphs, which a parser merges", twice(graph), "the second of its kind"],
    ["two names", written(field(7, sequence([field(2, "a"), field(2, "b")]))), "the second of its kind"],
    [
      "two values of one key",
      weighing(
        external(field(13, sequence([field(1, "location"), field(2, "pinned.bin"), field(2, "x.bin")]))),
      ),
      "the second of its kind",
    ],
    [
      "two places of the data",
      weighing(sequence([named, entry("location", "x"), integer(14, 0), integer(14, 1)])),
      "the second of its kind",
    ],
    [
      "two of what only one may be",
      written(field(7, field(11, field(2, sequence([field(1, raw()), field(4, raw())]))))),
      "the second of its kind",
    ],
    [
      "two kinds of dimension",
      written(
        field(7, field(11, field(2, field(1, field(2, field(1, sequence([integer(1, 1), field(2, "n")]))))))),
      ),
      "the second of its kind",
    ],
    ["fields in another order", written(graph, integer(1, 9)), "stands after field 7"],
    ["a field that nobody knows", written(graph, field(27, "x")), "is unknown"],
    ["a field that is no more", written(field(7, field(3, "x"))), "is unknown"],
    ["a field of the number 0", written(raw(0x02, 0x00)), "is unknown"],
    ["a group", written(raw(0x3b, 0x3c)), "holds something else"],
    ["the end of a group", written(raw(0x3c)), "holds something else"],
    ["a graph that is a number", written(integer(7, 1)), "holds something else"],
    ["a version that is a text", written(field(1, "9")), "holds something else"],
    ["numbers in a list that should stand alone", weighing(field(1, raw(1, 2))), "holds something else"],
    ["numbers alone that should stand in a list", weighing(integer(7, 1)), "holds something else"],
    ["an empty list of numbers", weighing(field(7, raw())), "there and empty"],
    ["half a number", weighing(field(4, raw(0, 0, 0))), "cut short"],
    ["a number in two bytes that needs one", written(raw(0x08, 0x89, 0x00)), "more bytes than it needs"],
    ["a tag in two bytes that needs one", written(raw(0x88, 0x00, 0x09)), "more bytes than it needs"],
    ["a length in two bytes that needs one", written(raw(0x12, 0x81, 0x00, 0x61)), "more bytes than"],
    [
      "a number of 65 bits",
      written(raw(0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 3)),
      "more bytes than it needs",
    ],
    ["a number without an end", written(raw(0x08, ...Array(11).fill(255))), "more bytes than it needs"],
    [
      "a tag of 2^32 and more, which a parser cuts off",
      written(raw(0x88, 0x80, 0x80, 0x80, 0x10, 0x09)),
      "the number of a field is too large",
    ],
    [
      "a type of 2^32 and more, which a parser cuts off",
      weighing(integer(2, 2n ** 32n + 1n)),
      "does not fit 32 bits",
    ],
    ["a type that is no signed number", weighing(integer(2, 2 ** 31)), "does not fit 32 bits"],
    ["a place of the data that nobody knows", weighing(integer(14, 2)), "not among the values"],
    ["a place of the data of 2^32 and more", weighing(integer(14, 2n ** 32n + 1n)), "not among the values"],
    ["a name that is no text", written(field(2, raw(0xff))), "not UTF-8"],
    ["bytes behind its end", written(graph, raw(0)), "is unknown"],
    ["half a field", written(raw(0x3a, 0x05, 0x12)), "cut short"],
  ])("is refused with %s", (_, file, reason) => {
    expect(() => readOnnx(file)).toThrow(reason);
    expect(() => readOnnx(file)).toThrow(/^the graph is /);
  });

  it.each<[string, Buffer]>([
    [
      "negative numbers",
      weighing(sequence([integer(2, -1), field(5, written8(-1)), field(7, written8(-5))])),
    ],
    [
      "the largest numbers",
      weighing(sequence([integer(2, 2 ** 31 - 1), field(11, written8(2n ** 64n - 1n))])),
    ],
    ["the smallest number of 32 bits", weighing(field(5, written8(-(2 ** 31))))],
    [
      "floats, alone and in lists",
      written(field(7, field(1, field(5, sequence([float(2, 1), float(7, 1), float(7, 2)]))))),
    ],
    ["text of all kinds", written(field(2, "\ufeff\0ß\u{1f600}"))],
  ])("is read with %s", (_, file) => {
    expect(readOnnx(file).external).toEqual([]);
  });

  it("is refused where it is nested without end", () => {
    let deep: Encoded = sequence([]);
    for (let depth = 0; depth < 200; depth++) {
      deep = bytes(written(field(1, field(5, field(6, deep)))));
    }
    expect(() => readOnnx(written(field(7, deep)))).toThrow("nested too deep");
  });
});

/** A list of one integer. */
function written8(value: number | bigint): Encoded {
  return bytes(written(integer(1, value)).subarray(1));
}

/** A file with something of everything, which is read. */
const WHOLE = written(
  integer(1, 9),
  field(2, "proofline"),
  field(
    7,
    sequence([
      field(
        1,
        sequence([
          field(1, "x"),
          field(2, "y"),
          field(4, "If"),
          field(
            5,
            sequence([
              field(1, "then_branch"),
              field(
                6,
                sequence([
                  field(
                    1,
                    sequence([
                      field(4, "Constant"),
                      field(5, field(5, sequence([integer(2, 1), field(9, "data")]))),
                    ]),
                  ),
                  field(2, "inner"),
                ]),
              ),
              integer(20, 5),
            ]),
          ),
        ]),
      ),
      field(2, "outer"),
      field(
        5,
        sequence([
          integer(1, 4),
          integer(2, 1),
          field(8, "a"),
          entry("location", "a.bin"),
          entry("offset", "0"),
          integer(14, 1),
        ]),
      ),
      field(5, sequence([integer(2, 1), field(8, "b"), entry("location", "b.bin"), integer(14, 1)])),
      field(
        11,
        sequence([
          field(1, "x"),
          field(2, field(1, sequence([integer(1, 1), field(2, field(1, field(2, "n")))]))),
        ]),
      ),
      field(15, field(1, sequence([integer(2, 1), field(9, "data")]))),
    ]),
  ),
  field(8, sequence([field(1, ""), integer(2, 18)])),
  field(20, field(1, field(2, "training"))),
  field(25, sequence([field(1, "F"), field(7, field(4, "Mul")), field(10, "mine")])),
);

/** A field as it stands in a file, to be changed. */
interface Piece {
  number: number;
  wire: number;
  /** The bytes of a message that is not looked into, or its fields. */
  value: Uint8Array | Piece[] | bigint;
  /** Bytes more than needed, in the tag, and in the length or number. */
  padding: [number, number];
}

/** Fields that hold messages, by the path of the fields above. */
const MESSAGES =
  /^7$|^7\.(1|5|11|15)$|^7\.1\.5$|^7\.1\.5\.(5|6)$|^7\.1\.5\.6\.1$|^7\.1\.5\.6\.1\.5(\.5)?$|^7\.5\.13$|^7\.15\.1$|^8$|^20(\.1)?$|^25(\.7)?$/;

function taken(file: Uint8Array, path = ""): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = file[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        return value;
      }
    }
  };
  while (at < file.length) {
    const tag = Number(varint());
    const [number, wire] = [tag >> 3, tag & 7];
    const here = path === "" ? `${number}` : `${path}.${number}`;
    const length = varint();
    let value: Piece["value"] = length;
    if (wire === 2) {
      const content = file.subarray(at, at + Number(length));
      at += content.length;
      value = MESSAGES.test(here) ? taken(content, here) : content;
    }
    pieces.push({ number, wire, value, padding: [0, 0] });
  }
  return pieces;
}

function put(pieces: readonly Piece[]): Uint8Array {
  return Buffer.concat(
    pieces.flatMap(({ number, wire, value, padding: [more, longer] }) => {
      const tag = padded(BigInt(number) * 8n + BigInt(wire), more);
      if (typeof value === "bigint") {
        return [tag, padded(value, longer)];
      }
      const content = value instanceof Uint8Array ? value : put(value);
      return wire === 2 ? [tag, padded(BigInt(content.length), longer), content] : [tag, content];
    }),
  );
}

function padded(value: bigint, more: number): Uint8Array {
  const out = [...written8(value).pieces()].flatMap((piece) => [...piece]);
  for (let count = 0; count < more && out.length < 10; count++) {
    out.push(out.pop() ?? 0, 0);
    out[out.length - 2] = (out.at(-2) ?? 0) | 128;
  }
  return Uint8Array.from(out);
}

/** All lists of fields in a file. */
function lists(pieces: Piece[]): Piece[][] {
  return [pieces, ...pieces.flatMap(({ value }) => (Array.isArray(value) ? lists(value) : []))];
}

const CHANGES = [
  "double",
  "repeat",
  "split",
  "move",
  "drop",
  "tag",
  "length",
  "unknown",
  "group",
  "wide",
].concat(["layout", "number", "text"]);
const change = fc.record({
  kind: fc.constantFrom(...CHANGES),
  list: fc.nat(),
  at: fc.nat(),
  to: fc.nat(),
  text: fc.constantFrom("x.bin", "location", "EPContext", "../x", "1", "", "\ufeff", "a.bin"),
});

function changed(
  pieces: Piece[],
  { kind, list, at, to, text }: typeof change extends fc.Arbitrary<infer T> ? T : never,
): void {
  const all = lists(pieces);
  const chosen = all[list % all.length] ?? pieces;
  const place = chosen.length === 0 ? 0 : at % chosen.length;
  const piece = chosen[place];
  if (piece === undefined) {
    return;
  }
  const other: Piece = structuredClone(piece);
  switch (kind) {
    case "double":
      // The same key again, with another value.
      other.value = typeof other.value === "bigint" ? BigInt(to) : Buffer.from(text);
      chosen.splice(place + 1, 0, other);
      break;
    case "repeat":
      chosen.splice(to % (chosen.length + 1), 0, other);
      break;
    case "split":
      if (Array.isArray(piece.value) && Array.isArray(other.value)) {
        other.value = piece.value.splice(to % (piece.value.length + 1));
        chosen.splice(place + 1, 0, other);
      }
      break;
    case "move":
      chosen.splice(place, 1);
      chosen.splice(to % (chosen.length + 1), 0, piece);
      break;
    case "drop":
      chosen.splice(place, 1);
      break;
    case "tag":
      piece.padding[0] = 1 + (to % 4);
      break;
    case "length":
      piece.padding[1] = 1 + (to % 9);
      break;
    case "unknown":
      chosen.splice(to % (chosen.length + 1), 0, { ...other, number: 1 + (to % 40) });
      break;
    case "group":
      chosen.splice(place, 0, { number: piece.number, wire: 3, value: new Uint8Array(0), padding: [0, 0] });
      chosen.splice(place + 2, 0, {
        number: piece.number,
        wire: 4,
        value: new Uint8Array(0),
        padding: [0, 0],
      });
      break;
    case "wide":
      piece.number += 2 ** 29;
      break;
    case "layout":
      piece.wire = to % 6;
      break;
    case "number":
      piece.value =
        typeof piece.value === "bigint" ? ([BigInt(to), -1n, 1n << 32n, 1n][to % 4] ?? 0n) : piece.value;
      break;
    default:
      piece.value = piece.value instanceof Uint8Array ? Buffer.from(text) : piece.value;
  }
}

describe("what is read of a graph", () => {
  it("is what any other parser reads, whatever was done to the file", () => {
    const seen = { read: 0, refused: 0, external: new Set<string>() };
    const compare = (file: Uint8Array): void => {
      let found: ReturnType<typeof readOnnx>;
      try {
        found = readOnnx(file);
      } catch (error) {
        expect(error).toMatchObject({ message: expect.stringMatching(/^the graph /) });
        expect(error).not.toBeInstanceOf(RangeError);
        seen.refused++;
        return;
      }
      seen.read++;
      const parsed = readLeniently(file);
      expect([...found.external].sort()).toEqual([...parsed.locations].sort());
      expect(found.nodes.map(({ operator }) => operator)).toEqual(
        expect.arrayContaining([...parsed.operators]),
      );
      expect(found.nodes).toHaveLength(parsed.operators.length);
      seen.external.add(found.external.join());
    };
    expect(readOnnx(WHOLE).external).toEqual(["a.bin", "b.bin"]);
    expect(put(taken(WHOLE))).toEqual(WHOLE);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const pieces = taken(WHOLE);
        for (const one of changes) {
          changed(pieces, one);
        }
        compare(put(pieces));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.nat(WHOLE.length - 1), fc.nat(255), (at, value) => {
        compare(Uint8Array.from(WHOLE).with(at, value));
        compare(WHOLE.subarray(0, at));
      }),
      { numRuns: 700 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), compare));
    // Neither side of it is empty.
    expect(seen.read).toBeGreaterThan(200);
    expect(seen.refused).toBeGreaterThan(800);
    expect(seen.external.size).toBeGreaterThan(3);
  });
});
