import { defineConfig } from "vitest/config";

/** Each suite's folder, and in milliseconds what only a defect takes, even on a busy machine. */
const SUITES = {
  unit: { folder: "test/unit", timeout: 30_000 },
  lsp: { folder: "test/integration/lsp", timeout: 120_000 },
  chain: { folder: "test/integration/chain", timeout: 30_000 },
  cli: { folder: "test/integration/cli", timeout: 30_000 },
  vscode: { folder: "test/vscode", timeout: 180_000 },
} as const;

/** One project for each suite that runs outside an editor; `test/run.mjs` selects among them. */
export default defineConfig({
  test: {
    projects: Object.entries(SUITES).map(([name, { folder, timeout }]) => ({
      test: {
        name,
        include: [`${folder}/**/*.test.ts`],
        pool: "forks" as const,
        testTimeout: timeout,
        hookTimeout: 120_000,
      },
    })),
  },
});
