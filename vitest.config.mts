import { defineConfig } from "vitest/config";

/** In milliseconds: what only a defect takes, even on a machine that is busy with other things. */
const TIMEOUTS = { unit: 30_000, lsp: 120_000, chain: 30_000, vscode: 180_000 } as const;

/** One project for each suite that runs outside an editor; `test/run.mjs` selects among them. */
export default defineConfig({
  test: {
    projects: (["unit", "lsp", "chain", "vscode"] as const).map((name) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        pool: "forks" as const,
        testTimeout: TIMEOUTS[name],
        hookTimeout: 120_000,
      },
    })),
  },
});
