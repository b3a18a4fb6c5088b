import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type PlaceInPrompt,
  placeInPrompt,
  shareInPrompt,
} from "../../../server/src/evidence/locate/promptShare";
import type { Prompt } from "../../../server/src/inference/suggestion";

const empty: Prompt = { path: null, prefix: "", suffix: "", context: [] };
const letters = (alphabet: string, options: fc.StringConstraints = {}) =>
  fc.string({ unit: fc.constantFrom(...alphabet, " ", "\n"), maxLength: 120, ...options });
const small = letters("abc");
const prompts = fc.record({
  path: fc.option(small, { nil: null }),
  prefix: small,
  suffix: small,
  context: fc.array(fc.record({ path: small, text: small }), { maxLength: 3 }),
});
const outputs = letters("abc").filter((text) => text.trim() !== "");

const shareOf = (output: string, prompt: Prompt): number => shareInPrompt(output, prompt).share;

/** What `shareInPrompt` is defined to be, without any cleverness. */
function byDefinition(output: string, { path, prefix, suffix, context }: Prompt): number {
  const squash = (text: string) => text.replace(/\s/g, "");
  const parts = [path ?? "", prefix, suffix, ...context.flatMap((chunk) => [chunk.path, chunk.text])];
  const visible = squash(output);
  const length = Math.min(12, visible.length);
  const isCovered = (at: number) =>
    Array.from({ length }, (_, back) => at - back).some((start) => {
      const run = start < 0 ? "" : visible.slice(start, start + length);
      return run.length === length && parts.some((part) => squash(part).includes(run));
    });
  const covered = Array.from(visible, (_, at) => at).filter(isCovered);
  return visible.length === 0 ? 0 : covered.length / visible.length;
}

describe("the share of an output that stands in its prompt", () => {
  it("is what its definition says", () => {
    fc.assert(
      fc.property(outputs, prompts, fc.nat(60), fc.nat(60), (output, prompt, start, length) => {
        const partly = { ...prompt, suffix: `${prompt.suffix}${output.slice(start, start + length)}` };
        expect(shareOf(output, partly)).toBe(byDefinition(output, partly));
      }),
      { numRuns: 500 },
    );
  });

  it("is told of the line where most of it stands together, not of one that only has some of it", () => {
    const output = "return this.items.pop();";
    const near = "this.items.push(item);\n";
    for (const before of ["", near, near.repeat(40), `${near}return this.items.slice();\n`]) {
      const prefix = `${before}x = 1;\n${output}\n${near}`;
      const { part, line } = placeInPrompt(output, { ...empty, prefix });
      expect([part, prefix.split("\n")[line]]).toEqual(["prefix", output]);
    }
    fc.assert(
      fc.property(outputs, small, small, (text, before, after) => {
        const whole = `zz${text.trim()}`;
        const prefix = `${before}\n${whole}\n${after}`;
        const { line } = placeInPrompt(whole, { ...empty, prefix });
        expect(prefix.split("\n").slice(line).join("").replace(/\s/g, "")).toContain(
          whole.replace(/\s/g, ""),
        );
      }),
    );
  });

  it("is 0 for texts that have nothing in common", () => {
    const others = letters("xyz");
    fc.assert(
      fc.property(outputs, others, others, others, (output, prefix, suffix, text) => {
        const prompt = { path: "x", prefix, suffix, context: [{ path: "y", text }] };
        expect(shareOf(output, prompt)).toBe(0);
      }),
    );
  });

  it("is 1 where the whole output stands in any part, whatever its white space", () => {
    const spread = (text: string) => [...text].join(" ");
    fc.assert(
      fc.property(outputs, prompts, small, small, fc.nat(3), (output, prompt, before, after, where) => {
        const stuffed = before + spread(output) + after;
        const context = [...prompt.context, { path: "other.ts", text: stuffed }];
        const variants: Prompt[] = [
          { ...prompt, prefix: stuffed },
          { ...prompt, suffix: stuffed },
          { ...prompt, path: stuffed },
          { ...prompt, context },
        ];
        expect(shareOf(output, variants[where] ?? empty)).toBe(1);
      }),
    );
  });

  it("never falls when text is added to the prompt", () => {
    fc.assert(
      fc.property(outputs, prompts, small, small, (output, prompt, before, after) => {
        const more: Prompt = {
          path: prompt.path,
          prefix: before + prompt.prefix,
          suffix: prompt.suffix + after,
          context: [{ path: "more.ts", text: after }, ...prompt.context],
        };
        expect(shareOf(output, more)).toBeGreaterThanOrEqual(shareOf(output, prompt));
      }),
    );
  });

  it("counts runs of twelve visible characters and nothing shorter", () => {
    const share = (output: string, prefix: string) => shareOf(output, { ...empty, prefix });
    expect(share("const totals = a + b;", "const totals = b + c;")).toBe(12 / 16);
    expect(share("return total;", "return totals;")).toBe(0);
    expect(share(");", "f();")).toBe(1);
    expect(share("  \n", "  \n")).toBe(0);
  });

  describe("says where", () => {
    const answer = "  const secret = readFileSync(path);\n  return send(secret);";
    const placeIn = (prompt: Partial<Prompt>): PlaceInPrompt => {
      const whole = { ...empty, ...prompt };
      expect(shareOf(answer, whole)).toBe(1);
      return placeInPrompt(answer, whole);
    };

    it("is the part that holds it, and the line of it at which it begins", () => {
      expect(placeIn({ prefix: `a\nb\n${answer}\nc` })).toMatchObject({ part: "prefix", line: 2 });
      expect(placeIn({ suffix: `\n${answer}` })).toMatchObject({ part: "suffix", line: 1 });
      expect(placeIn({ path: answer })).toMatchObject({ part: "path", line: 0 });
      const context = [
        { path: "one.ts", text: "export const one = 1;\n" },
        { path: "notes.js", text: `// one\n\n// two\nfunction f() {\n${answer}\n}\n` },
      ];
      expect(placeIn({ context })).toMatchObject({ part: 1, line: 4 });
    });

    it("is the part that holds most of it", () => {
      const [first = "", second = ""] = answer.split("\n");
      expect(placeIn({ suffix: second, prefix: first })).toMatchObject({ part: "prefix", line: 0 });
      expect(placeIn({ suffix: answer, prefix: first })).toMatchObject({ part: "suffix", line: 0 });
    });
  });
});
