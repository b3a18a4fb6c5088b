import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tokenizer as Reference } from "@huggingface/tokenizers";
import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import { complete } from "../../../server/src/inference/engine/complete";
import { loadModel } from "../../../server/src/inference/engine/loadedModel";
import { Sequence } from "../../../server/src/inference/graph/sequence";
import { choosePrompt } from "../../../server/src/inference/prompt/choosePrompt";
import { healPrompt } from "../../../server/src/inference/prompt/heal";
import { cutPrompt, encodePrompt } from "../../../server/src/inference/prompt/prompt";
import { replay } from "../../../server/src/inference/replay/replayTokens";
import { Tokenizer } from "../../../server/src/inference/tokenizer/tokenizer";
import { TokenizerFile } from "../../../server/src/models/files/tokenizerFile";
import type { ControlRole } from "../../../server/src/models/pin/controlTokens";
import {
  PinnedPrompt,
  PromptFamilyName,
  pinPrompt,
  promptFamily,
} from "../../../server/src/models/pin/promptFamilies";
import { writePin } from "../../../server/src/models/pin/writePin";
import { ARCHITECTURES, type Export, SMALL } from "../../support/models/decoder";
import { writeGraph, writeModelFolder } from "../../support/models/modelFolder";
import { testTokenizer } from "../../support/models/tokenizers";
import { OFFSETS, requestAt, SAMPLE } from "../inference/samples";

vi.setConfig({ testTimeout: 120_000 });
const FAMILIES = PromptFamilyName.options;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "proofline-family-"));
  folders.push(folder);
  return folder;
}

function tokenizerOf(family: PromptFamilyName): { tokenizer: Tokenizer; file: TokenizerFile } {
  const file = TokenizerFile.parse(testTokenizer(family).file);
  const addedTokens = file.added_tokens.map(({ content: text, id }) => ({ text, id }));
  const prompt = pinPrompt({ addedTokens, begin: beginOfTest(family), end: null }, null);
  if ("missing" in prompt) {
    throw new Error(`no ${prompt.missing}`);
  }
  return { tokenizer: new Tokenizer(file, prompt), file };
}

const beginOfTest = (family: PromptFamilyName): string | null =>
  family === "left-to-right/v1" ? "<|begin_of_text|>" : null;

/** Control tokens by their text, and text decoded: what a person would write down. */
function spelled(tokenizer: Tokenizer, file: TokenizerFile, ids: readonly number[]): string {
  const parts: string[] = [];
  let text: number[] = [];
  const flush = (): void => {
    if (text.length > 0) {
      parts.push(tokenizer.decode(text));
    }
    text = [];
  };
  for (const id of ids) {
    if (!tokenizer.controlIds.has(id)) {
      text.push(id);
    } else {
      flush();
      parts.push(`${file.added_tokens.find((token) => token.id === id)?.content}`);
    }
  }
  flush();
  return parts.join("");
}

