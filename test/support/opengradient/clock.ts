/** The time of a stand-in OpenGradient: its enclaves', its chain's and its facilitator's alike. */
export interface Clock {
  /** Seconds since 1970. */
  now(): number;
  /** Lets time go by. */
  pass(seconds: number): void;
}

/** 2026-02-01T12:00:00Z. */
export const BEGINNING = 1_769_947_200;

/** Stands still until something happens, so that no test depends on the machine's clock. */
export function standingClock(beginning = BEGINNING): Clock {
  let seconds = beginning;
  return {
    now: () => seconds,
    pass: (more) => {
      seconds += more;
    },
  };
}

/** The machine's clock, for clients in processes of their own, who have no other. */
export function machineClock(): Clock {
  let ahead = 0;
  return {
    now: () => Math.floor(Date.now() / 1000) + ahead,
    pass: (more) => {
      ahead += more;
    },
  };
}
