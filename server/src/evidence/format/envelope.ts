import * as z from "zod";
import { CanonicalBase64, pae } from "../../platform/dsse";
import { recoverSigner, type Sign } from "../../platform/ecdsa";
import { ProoflineError } from "../../platform/errors";
import { Address } from "../../platform/primitives";
import { PAYLOAD_TYPE } from "./statement";

/** A DSSE envelope (https://github.com/secure-systems-lab/dsse, version 1.0.2) with exactly one signature. */
export const Envelope = z.strictObject({
  payload: CanonicalBase64,
  payloadType: z.literal(PAYLOAD_TYPE),
  signatures: z.tuple([z.strictObject({ keyid: Address, sig: CanonicalBase64 })]),
});
export type Envelope = z.infer<typeof Envelope>;

/** A payload with its one signature. */
export interface SignedPayload {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
  readonly signer: Address;
}

/** Signs a payload: EIP-191 over the PAE bytes themselves. */
export function signPayload(payload: Uint8Array, signer: Address, sign: Sign): SignedPayload {
  const signed = pae(PAYLOAD_TYPE, payload);
  const signature = sign(signed);
  if (recoverSigner(signed, signature) !== signer) {
    throw new ProoflineError(
      "device",
      "The device key is not that of the device that the batch names.",
      "restoreDeviceKey",
    );
  }
  return { payload, signature, signer };
}

export function toEnvelope({ payload, signature, signer }: SignedPayload): Envelope {
  return {
    payload: Buffer.from(payload).toString("base64"),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid: signer, sig: Buffer.from(signature).toString("base64") }],
  };
}

/** Recovers who signed. `null`: the signature is malformed, or by another key than the envelope names. */
export function openEnvelope(envelope: Envelope): SignedPayload | null {
  const payload = Buffer.from(envelope.payload, "base64");
  const [{ keyid, sig }] = envelope.signatures;
  const signature = Buffer.from(sig, "base64");
  const signer = recoverSigner(pae(PAYLOAD_TYPE, payload), signature);
  return signer === keyid ? { payload, signature, signer } : null;
}
