import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { healPrompt } from "../../../server/src/inference/prompt/heal";
import { cutPrompt, encodePrompt } from "../../../server/src/inference/prompt/prompt";
import { Tokenizer } from "../../../server/src/inference/tokenizer/tokenizer";
import { TokenizerFile } from "../../../server/src/models/files/tokenizerFile";
import { PinManifest } from "../../../server/src/models/pin/manifest";
import { EMBEDDED_MODEL } from "../../support/models/modelFolder";

const json = (path: string): unknown => JSON.parse(readFileSync(join(EMBEDDED_MODEL, path), "utf8"));
const pin = PinManifest.parse(json("pin.json"));
const tokenizer = new Tokenizer(TokenizerFile.parse(json("tokenizer.json")), pin.prompt);
const [PREFIX, SUFFIX, MIDDLE, FILE] = (["prefix", "suffix", "middle", "fileSeparator"] as const).map(
  (role) => tokenizer.idOf(role),
);
const source = readFileSync(join(import.meta.dirname, "prompt.test.ts"), "utf8");

/** Lines of anything, some long, some blank. */
const code = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.constantFrom("", "  }", source.replaceAll("\n", " ")),
    ),
    {
      maxLength: 80,
    },
  )
  .map((lines) => lines.join("\n").toWellFormed());

