import { expect, test } from "vitest";
import { Turns } from "../../../server/src/platform/turns";

test("so many at a time, in their order, and one that fails lets the next begin", async () => {
  const turns = new Turns(2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 9 }, (_, index) =>
      turns.run(async () => {
        order.push(index);
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        if (index % 3 === 0) {
          throw new Error(`${index} fails`);
        }
        return index;
      }),
    ),
  );
  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(outcomes.map(({ status }) => status === "fulfilled")).toEqual(order.map((index) => index % 3 !== 0));
});
