/** One question and one answer of a stand-in enclave (`opengradient/enclave.ts`), with its papers. */
import { encodeAbiParameters, type Hex, parseAbiParameters, toHex } from "viem";
import { Address } from "../../server/src/platform/primitives";
import { MEASUREMENTS, newHypervisor } from "./opengradient/attestationDocument";
import { BEGINNING } from "./opengradient/clock";
import {
  type EnclaveStatement,
  statement as enclaveStatement,
  keccak,
  type StandInEnclave,
} from "./opengradient/enclave";

export { MEASUREMENTS } from "./opengradient/attestationDocument";
export { keccak, newEnclave, type StandInEnclave, sha256 } from "./opengradient/enclave";

/** When the enclave was registered. */
export const REGISTERED_AT = BEGINNING;
export const SIGNED_AT = REGISTERED_AT + 86_400;

export const REQUEST =
  '{"model":"gpt-5","max_tokens":200,"temperature":0.2,"messages":[{"role":"user","content":"Grüße"}]}';
/** As Python's `json.dumps(…, sort_keys=True)` of the gateway's fields spells it. */
export const CANONICAL_REQUEST =
  '{"max_tokens": 200, "messages": [{"content": "Gr\\u00fc\\u00dfe", "role": "user"}], "model": "gpt-5", "temperature": 0.2}';
export const OUTPUT = "return a + b; // Übergabe";

export function statement(
  enclave: StandInEnclave,
  canonical: string,
  signedOutput: string,
  timestamp = SIGNED_AT,
): EnclaveStatement {
  return enclaveStatement(enclave, canonical, signedOutput, timestamp);
}

export function answerBody(enclave: StandInEnclave, output = OUTPUT): string {
  const choice = { index: 0, finish_reason: "stop", message: { role: "assistant", content: output } };
  return JSON.stringify({
    model: "gpt-5",
    choices: [choice],
    ...statement(enclave, CANONICAL_REQUEST, output),
  });
}

export function answerStream(enclave: StandInEnclave, output = OUTPUT): string {
  const frames = [
    ...(output.match(/.{1,7}/gsu) ?? []).map((content) => ({ choices: [{ index: 0, delta: { content } }] })),
    {
      choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
      ...statement(enclave, CANONICAL_REQUEST, output),
    },
  ];
  return `${frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join("")}data: [DONE]\n\n`;
}

export interface DocumentParameters {
  readonly measurements?: readonly Buffer[];
  readonly bound?: StandInEnclave;
}

/** An attestation document of the time of registration, under a root of its own, and that root's SHA-256. */
export function attestation(
  enclave: StandInEnclave,
  { measurements = MEASUREMENTS, bound = enclave }: DocumentParameters = {},
): { readonly document: Buffer; readonly root: string } {
  const { attest, root } = newHypervisor();
  return { document: attest({ enclave: bound, measurements, at: REGISTERED_AT }), root };
}

export interface EntryParameters {
  readonly fields?: 10 | 11;
  readonly measurements?: readonly Buffer[];
  readonly type?: number;
  readonly enabled?: boolean;
  readonly endpoint?: string;
}

const OWNER = "0x00000000000000000000000000000000000000aa";
/** Whom entries name as the payee, and where enclaves listen by them. */
export const ENTRY_PAYEE = Address.parse(`0x${"9".repeat(40)}`);
export const ENTRY_ENDPOINT = "https://enclave.example";
const TEN = "address, address, string, bytes, bytes, bytes32, uint8, bool, uint256, uint256";
const TEN_FIELDS = parseAbiParameters(`(${TEN})`);
const ELEVEN_FIELDS = parseAbiParameters(`(${TEN}, (uint8, uint16, uint16, uint16, bytes, bytes, uint256))`);

/** What `getTEE` returns. */
export function registryEntry(
  { signingKey, tlsCertificate }: StandInEnclave,
  {
    fields = 10,
    measurements = MEASUREMENTS,
    type = 0,
    enabled = true,
    endpoint = ENTRY_ENDPOINT,
  }: EntryParameters = {},
): Hex {
  const values = [
    ...([OWNER, ENTRY_PAYEE, endpoint, toHex(signingKey), toHex(tlsCertificate)] as const),
    ...([toHex(keccak(...measurements)), type, enabled, BigInt(REGISTERED_AT), BigInt(SIGNED_AT)] as const),
  ] as const;
  return fields === 10
    ? encodeAbiParameters(TEN_FIELDS, [values])
    : encodeAbiParameters(ELEVEN_FIELDS, [
        [...values, [1, 32, 1, 3, "0x1234", "0x5678", BigInt(REGISTERED_AT)]],
      ]);
}
