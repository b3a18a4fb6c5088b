import { describe, expect, it } from "vitest";
import { RestartPolicy } from "../../../client/src/restartPolicy";

describe("RestartPolicy", () => {
  it("waits twice as long after each crash and gives up at the fifth", () => {
    const policy = new RestartPolicy();
    const restarts = [0, 1, 2, 3, 4].map((second) => policy.crashed(second * 1000));
    expect(restarts.slice(0, 4).map((restart) => restart.kind === "after" && restart.milliseconds)).toEqual([
      500, 1000, 2000, 4000,
    ]);
    expect(restarts[4]).toEqual({ kind: "never", crashes: 5 });
  });

  it("forgets crashes that lie three minutes back, and all of them after a person's restart", () => {
    const policy = new RestartPolicy();
    for (const minute of [0, 4, 8, 12, 16, 20]) {
      expect(policy.crashed(minute * 60_000)).toEqual({ kind: "after", milliseconds: 500 });
    }
    policy.crashed(20 * 60_000 + 1);
    policy.forgive();
    expect(policy.crashed(20 * 60_000 + 2)).toEqual({ kind: "after", milliseconds: 500 });
  });
});
