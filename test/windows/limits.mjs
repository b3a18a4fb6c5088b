// What fails under Wine 8 though nothing is known to be wrong on Windows, each with the reason.

/** @type {{ file: string, test: RegExp, reason: string }[]} */
export const LIMITS = [
  {
    file: "unit/inference/engine.test.ts",
    test: /^starting and stopping lets the process exit cleanly/,
    reason:
      "Without a graphics card DirectML writes an error into Wine's output, and a load takes longer than the three seconds that an exit waits.",
  },
  {
    file: "unit/models/download.test.ts",
    test: /is one at a time on a machine$/,
    reason: "The second download begins too late: Wine takes longer than the first one to be under way.",
  },
  {
    file: "chain/host.test.ts",
    test: /^several starters at once get one host/,
    reason:
      "Wine lets any number of processes create one named pipe (it ignores FILE_FLAG_FIRST_PIPE_INSTANCE).",
  },
];