describe("a prompt family", () => {
  it.each(FAMILIES)("%s is chosen from the tokens of its tokenizer", (family) => {
    const { addedTokens } = { addedTokens: testTokenizer(family).file.added_tokens };
    const facts = {
      addedTokens: addedTokens.map(({ content: text, id }) => ({ text, id })),
      begin: null,
      end: null,
    };
    const pinned = pinPrompt(facts, null);
    expect(pinned).toMatchObject({ family });
    expect(PinnedPrompt.parse(pinned)).toEqual(pinned);
    expect(pinPrompt(facts, "left-to-right/v1")).toMatchObject({ family: "left-to-right/v1" });
  });

  it("is not pinned without the tokens that it needs, nor with ones that it has no use for", () => {
    const pinned = pinPrompt(
      {
        addedTokens: testTokenizer("granite/v1").file.added_tokens.map(({ content: text, id }) => ({
          text,
          id,
        })),
        begin: null,
        end: null,
      },
      "granite/v1",
    );
    if ("missing" in pinned) {
      throw new Error(pinned.missing);
    }
    const { middle: _, ...without } = pinned.controlTokens;
    const { prefix } = pinned.controlTokens;
    for (const controlTokens of [
      without,
      { ...pinned.controlTokens, repositoryName: { text: "<repo>", id: 999 } },
      { ...pinned.controlTokens, padding: prefix },
      { ...pinned.controlTokens, other: prefix },
    ]) {
      expect(PinnedPrompt.safeParse({ family: "granite/v1", controlTokens }).success).toBe(false);
    }
    expect(PinnedPrompt.safeParse({ ...pinned, family: "granite/v2" }).success).toBe(false);
  });

  it("names in its layout, and among its ends, only tokens that it needs or takes", () => {
    for (const family of FAMILIES) {
      const { needs, takes, ends, layout } = promptFamily(family);
      const parts = layout({ path: "a", suffix: "b", context: [{ path: "c", text: "d" }] });
      const roles = parts.flatMap((part) =>
        typeof part === "object" && "control" in part ? part.control : [],
      );
      const known: readonly ControlRole[] = [...Object.keys(needs), ...Object.keys(takes)] as ControlRole[];
      for (const role of [...roles, ...ends]) {
        expect(known).toContain(role);
      }
      expect(parts.filter((part) => part === "prefix")).toHaveLength(1);
    }
  });

  it("stands in the documentation as it is", () => {
    const documented = readFileSync("docs/models.md", "utf8").matchAll(
      /^\| `([\w.-]+\/v\d)` \| [^|]+ \| ([^|]+) \| (yes|no) \| (yes|no) \|$/gm,
    );
    const rows = [...documented].map(([, family, order, path, context]) => [family, order, path, context]);
    const word = (is: boolean): string => (is ? "yes" : "no");
    const expected = FAMILIES.map((name) => {
      const { suffixFirst, places, needs } = promptFamily(name);
      const fills = needs.suffix !== undefined;
      const order = fills ? (suffixFirst ? "suffix, prefix" : "prefix, suffix") : "prefix only";
      return [name, order, word(places.path), word(places.context)];
    });
    expect(rows).toEqual(expected);
  });

  const whole = {
    path: "src/a.ts",
    prefix: "let a",
    suffix: ";\n",
    context: [{ path: "b.ts", text: "x\n" }],
  };
  const bare = { path: null, prefix: "let a", suffix: ";\n", context: [] };
  const expected: Readonly<Record<PromptFamilyName, readonly [whole: string, bare: string]>> = {
    "qwen2.5-coder/v1": [
      "<|repo_name|>repository\n<|file_sep|>b.ts\nx\n<|file_sep|>src/a.ts\n<|fim_prefix|>let a<|fim_suffix|>;\n<|fim_middle|>",
      "<|fim_prefix|>let a<|fim_suffix|>;\n<|fim_middle|>",
    ],
    "starcoder2/v1": [
      "<repo_name>repository<file_sep>b.ts\nx\n<file_sep><fim_prefix>src/a.ts\nlet a<fim_suffix>;\n<fim_middle>",
      "<fim_prefix>let a<fim_suffix>;\n<fim_middle>",
    ],
    "deepseek-coder/v1": [
      "<｜begin▁of▁sentence｜><｜fim▁begin｜>#b.ts\nx\n#src/a.ts\nlet a<｜fim▁hole｜>;\n<｜fim▁end｜>",
      "<｜begin▁of▁sentence｜><｜fim▁begin｜>let a<｜fim▁hole｜>;\n<｜fim▁end｜>",
    ],
    // The space before the prefix is the one that these tokenizers put before every text.
    "codellama/v1": ["<s>▁<PRE>▁<SUF>;\n▁<MID> let a", "<s>▁<PRE>▁<SUF>;\n▁<MID> let a"],
    "codegemma/v1": [
      "<bos>x\n<|file_separator|><|fim_prefix|>let a<|fim_suffix|>;\n<|fim_middle|>",
      "<bos><|fim_prefix|>let a<|fim_suffix|>;\n<|fim_middle|>",
    ],
    "codestral/v1": ["<s>[SUFFIX];\n[PREFIX] let a", "<s>[SUFFIX];\n[PREFIX] let a"],
    "seed-coder/v1": [
      "<[begin▁of▁sentence]><[fim-suffix]>;\n<[fim-prefix]>let a<[fim-middle]>",
      "<[begin▁of▁sentence]><[fim-suffix]>;\n<[fim-prefix]>let a<[fim-middle]>",
    ],
    "suffix-first-fim/v1": [
      "<|fim_prefix|><|file_sep|>b.ts\nx\n<|file_sep|>src/a.ts\n<|fim_suffix|>;\n<|fim_middle|>let a",
      "<|fim_prefix|><|fim_suffix|>;\n<|fim_middle|>let a",
    ],
    "granite/v1": [
      "<fim_prefix>let a<fim_suffix>;\n<fim_middle>",
      "<fim_prefix>let a<fim_suffix>;\n<fim_middle>",
    ],
    "left-to-right/v1": ["<|begin_of_text|>let a", "<|begin_of_text|>let a"],
  };

  it.each(FAMILIES)("%s lays a prompt out as its model was trained", (family) => {
    const { tokenizer, file } = tokenizerOf(family);
    const { places } = tokenizer.family;
    for (const [index, prompt] of [whole, bare].entries()) {
      const { before, prefix, after } = encodePrompt(tokenizer, {
        ...prompt,
        path: places.path ? prompt.path : null,
        context: places.context ? prompt.context : [],
      });
      expect(spelled(tokenizer, file, [...before, ...prefix, ...after])).toBe(expected[family][index]);
    }
    if (!places.path) {
      expect(() => encodePrompt(tokenizer, { ...bare, path: "a" })).toThrow(/path/);
    }
    if (!places.context) {
      expect(() => encodePrompt(tokenizer, { ...bare, context: whole.context })).toThrow(/other files/);
    }
  });

  it.each(FAMILIES)("%s keeps text and control tokens apart, and spells every text exactly", (family) => {
    const { tokenizer, file } = tokenizerOf(family);
    const piece = fc.oneof(
      fc.constantFrom(...file.added_tokens.map(({ content }) => content)),
      fc.constantFrom(
        "▁",
        "<0x0A>",
        "<0x",
        "\n\n\n",
        "    ",
        "\t",
        "\ufeff",
        "é",
        "e\u0301",
        "õ",
        "🦀",
        "<|",
      ),
      fc.string({ unit: "binary" }),
      fc.constantFrom(...SAMPLE.split("\n")),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("").toWellFormed();
        const ids = tokenizer.encode(text);
        expect(ids.filter((id) => tokenizer.controlIds.has(id))).toEqual([]);
        expect(tokenizer.decode(ids)).toBe(text);
        expect(tokenizer.decode(tokenizer.encodeStart(text)).trimStart()).toBe(text.trimStart());
      }),
      { numRuns: 60 },
    );
  });

  it.each(FAMILIES)("%s encodes as the library does where that is exact", (family) => {
    const { tokenizer } = tokenizerOf(family);
    const { file, config } = testTokenizer(family);
    const reference = new Reference(file, config);
    for (const line of SAMPLE.split("\n").filter((one) => /^\S[ -~]*$/.test(one))) {
      const { ids } = reference.encode(line, { add_special_tokens: false });
      expect(tokenizer.encodeStart(line)).toEqual(ids);
    }
  });

  it.each(FAMILIES)(
    "%s fits its budget, loses nothing to healing, and cuts to what it has places for",
    (family) => {
      const { tokenizer, file } = tokenizerOf(family);
      const { places } = tokenizer.family;
      const offset = fc.integer({ min: 0, max: SAMPLE.length });
      fc.assert(
        fc.property(offset, fc.integer({ min: 64, max: 300 }), (at, budget) => {
          const request = {
            path: "src/deep/folder/a.ts",
            prefix: SAMPLE.slice(0, at),
            suffix: SAMPLE.slice(at),
            context: [{ path: "b.ts", text: SAMPLE.slice(0, 80) }],
          };
          const prompt = cutPrompt(tokenizer, request, budget);
          const { before, prefix, after } = encodePrompt(tokenizer, prompt);
          expect(before.length + prefix.length + after.length).toBeLessThanOrEqual(budget);
          if (!places.path) {
            expect(prompt.path).toBeNull();
          }
          if (!places.context) {
            expect(prompt.context).toEqual([]);
          }
          expect(request.prefix.endsWith(prompt.prefix)).toBe(true);
          const { ids, healed } = healPrompt(tokenizer, prompt);
          expect(prompt.prefix.endsWith(healed)).toBe(true);
          const kept = ids.slice(before.length, ids.length - after.length);
          const again = spelled(tokenizer, file, kept) + healed;
          expect(again === prompt.prefix || again === ` ${prompt.prefix}`).toBe(true);
        }),
        { numRuns: 40 },
      );
    },
  );
});

