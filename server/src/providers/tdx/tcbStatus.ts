/** What Intel says of the state of a platform's hardware and firmware, in its words, the best first. */
export const TCB_STATUSES = [
  "UpToDate",
  "SWHardeningNeeded",
  "ConfigurationNeeded",
  "ConfigurationAndSWHardeningNeeded",
  "OutOfDate",
  "OutOfDateConfigurationNeeded",
  "Revoked",
] as const;
export type TcbStatus = (typeof TCB_STATUSES)[number];

/** A state, and the ids of the advisories that tell what is wrong with it. */
export interface TcbState {
  readonly status: TcbStatus;
  readonly advisories: readonly string[];
}

/** The worse of two states, with all that is wrong in either. */
export function worseOf(one: TcbState, other: TcbState): TcbState {
  const isWorse = TCB_STATUSES.indexOf(other.status) > TCB_STATUSES.indexOf(one.status);
  return {
    status: isWorse ? other.status : one.status,
    advisories: [...new Set([...one.advisories, ...other.advisories])],
  };
}