describe("the prompt", () => {
  it("is suffix first, each part encoded by itself between control tokens", () => {
    const { before, prefix } = encodePrompt(tokenizer, {
      path: "a.ts",
      prefix: "let a",
      suffix: ";\n",
      context: [{ path: "b.ts", text: "let b;\n" }],
    });
    expect([...before, ...prefix]).toEqual([
      PREFIX,
      FILE,
      ...tokenizer.encode("b.ts\nlet b;\n"),
      FILE,
      ...tokenizer.encode("a.ts\n"),
      SUFFIX,
      ...tokenizer.encode(";\n"),
      MIDDLE,
      ...tokenizer.encode("let a"),
    ]);
  });

  it("leaves the path out where there is none", () => {
    const { before } = encodePrompt(tokenizer, { path: null, prefix: "", suffix: "", context: [] });
    expect(before).toEqual([PREFIX, SUFFIX, MIDDLE]);
  });

  it("fits the budget, and holds what stands next to the cursor", () => {
    fc.assert(
      fc.property(code, code, fc.integer({ min: 64, max: 400 }), (before, after, budget) => {
        const prompt = cutPrompt(
          tokenizer,
          { path: "src/some/file.ts", prefix: before, suffix: after },
          budget,
        );
        const encoded = encodePrompt(tokenizer, prompt);
        expect(encoded.before.length + encoded.prefix.length).toBeLessThanOrEqual(budget);
        expect(before.endsWith(prompt.prefix)).toBe(true);
        expect(after.startsWith(prompt.suffix)).toBe(true);
        if (before !== "") {
          expect(prompt.prefix).not.toBe("");
        }
        expect(prompt.prefix.isWellFormed() && prompt.suffix.isWellFormed()).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("gives chunks of other files what a document leaves free, and never displaces it", () => {
    const chunk = fc.record({ path: fc.constantFrom<string[]>("b.ts", "src/c.ts"), text: code });
    fc.assert(
      fc.property(
        code,
        code,
        fc.array(chunk, { maxLength: 3 }),
        fc.integer({ min: 64, max: 3000 }),
        (prefix, suffix, context, budget) => {
          const request = { path: "src/a.ts", prefix, suffix };
          const prompt = cutPrompt(tokenizer, { ...request, context }, budget);
          const { before, prefix: encoded, after } = encodePrompt(tokenizer, prompt);
          expect(before.length + encoded.length + after.length).toBeLessThanOrEqual(budget);
          let from = 0;
          for (const kept of prompt.context) {
            const at = context.indexOf(kept, from);
            expect(at).not.toBe(-1);
            from = at + 1;
          }
          if (budget < 2048) {
            const alone = cutPrompt(tokenizer, request, budget);
            expect(prompt).toMatchObject({ prefix: alone.prefix, suffix: alone.suffix });
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps the same chunks while a line is typed, and prefers the last ones", () => {
    const lines = source.split("\n");
    const context = [0, 1, 2].map((part) => ({
      path: `part${part}.ts`,
      text: `${lines.slice(part * 25, part * 25 + 25).join("\n")}\n`,
    }));
    const contexts = new Set<string>();
    for (let length = 0; length <= 60; length++) {
      const request = { path: "a.ts", prefix: `let text = "${"a".repeat(length)}`, suffix: "", context };
      contexts.add(
        cutPrompt(tokenizer, request, 928)
          .context.map(({ path }) => path)
          .join(),
      );
    }
    expect([...contexts]).toEqual(["part1.ts,part2.ts"]);
  });

  it("keeps a quarter of a long prompt for chunks even where the document is longer", () => {
    const context = [{ path: "b.ts", text: source.slice(0, source.indexOf("\n", 1500) + 1) }];
    const long = { path: "a.ts", prefix: source.repeat(4), suffix: source.repeat(4), context };
    expect(cutPrompt(tokenizer, long, 4000).context).toEqual(context);
    expect(cutPrompt(tokenizer, long, 2000).context).toEqual([]);
  });

  it("leaves short text alone", () => {
    const parts = { path: "a.ts", prefix: "const a = 1;\n\nconst b", suffix: ";\n" };
    expect(cutPrompt(tokenizer, parts, 200)).toEqual({ ...parts, context: [] });
  });

  it("uses most of its budget on a long file", () => {
    const prompt = cutPrompt(tokenizer, { path: null, prefix: source, suffix: source }, 400);
    const { before, prefix } = encodePrompt(tokenizer, prompt);
    expect(before.length + prefix.length).toBeGreaterThan(280);
  });

  it("starts at the same place while a line is typed", () => {
    const starts = new Set<number>();
    const typed = source.slice(source.lastIndexOf("\n", 3000) + 1, 3000);
    const above = source.slice(0, 3000 - typed.length);
    for (let length = 0; length <= typed.length; length++) {
      const { prefix } = cutPrompt(
        tokenizer,
        { path: null, prefix: above + typed.slice(0, length), suffix: "" },
        200,
      );
      starts.add(above.length + length - prefix.length);
    }
    expect(starts.size).toBeLessThanOrEqual(2);
  });

  it("shortens a path from the front", () => {
    const path = `${"folder/".repeat(200)}name.ts`;
    const prompt = cutPrompt(tokenizer, { path, prefix: "", suffix: "" }, 400);
    expect(path.endsWith(`/${prompt.path}`)).toBe(true);
    expect(prompt.path?.length).toBeLessThan(400);
  });

  it("refuses half a surrogate pair", () => {
    expect(() => cutPrompt(tokenizer, { path: null, prefix: "\ud83d", suffix: "" }, 200)).toThrow(
      /surrogate/,
    );
  });
});

describe("healing", () => {
  it("takes the last piece off the prompt, and says what must be written again", () => {
    const whole = healPrompt(tokenizer, { path: null, prefix: "const x = fs.rea", suffix: "", context: [] });
    const kept = encodePrompt(tokenizer, { path: null, prefix: "const x = fs.", suffix: "", context: [] });
    expect(whole.healed).toBe("rea");
    expect(whole.ids).toEqual([...kept.before, ...kept.prefix]);
  });

  it("loses nothing: kept tokens and healed text are the prefix", () => {
    fc.assert(
      fc.property(code, (text) => {
        const prefix = text.slice(-200).toWellFormed();
        const prompt = { path: null, prefix, suffix: "", context: [] };
        const { ids, healed } = healPrompt(tokenizer, prompt);
        expect(tokenizer.decode(ids.slice(3)) + healed).toBe(prefix);
      }),
    );
  });
});