describe("what follows the cursor", () => {
  const request = { path: null, prefix: SAMPLE, suffix: SAMPLE.repeat(4) };

  it.each(FAMILIES)("%s: is cut shorter where every key has it read again", (family) => {
    const { tokenizer } = tokenizerOf(family);
    const { prefix, suffix } = cutPrompt(tokenizer, request, 4000);
    expect(prefix).toBe(SAMPLE);
    const length = tokenizer.encode(suffix).length;
    if (tokenizer.family.suffixFirst) {
      expect(length).toBeGreaterThan(1000);
    } else {
      expect(length).toBeLessThanOrEqual(256);
    }
    expect(length).toBeGreaterThan(150);
  });

  it("leaves room for chunks where it was cut shorter", () => {
    const { tokenizer } = tokenizerOf("qwen2.5-coder/v1");
    const context = [{ path: "b.ts", text: SAMPLE.slice(0, 300) }];
    expect(cutPrompt(tokenizer, { ...request, context }, 1900).context).toEqual(context);
  });
});

describe("a SentencePiece tokenizer", () => {
  const MARK_SPACES = { type: "Replace", pattern: { String: " " }, content: "▁" };

  it("cuts a document into pieces without changing its tokens", () => {
    const { tokenizer } = tokenizerOf("codellama/v1");
    const { file, config } = testTokenizer("codellama/v1");
    const reference = new Reference(file, config);
    const text = SAMPLE.replace(/[^\n -~]/g, "");
    expect(tokenizer.encodeStart(text)).toEqual(reference.encode(text, { add_special_tokens: false }).ids);
  });

  it.each(["codellama/v1", "codegemma/v1", "codestral/v1"] as const)(
    "gives the tokens of the whole text from remembered parts: %s",
    (family) => {
      const { tokenizer } = tokenizerOf(family);
      const { file, config } = testTokenizer(family);
      // The reference looks for added tokens and spaces at the start first; what is compared is text alone.
      const reference = new Reference(
        { ...file, added_tokens: [], normalizer: MARK_SPACES, pre_tokenizer: null, post_processor: null },
        config,
      );
      const piece = fc.oneof(
        fc.constantFrom(" ", "  ", "        ", "\n", "\n\n", "\t", " a", "a b", "é", "🦀", "\r\n"),
        fc.nat(SAMPLE.length - 40).map((at) => SAMPLE.slice(at, at + 40)),
        fc.string({ unit: "grapheme", maxLength: 6 }),
      );
      fc.assert(
        fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), (pieces) => {
          const text = pieces.join("").toWellFormed().replaceAll("▁", "");
          fc.pre(text !== "");
          const { ids } = reference.encode(text, { add_special_tokens: false });
          expect(tokenizer.encode(text)).toEqual(ids);
          expect(tokenizer.encode(text)).toEqual(ids);
        }),
        { numRuns: 150 },
      );
    },
  );

  it("is refused where it cannot spell every text exactly", () => {
    const file = TokenizerFile.parse(testTokenizer("codellama/v1").file);
    const { tokenizer } = tokenizerOf("codellama/v1");
    const prompt: PinnedPrompt = { family: "codellama/v1", controlTokens: tokenizer.control };
    const { "<0x7F>": _, ...vocab } = file.model.vocab;
    const changes: readonly (readonly [Partial<TokenizerFile>, RegExp])[] = [
      [{ model: { ...file.model, byte_fallback: false } }, /single bytes/],
      [{ model: { ...file.model, vocab } }, /byte 127/],
      [{ normalizer: { type: "Sequence", normalizers: [{ type: "NFKC" }, file.normalizer] } }, /NFKC/],
      [{ pre_tokenizer: { type: "Whitespace" } }, /Whitespace/],
      [{ normalizer: null, decoder: { type: "WordPiece" } }, /neither/],
    ];
    for (const [change, reason] of changes) {
      expect(() => new Tokenizer({ ...file, ...change }, prompt)).toThrow(reason);
    }
  });
});

