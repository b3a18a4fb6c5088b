import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { bundledHost } from "../../support/chainTest";
import { crashRounds } from "../../support/crash";

test("20 kills of host and clients at random instants lose no anchor that was confirmed, and leave nothing behind", async () => {
  const folder = join(dirname(await bundledHost()), "crash");
  const outcome = await crashRounds({ rounds: 20, clients: 2, folder });
  expect(outcome).toMatchObject({ lost: 0, leftBehind: 0 });
  expect(outcome.kills.host + outcome.kills.client).toBeGreaterThanOrEqual(18);
  expect(outcome.confirmed).toBeGreaterThanOrEqual(20);
}, 300_000);
