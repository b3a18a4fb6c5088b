import fc from "fast-check";
import { expect, it } from "vitest";
import { TextFile } from "../../../server/src/cli/textFile";

const piece = fc.constantFrom("a", "é", "\u{1f600}", "\n", "\r\n", "\r", "\t", "\0", "\uFEFF", "x = 1;");
const original = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(""));

/** Places that lie within no character. */
const places = (text: string): number[] =>
  Array.from({ length: text.length + 1 }, (_, at) => at).filter((at) => text.slice(0, at).isWellFormed());

it("changes no byte outside of what is inserted, at any place of any text", () => {
  fc.assert(
    fc.property(
      original,
      fc.array(
        piece.filter((one) => !one.includes("\r")),
        { maxLength: 5 },
      ),
      fc.nat(),
      (whole, parts, seed) => {
        const bytes = Buffer.from(whole, "utf8");
        const file = TextFile.parse(bytes);
        expect(file?.text).toBe(whole.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n"));
        const all = places(file?.text ?? "");
        const offset = all[seed % all.length] ?? 0;
        const inserted = parts.join("");
        const after = file?.withInsertion(offset, inserted) ?? Buffer.alloc(0);
        const before = Buffer.from(file?.text.slice(0, offset) ?? "").length;
        const added = after.length - bytes.length;
        const kept = [...Array(bytes.length + 1).keys()].some(
          (at) =>
            at >= before &&
            after.subarray(0, at).equals(bytes.subarray(0, at)) &&
            after.subarray(at + added).equals(bytes.subarray(at)) &&
            after
              .subarray(at, at + added)
              .toString()
              .replaceAll("\r\n", "\n") === inserted,
        );
        expect(kept).toBe(true);
      },
    ),
  );
});

it.each([
  ["one\r\ntwo\nthree", 1, "one\r\n"],
  ["one\r\ntwo\nthree", 5, "two\n"],
  ["one\ntwo\r\nthree", 9, "three\r\n"],
  ["one", 1, "o\nne"],
])("takes the line ends of the line itself, or of the one before, in %j", (text, offset, _) => {
  const bytes = Buffer.from(text);
  const after = TextFile.parse(bytes)?.withInsertion(offset, "\n").toString() ?? "";
  const ends = { 1: text.includes("\r\n") ? "\r\n" : "\n", 5: "\n", 9: "\r\n" }[offset] ?? "";
  expect(after.length - text.length).toBe(ends.length);
});

it.each([
  ["Latin-1", Buffer.from("caf\u00e9", "latin1")],
  ["UTF-16", Buffer.from("\uFEFFtext", "utf16le")],
  ["a character that is cut", Buffer.from("\u{1f600}").subarray(0, 3)],
])("is not told of %s", (_, bytes) => {
  expect(TextFile.parse(bytes)).toBeNull();
});