const OPTIMUM: Export = { layout: "optimum", weights: "float", float: "float32", positions: true };
const GENAI: Export = { layout: "genai", weights: 4, float: "float32" };
const ARCHITECTURE_OF: Readonly<Record<PromptFamilyName, keyof typeof ARCHITECTURES>> = {
  "qwen2.5-coder/v1": "qwen2",
  "starcoder2/v1": "starcoder2",
  "deepseek-coder/v1": "llama",
  "codellama/v1": "llama",
  "codegemma/v1": "gemma",
  "codestral/v1": "llama",
  "seed-coder/v1": "llama",
  "suffix-first-fim/v1": "llama",
  "granite/v1": "granite",
  "left-to-right/v1": "llama",
};
const never = (): boolean => false;

describe("a prompt whose suffix is read again with every key", () => {
  const LINES = Array.from({ length: 400 }, (_, line) => `const value${line} = ${line};\n`).join("");
  const { tokenizer } = tokenizerOf("qwen2.5-coder/v1");
  const text = { path: null, prefix: LINES, suffix: LINES, context: [] };
  const prefixTokens = (ids: readonly number[], chosen: ReturnType<typeof choosePrompt>): number =>
    ids.length - tokenizer.encode(chosen.prompt.suffix).length;

  it("keeps a long prefix that was read, and as much of the suffix as there is time for", () => {
    const sizes = [40, 150, 300, 900].map((readable) => {
      const all = { sharedWith: (ids: readonly number[]) => Math.max(0, ids.length - readable) };
      const chosen = choosePrompt(tokenizer, text, 2_000, readable, all);
      expect(chosen.length).toBe(2_000);
      expect(prefixTokens(chosen.healed.ids, chosen)).toBeGreaterThan(1_500);
      return tokenizer.encode(chosen.prompt.suffix).length;
    });
    for (const [index, most] of [32, 64, 128, 256].entries()) {
      expect(sizes[index]).toBeLessThanOrEqual(most);
      expect(sizes[index]).toBeGreaterThan(most / 2);
    }
  });

  it("is as it always was where there is time for all of it", () => {
    const chosen = choosePrompt(tokenizer, text, 2_000, Number.POSITIVE_INFINITY, { sharedWith: () => 0 });
    expect(chosen.prompt).toEqual(cutPrompt(tokenizer, text, 2_000));
  });
});

