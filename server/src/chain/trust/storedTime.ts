import type { Digest } from "../../platform/primitives";
import type { ChainIdentity } from "../chain";
import { getTimestampCall, TimestampResult } from "../eas/eas";
import { quantity } from "../rpc/blocks";
import type { Connection, Head } from "../rpc/connection";
import { type Agreed, agreed } from "./witnesses";

/**
 * What EAS stores for a root: seconds since 1970, 0 where it was never timestamped. Each server is asked at the block that it
 * says that it has reached itself, so that no other decides how far back or ahead it must answer. What is stored stays, so
 * that two servers agree whatever their blocks; but one that holds nothing, and whose block is older than the time that others
 * name, has not got there and is silent.
 *
 * @throws DisputedError where two servers differ.
 */
export async function storedTime(
  { witnesses, identity }: Pick<Connection, "witnesses" | "identity">,
  batchRoot: Digest,
  head: Head,
): Promise<Agreed<number>> {
  const { testimonies, refused } = await witnesses.hear(async (witness) => {
    const { number, timestamp } = head.reached.get(witness) ?? head;
    const time = await witness.server.call(
      "eth_call",
      [callFor(identity, batchRoot), identity.local ? "latest" : quantity(number)],
      TimestampResult,
    );
    return { time, reachedTime: timestamp };
  });
  const latest = Math.max(0, ...testimonies.map(({ answer }) => answer.time));
  const { value, operators, silent } = agreed(
    {
      about: "the time of the batch",
      says: ({ time, reachedTime }) =>
        time !== 0 ? `${time}` : reachedTime < latest ? null : "that there is none",
    },
    testimonies,
    refused,
  );
  return { value: value.time, operators, silent };
}

function callFor(
  { contract }: ChainIdentity,
  batchRoot: Digest,
): { readonly to: string; readonly data: string } {
  return { to: contract, data: getTimestampCall(batchRoot) };
}
