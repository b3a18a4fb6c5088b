import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ContextRing, type ContextSource } from "../../../server/src/inference/prompt/contextRing";

const lines = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `const ${name}${index} = ${index};\n`).join("");

function sources(...texts: readonly string[]) {
  const known = texts.map((text, index) => ({
    id: `file:///${index}.ts`,
    repository: "/repository",
    path: `${index}.ts`,
    text,
  }));
  return {
    known,
    of: (id: string): ContextSource | null => known.find((source) => source.id === id) ?? null,
  };
}

const question = { id: "file:///active.ts", repository: "/repository", around: "", count: 3 };

describe("the ring of places", () => {
  it("cuts whole lines around what was touched last, never of the document itself or another repository", () => {
    const { known, of } = sources(lines("first", 100), lines("second", 100), lines("third", 3));
    const ring = new ContextRing();
    const place = known[0]?.text.indexOf("first50") ?? 0;
    ring.touch("file:///0.ts", place);
    ring.touch("file:///2.ts", 0);
    ring.touch(question.id, 5);
    ring.touch("file:///unknown.ts", 5);
    const chunks = ring.choose(question, of);
    expect(chunks.map(({ path }) => path)).toEqual(["0.ts", "2.ts"]);
    expect(chunks[0]?.text).toContain("const first50 = 50;\n");
    expect(chunks[0]?.text).toMatch(/^const first\d+ = \d+;\n/);
    expect(chunks[1]?.text).toBe(lines("third", 3));
    expect(ring.choose({ ...question, repository: "/elsewhere" }, of)).toEqual([]);
    expect(ring.choose({ ...question, id: "file:///0.ts" }, of).map(({ path }) => path)).toEqual(["2.ts"]);
    expect(ring.choose({ ...question, count: 0 }, of)).toEqual([]);
  });

  it("prefers chunks that share names with the text around the cursor, and orders them by when they were touched", () => {
    const { of } = sources(lines("apple", 8), lines("pear", 8), lines("plum", 8), lines("fig", 8));
    const ring = new ContextRing();
    for (const index of [0, 1, 2, 3]) {
      ring.touch(`file:///${index}.ts`, 0);
    }
    const paths = (around: string, count: number) =>
      ring.choose({ ...question, around, count }, of).map(({ path }) => path);
    expect(paths("", 2)).toEqual(["2.ts", "3.ts"]);
    expect(paths("return pear3 + apple1;", 2)).toEqual(["0.ts", "1.ts"]);
    ring.touch("file:///0.ts", 3);
    expect(paths("return pear3 + apple1;", 2)).toEqual(["1.ts", "0.ts"]);
  });

  it("leaves out secrets, blank text, endless lines, and what tells the same", () => {
    const twice = lines("same", 10);
    const { of } = sources(
      `const key = "AKIAIOSFODNN7EXAMPLE";\n`,
      "\n  \n",
      `${"x".repeat(2000)}\n`,
      twice,
      twice,
      'const half = "\ud800";\n',
    );
    const ring = new ContextRing();
    for (const index of [0, 1, 2, 3, 4, 5]) {
      ring.touch(`file:///${index}.ts`, 0);
    }
    expect(ring.choose({ ...question, count: 9 }, of).map(({ path }) => path)).toEqual(["4.ts"]);
  });

  it("follows edits, and keeps the places of other files while one is edited for long", () => {
    const { of } = sources(lines("first", 400), lines("second", 2));
    const ring = new ContextRing();
    ring.touch("file:///1.ts", 0);
    for (let offset = 0; offset < 8000; offset += 100) {
      ring.touch("file:///0.ts", offset);
    }
    const count = 99;
    const paths = () => ring.choose({ ...question, count }, of).map(({ path }) => path);
    expect(paths().filter((path) => path === "1.ts")).toHaveLength(1);
    expect(paths().length).toBeLessThanOrEqual(5);
    expect([ring.has("file:///0.ts"), ring.has("file:///1.ts")]).toEqual([true, true]);
  });

  it("holds only lines of its files, bounded in number and size, whatever happens", () => {
    const text = fc.array(fc.string({ maxLength: 30 }), { maxLength: 200 }).map((all) => all.join("\n"));
    const step = fc.record({
      file: fc.nat(3),
      offset: fc.nat(6000),
      grown: fc.integer({ min: -50, max: 50 }),
    });
    fc.assert(
      fc.property(
        fc.tuple(text, text, text, text),
        fc.array(step, { maxLength: 60 }),
        fc.nat(20),
        (texts, steps, count) => {
          const { known, of } = sources(...texts);
          const ring = new ContextRing();
          for (const { file, offset, grown } of steps) {
            ring.touch(`file:///${file}.ts`, offset);
            ring.move(`file:///${file}.ts`, (at) => Math.max(0, at + grown));
          }
          const ask = () => ring.choose({ ...question, count }, of);
          const chunks = ask();
          expect(chunks.length).toBeLessThanOrEqual(Math.min(count, 16));
          for (const { path, text } of chunks) {
            const whole = known.find((source) => source.path === path)?.text ?? "";
            expect(`\n${whole}\n`).toContain(`\n${text.replace(/\n$/, "")}\n`);
            expect(text.length).toBeLessThanOrEqual(900);
          }
          expect(ask()).toEqual(chunks);
        },
      ),
    );
  });
});