describe("a pinned model", () => {
  it.each(FAMILIES.flatMap((family) => [OPTIMUM, GENAI].map((exported) => [family, exported] as const)))(
    "of the family %s completes code and replays what it wrote (%o)",
    async (family, exported) => {
      const folder = newFolder();
      const architecture = ARCHITECTURES[ARCHITECTURE_OF[family]];
      writeModelFolder(folder, { architecture, family, size: SMALL, seed: 7, export: exported });
      if (exported.layout === "genai") {
        rmSync(join(folder, "config.json"));
      }
      const { manifest } = await writePin(folder);
      expect(manifest).toMatchObject({ prompt: { family }, contextLength: SMALL.context });
      const model = await loadModel(folder, 1);
      const sequence = new Sequence(model.graph);
      let completed = 0;
      for (const offset of OFFSETS.slice(0, 6)) {
        const context = [{ path: "other.ts", text: "export const other = 1;\n" }];
        const request = requestAt(offset, { maxTokens: 16, context });
        const outcome = await complete(model, sequence, request, never);
        if (outcome.kind !== "completion") {
          continue;
        }
        completed += 1;
        const result = await replay(model, new Sequence(model.graph), outcome.completion, never);
        expect(result?.reason).toBeUndefined();
        expect(["exact", "withinTolerance"]).toContain(result?.value);
        const other = { ...outcome.completion, raw: `${outcome.completion.raw}x` };
        const changed = await replay(model, new Sequence(model.graph), other, never);
        expect(changed?.value).toBe("mismatch");
      }
      expect(completed).toBeGreaterThan(0);
      await model.graph.release();
    },
  );

  it("is one variant of its folder, with the data that belongs to it and none of the others'", async () => {
    const folder = newFolder();
    const parameters = {
      architecture: ARCHITECTURES.qwen2,
      family: "qwen2.5-coder/v1",
      size: SMALL,
      seed: 1,
      externalData: true,
    } as const;
    writeModelFolder(folder, { ...parameters, export: OPTIMUM });
    const variant = {
      ...parameters,
      graph: "onnx/model_q4.onnx",
      export: { ...OPTIMUM, weights: 4 },
    } as const;
    writeGraph(folder, variant);
    writeFileSync(join(folder, "model.safetensors"), "weights of another framework");
    await expect(writePin(folder)).rejects.toMatchObject({
      code: "model.pin",
      reason: expect.stringMatching(/onnx\/model\.onnx, onnx\/model_q4\.onnx/),
    });
    await expect(writePin(folder, { graph: "model_q8" })).rejects.toMatchObject({ code: "model.pin" });

    const { manifest, manifestDigest } = await writePin(folder, { graph: "model_q4" });
    expect(manifest.execution.graph).toBe("onnx/model_q4.onnx");
    expect(manifest.files.map(({ path }) => path)).toEqual([
      "config.json",
      "onnx/model_q4.onnx",
      "onnx/model_q4.onnx_data",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    // Whatever happens to the others, they are not what was pinned.
    writeFileSync(join(folder, "onnx/model.onnx"), "changed");
    const model = await loadModel(folder, 1);
    expect(model.manifestDigest).toBe(manifestDigest);
    await model.graph.release();

    const data = join(folder, "onnx/model_q4.onnx_data");
    const bytes = readFileSync(data);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    writeFileSync(data, bytes);
    await expect(loadModel(folder, 1)).rejects.toMatchObject({
      code: "model.file",
      reason: expect.stringContaining("model_q4.onnx_data"),
    });
    rmSync(data);
    await expect(writePin(folder, { graph: "model_q4" })).rejects.toMatchObject({
      code: "model.file",
      reason: expect.stringContaining("model_q4.onnx_data"),
    });
  });

  it("has the family that a person names, the context that they want, and no family without its tokens", async () => {
    const folder = newFolder();
    const parameters = { architecture: ARCHITECTURES.qwen2, size: SMALL, seed: 1, export: OPTIMUM };
    writeModelFolder(folder, { ...parameters, family: "qwen2.5-coder/v1" });
    const { manifest } = await writePin(folder, { family: "left-to-right/v1", contextLength: 128 });
    expect(manifest).toMatchObject({ prompt: { family: "left-to-right/v1" }, contextLength: 128 });
    const model = await loadModel(folder, 1);
    expect(model.tokenizer.family.places).toEqual({ path: false, context: false });
    await model.graph.release();
    await expect(writePin(folder, { family: "codellama/v1" })).rejects.toMatchObject({
      code: "model.file",
      reason: expect.stringContaining("<s>"),
      remedy: "chooseOtherFamily",
    });
  });
});
