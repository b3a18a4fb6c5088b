import { availableParallelism } from "node:os";
import { defineConfig, type ViteUserConfig } from "vitest/config";

interface Suite {
  readonly folder: string;
  /** What it has beside what all have. */
  readonly own?: NonNullable<ViteUserConfig["test"]>;
}

const EACH_TEST = "test/support/eachTest.ts";

const SUITES: Readonly<Record<string, Suite>> = {
  unit: { folder: "test/unit" },
  lsp: { folder: "test/integration/lsp" },
  chain: { folder: "test/integration/chain" },
  cli: { folder: "test/integration/cli" },
  // One browser and one code-server for all of its files, one after the other.
  vscode: {
    folder: "test/vscode",
    own: {
      globalSetup: ["test/vscode/suite.ts"],
      setupFiles: [EACH_TEST, "test/vscode/eachFile.ts"],
      fileParallelism: false,
    },
  },
};

/** What only a defect takes, even on a busy machine. */
const TIMEOUT_MILLISECONDS = 120_000;

/** One project for each suite that runs outside an editor; `test/run.mjs` selects among them. */
export default defineConfig({
  test: {
    // One core stays free by default, so that two would run one file at a time, while many files wait for processes.
    maxWorkers: availableParallelism(),
    projects: Object.entries(SUITES).map(([name, { folder, own }]) => ({
      test: {
        name,
        include: [`${folder}/**/*.test.ts`],
        pool: "forks" as const,
        testTimeout: TIMEOUT_MILLISECONDS,
        hookTimeout: TIMEOUT_MILLISECONDS,
        setupFiles: [EACH_TEST],
        ...own,
      },
    })),
  },
});
