import * as fc from "fast-check";
import { expect, it } from "vitest";
import { LineIndex } from "../../../server/src/evidence/locate/lineIndex";

it("names every offset by the position that leads back to it", () => {
  const texts = fc.string({ unit: fc.constantFrom("a", "\n", " "), maxLength: 40 });
  fc.assert(
    fc.property(texts, (text) => {
      const index = new LineIndex(text);
      for (let offset = 0; offset <= text.length; offset += 1) {
        const position = index.positionOf(offset);
        expect(index.offsetOf(position)).toBe(offset);
        expect(position.line).toBe(text.slice(0, offset).split("\n").length - 1);
      }
    }),
  );
});
