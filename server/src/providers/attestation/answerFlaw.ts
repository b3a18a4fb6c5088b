/**
 * Why something of an answer cannot be used, as a clause without its full stop. `unfit`: it contradicts what an honest
 * gateway would have sent. `unknown`: nobody can tell from here, for gateways differ or this version does not know it.
 */
export class AnswerFlaw extends Error {
  override readonly name = "AnswerFlaw";

  constructor(
    readonly kind: "unfit" | "unknown",
    clause: string,
  ) {
    super(clause);
  }
}

/** What reading something came to. */
export type Attempt<Value> = { readonly value: Value } | { readonly flaw: AnswerFlaw };

/** What comes of reading, a flaw included. Anything else that is thrown is a defect. */
export function attempt<Value>(read: () => Value): Attempt<Value> {
  try {
    return { value: read() };
  } catch (error) {
    return { flaw: flawOf(error) };
  }
}

/** The same of what takes its time. */
export async function attemptLater<Value>(read: () => Promise<Value>): Promise<Attempt<Value>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { flaw: flawOf(error) };
  }
}

function flawOf(error: unknown): AnswerFlaw {
  if (error instanceof AnswerFlaw) {
    return error;
  }
  throw error;
}
