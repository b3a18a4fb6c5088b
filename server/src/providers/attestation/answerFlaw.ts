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
