import { expect, it } from "vitest";
import { readEvidence } from "../../../server/src/evidence/format/readEvidence";
import { findMoves } from "../../../server/src/workflows/findMoves";
import { sample, sealed } from "../../support/sampleBatch";

it("looks for many gone files in many others without searching each text for each of them", async () => {
  const files = Array.from({ length: 250 }, (_, index) => `src/f${index}.js`);
  const evidence = [0, 1].map((batch) => {
    const claims = Array.from({ length: 125 }, (_, index) =>
      sample({
        path: `gone/${batch}-${index}.js`,
        displayed: `const some${batch}x${index} = "thing";`,
        position: { line: 0, character: 0 },
      }),
    );
    const { evidence: text } = sealed(claims, { open: () => false });
    return { path: `${batch}.json`, reading: readEvidence(Buffer.from(text)) };
  });
  const filler = "let a = 1; // nothing\n".repeat(4000);
  const repository = {
    hasFile: async () => false,
    files: async () => files,
    readText: async (path: string) => `${filler}${path === "src/f7.js" ? 'const some0x3 = "thing";' : ""}\n`,
  };
  const start = performance.now();
  const moves = await findMoves(repository as never, evidence);
  expect(performance.now() - start).toBeLessThan(4000);
  expect([...moves]).toEqual([["gone/0-3.js", "src/f7.js"]]);
}, 120_000);
