import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cursorContextOf } from "../../../server/src/inference/prompt/cursorContext";
import type { StopReason } from "../../../server/src/inference/suggestion";
import { trim } from "../../../server/src/inference/trim";

interface Case {
  readonly prefix: string;
  readonly suffix?: string;
  readonly raw: string;
  readonly healed?: string;
  readonly stop?: StopReason;
  readonly lastLength?: number;
}

function displayed({
  prefix,
  suffix = "",
  raw,
  healed = "",
  stop = "endOfText",
  lastLength = 0,
}: Case): string {
  const { start, end } = trim(raw, {
    cursor: cursorContextOf({ path: null, prefix, suffix }),
    healed,
    stop,
    lastLength,
  });
  return raw.slice(start, end);
}

describe("the trim chain", () => {
  const text = fc
    .array(
      fc.constantFrom(
        "a",
        "b();",
        "\n",
        "  ",
        "}",
        "{",
        "(",
        ")",
        '"',
        ";",
        "if (x) {",
        "\t",
        "\ufffd",
        "é",
        "\n}\n",
      ),
      {
        maxLength: 24,
      },
    )
    .map((parts) => parts.join(""));
  const stop = fc.constantFrom<StopReason[]>("endOfText", "line", "block", "length", "repetition", "doubt");

  it("takes from the two ends only, and leaves no blank end", () => {
    fc.assert(
      fc.property(text, text, text, stop, fc.nat(8), (prefix, suffix, raw, stop, lastLength) => {
        const { start, end } = trim(raw, {
          cursor: cursorContextOf({ path: null, prefix, suffix }),
          healed: "",
          stop,
          lastLength,
        });
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(raw.length);
        const shown = raw.slice(start, end);
        const beforeWord = /^[\p{L}\p{N}_$"'`]/u.test(suffix) && shown.trim() !== "";
        expect(beforeWord ? shown.replace(/ +$/, "") : shown).toBe(shown.trimEnd());
        expect(shown).not.toContain("\ufffd");
        if (cursorContextOf({ path: null, prefix, suffix }).textFollows) {
          expect(shown.trimStart()).not.toContain("\n");
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("does not depend on anything but its arguments", () => {
    fc.assert(
      fc.property(text, text, text, stop, (prefix, suffix, raw, stop) => {
        const parts = { prefix, suffix, raw, stop };
        expect(displayed(parts)).toBe(displayed({ ...parts }));
      }),
    );
  });

  it("is idempotent on one line where nothing follows", () => {
    const line = fc
      .array(fc.constantFrom("a", "b()", " ", ".", "= "), { maxLength: 12 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, line, (prefix, raw) => {
        const once = displayed({ prefix, raw });
        expect(displayed({ prefix, raw: once })).toBe(once);
      }),
    );
  });
});
