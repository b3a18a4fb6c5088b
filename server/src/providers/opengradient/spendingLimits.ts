import { formatUnits } from "viem";

/** The token that answers are paid in, on Base; amounts are in its smallest unit, of which one OPG has 10^18. */
export const OPG_DECIMALS = 18;

/** The most that one session may cost: what OpenGradient asks for. */
export const MOST_PER_SESSION = 10n ** 17n;
/** The most that is committed within an hour, over all sessions. */
export const MOST_PER_HOUR = 10n ** 18n;
/** The same within a day. */
export const MOST_PER_DAY = 5n * 10n ** 18n;

/** An amount for people. */
export function opg(amount: bigint): string {
  return `${formatUnits(amount, OPG_DECIMALS)} OPG`;
}
