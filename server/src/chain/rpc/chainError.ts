import { messageOf, ProoflineError } from "../../platform/errors";
import { oneLine } from "./foreignText";
import { RpcError, RpcFailure } from "./rpc";

/** Anything that went wrong on the way to a chain, as an error that a person can act on. */
export function chainError(error: unknown): ProoflineError {
  if (error instanceof ProoflineError) {
    return error;
  }
  if (error instanceof RpcFailure) {
    return new ProoflineError(
      "chain.unreachable",
      `The chain cannot be reached: ${error.message}.`,
      "changeServer",
      { cause: error },
    );
  }
  if (error instanceof RpcError) {
    return new ProoflineError(
      "chain.rejected",
      `The chain's server refused: ${error.message}.`,
      "changeServer",
      { cause: error },
    );
  }
  return new ProoflineError(
    "chain.unreachable",
    `The chain could not be read: ${oneLine(messageOf(error))}.`,
    "changeServer",
    { cause: error },
  );
}
