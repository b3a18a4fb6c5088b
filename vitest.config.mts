import { defineConfig } from "vitest/config";

/** One project for each suite that runs outside an editor; `test/run.mjs` selects among them. */
export default defineConfig({
  test: {
    projects: ["unit", "lsp", "chain", "vscode"].map((name) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        pool: "forks" as const,
        testTimeout: name === "vscode" ? 180_000 : 30_000,
        hookTimeout: 120_000,
      },
    })),
  },
});
