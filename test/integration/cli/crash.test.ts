import { randomInt } from "node:crypto";
import { expect, test } from "vitest";
import { programCrashRounds } from "../../support/programCrash";

const seed = Number(process.env.PROOFLINE_TEST_SEED ?? randomInt(2 ** 32));

test(`kills of server and commands, in the middle of writes and at any instant (PROOFLINE_TEST_SEED=${seed}), lose, double and halve nothing`, async () => {
  const outcome = await programCrashRounds({ rounds: 4, seed, report: (line) => console.log(line) });
  expect(outcome).toMatchObject({
    kills: { server: 2, command: 2 },
    lost: [],
    doubled: [],
    broken: [],
    leftBehind: 0,
  });
  expect(outcome.accepted).toBeGreaterThan(0);
}, 240_000);
