import { decodeEventLog, encodeEventTopics, type Hex, parseAbi, toHex } from "viem";
import * as z from "zod";
import { Bytes, Hash, Log, quantity } from "../chain/rpc/blocks";
import type { ChainServer } from "../chain/rpc/chainServer";
import type { Address } from "../platform/primitives";
import type { SoughtSettlement } from "../providers/opengradient/soughtSettlement";

/** Blocks, both included. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

const ABI = parseAbi([
  "event BatchSettlement(bytes32 indexed merkleRoot, uint256 batchSize, bytes walrusBlobId)",
  "event IndividualSettlement(bytes32 indexed teeId, address indexed ethAddress, bytes32 inputHash, bytes32 outputHash, uint256 timestamp, bytes walrusBlobId, bytes signature)",
]);

const EventLog = z.object({ ...Log.shape, data: Bytes, topics: z.tuple([Hash], Hash).rest(Hash) });
type EventLog = z.infer<typeof EventLog>;

/** The first block in which one server shows a settlement by a relay; `null` where it shows none. */
export async function settlementBlock(
  server: ChainServer,
  relay: Address,
  sought: SoughtSettlement,
  { from, to }: BlockRange,
): Promise<number | null> {
  const filter = {
    address: relay,
    fromBlock: quantity(from),
    toBlock: quantity(to),
    topics: topicsOf(sought),
  };
  const logs = await server.call("eth_getLogs", [filter], z.array(EventLog));
  const blocks = logs
    .filter(
      (log) => log.address === relay && isWithin(log.blockNumber, { from, to }) && isSought(log, sought),
    )
    .map(({ blockNumber }) => blockNumber);
  return blocks.length === 0 ? null : Math.min(...blocks);
}

function topicsOf(sought: SoughtSettlement) {
  switch (sought.kind) {
    case "individual":
      return encodeEventTopics({
        abi: ABI,
        eventName: "IndividualSettlement",
        args: { teeId: sought.answer.enclave },
      });
    case "batch":
      return encodeEventTopics({
        abi: ABI,
        eventName: "BatchSettlement",
        args: { merkleRoot: sought.merkleRoot },
      });
  }
}

function isWithin(block: number, { from, to }: BlockRange): boolean {
  return block >= from && block <= to;
}

/** Whether an event speaks of all that is sought. A relay checks nothing: who signed the answer is checked elsewhere. */
function isSought({ data, topics }: EventLog, sought: SoughtSettlement): boolean {
  let event: ReturnType<typeof decoded>;
  try {
    event = decoded(data, topics);
  } catch {
    return false;
  }
  switch (sought.kind) {
    case "individual": {
      const { requestHash, outputHash, timestamp, signature, enclave } = sought.answer;
      return (
        event.eventName === "IndividualSettlement" &&
        event.args.teeId === enclave &&
        event.args.inputHash === `0x${requestHash}` &&
        event.args.outputHash === `0x${outputHash}` &&
        event.args.timestamp === BigInt(timestamp) &&
        event.args.signature === toHex(signature)
      );
    }
    case "batch":
      return event.eventName === "BatchSettlement" && event.args.merkleRoot === sought.merkleRoot;
  }
}

function decoded(data: Hex, [first, ...others]: EventLog["topics"]) {
  return decodeEventLog({ abi: ABI, data, topics: [first, ...others] });
}
