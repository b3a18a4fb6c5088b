import type { Address, ChainHash, Digest } from "../../platform/primitives";
import { TimestampResult } from "../eas/eas";
import { attestationTimesSlot, denialSlot } from "../trust/stateProof";
import type { WordQuestion } from "../trust/storedWords";
import { AttestationResult, getAttestationCall, getDenialCall } from "./easCalls";

/** When an authority denied something: a time in seconds since 1970, 0 for never. */
export function denialWord(address: Address, denial: Digest): WordQuestion {
  return {
    key: `denied ${address} ${denial}`,
    call: () => getDenialCall(address, denial),
    schema: TimestampResult.transform(BigInt),
    changedAt: Number,
    slot: (facts) => denialSlot(facts, address, denial),
  };
}

/** The times of an attestation, packed as EAS stores them; 0 where there is none. */
export function attestationWord(uid: ChainHash): WordQuestion {
  return {
    key: `attested ${uid}`,
    call: () => getAttestationCall(uid),
    schema: AttestationResult.transform(
      ({ time, expirationTime, revocationTime }) =>
        time | (expirationTime << BITS) | (revocationTime << (2n * BITS)),
    ),
    changedAt: (word) => {
      const { time, revocationTime } = timesIn(word);
      return Math.max(time, revocationTime);
    },
    slot: (facts) => attestationTimesSlot(facts, uid),
  };
}

/** When an attestation was made, ends and was revoked: seconds since 1970, 0 for never. */
export interface AttestationTimes {
  readonly time: number;
  readonly expirationTime: number;
  readonly revocationTime: number;
}

export function timesIn(word: bigint): AttestationTimes {
  return {
    time: Number(word & MASK),
    expirationTime: Number((word >> BITS) & MASK),
    revocationTime: Number((word >> (2n * BITS)) & MASK),
  };
}

const BITS = 64n;
const MASK = (1n << BITS) - 1n;
