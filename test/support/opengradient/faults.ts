/** What a stand-in gateway can be made to do wrong, each by its name. */
export const FAULTS = [
  /** One character of the answer is another than the one that was signed. */
  "changedAfterSigning",
  /** The hash that is stated and signed is that of the request with another temperature. */
  "otherTemperatureHashed",
  /** The time that is stated is a second later than the one that was signed. */
  "otherTimestamp",
  /** An enclave signs of which the registry knows nothing. */
  "unknownEnclave",
  /** The answer ends in good order before the part that the enclave signs. */
  "cutBeforeSignedFrame",
  /** HTTP 200, the beginning of an answer, and then an error within it. */
  "inBandError",
  /** The challenge asks for a hundred times the usual amount. */
  "priceAboveCap",
  /** The challenge names another payee than the registry does. */
  "otherPayee",
  /** The challenge asks for another token. */
  "otherToken",
  /** The challenge asks for money on another chain. */
  "otherChain",
  /** The same address with another TLS certificate than the registered one. */
  "otherTlsKey",
  /** The answer is not the one that was signed, and is settled as if it were: its hash stands in a real batch. */
  "forgedLeaf",
  /** A transaction is announced that no block will hold. */
  "neverMined",
  /** The payment is taken, and then the connection ends without an answer. */
  "droppedAfterPayment",
  /** Of the answer only the beginning comes until `Gateway.release`. */
  "slow",
  /** The answer is longer than a client may take. */
  "hugeAnswer",
  /** HTTP 200 and bytes that mean nothing. */
  "garbage",
  /** The request is sent on to another host. */
  "redirect",
  /** The answer has tool calls, which are signed, and text beside them, which is not. */
  "textBesideToolCalls",
] as const;
export type Fault = (typeof FAULTS)[number];
