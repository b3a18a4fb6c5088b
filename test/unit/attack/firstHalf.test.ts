import { it } from "vitest";
import { attackByHalf, HALF_TIMEOUT_MILLISECONDS } from "../../attack/half";

it(
  "lets no attacker have anything verified that is not true: first half of the mutations",
  () => attackByHalf(1),
  HALF_TIMEOUT_MILLISECONDS,
);
