import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod";

/**
 * How a client and the host of one home convince each other that they can read its secret, before either believes or
 * answers anything. Three lines:
 *
 * ```
 * client  {"protocol": 3, "nonce": <32 random bytes>}
 * host    {"protocol": 3, "nonce": <32 random bytes>, "proof": HMAC-SHA-256(secret, "proofline host" ‖ both nonces)}
 * client  {"proof": HMAC-SHA-256(secret, "proofline client" ‖ both nonces)}
 * ```
 *
 * Nonces in the order client, host; all bytes as lower-case hex. Each proof is about fresh random bytes of both sides and
 * names its side, so that neither can be replayed nor reflected.
 */
export const HOST_PROTOCOL = 3;

const Bytes32 = z.string().regex(/^[0-9a-f]{64}$/);
const Hello = z.strictObject({ protocol: z.number(), nonce: Bytes32 });
const Challenge = z.strictObject({ protocol: z.number(), nonce: Bytes32, proof: Bytes32 });
const Response = z.strictObject({ proof: Bytes32 });

type Side = "host" | "client";

function proofOf(secret: Buffer, side: Side, clientNonce: string, hostNonce: string): string {
  return createHmac("sha256", secret)
    .update(`proofline ${side}`)
    .update(Buffer.from(clientNonce + hostNonce, "hex"))
    .digest("hex");
}

function matches(proof: string, expected: string): boolean {
  return timingSafeEqual(Buffer.from(proof, "hex"), Buffer.from(expected, "hex"));
}

/** The host's side of one connection. */
export class HostHandshake {
  private readonly nonce = randomBytes(32).toString("hex");
  private clientNonce: string | null = null;

  constructor(private readonly secret: Buffer) {}

  /** Takes a client's line: a line to answer with, `admitted` once the client has proved itself, or `refused`. */
  receive(message: unknown): { readonly answer: object } | "admitted" | "refused" {
    if (this.clientNonce === null) {
      const hello = Hello.safeParse(message);
      // The answer tells a client of another version who is here; more it does not get.
      if (!hello.success) {
        return "refused";
      }
      this.clientNonce = hello.data.nonce;
      const proof = proofOf(this.secret, "host", this.clientNonce, this.nonce);
      return { answer: { protocol: HOST_PROTOCOL, nonce: this.nonce, proof } };
    }
    const response = Response.safeParse(message);
    const expected = proofOf(this.secret, "client", this.clientNonce, this.nonce);
    return response.success && matches(response.data.proof, expected) ? "admitted" : "refused";
  }
}

/** The client's side. */
export class ClientHandshake {
  private readonly nonce = randomBytes(32).toString("hex");

  constructor(private readonly secret: Buffer) {}

  hello(): object {
    return { protocol: HOST_PROTOCOL, nonce: this.nonce };
  }

  /** Takes the host's line: what to answer, or why not to trust whoever sent it. */
  receive(message: unknown): { readonly answer: object } | "otherVersion" | "stranger" {
    const challenge = Challenge.safeParse(message);
    if (!challenge.success) {
      return "stranger";
    }
    const { protocol, nonce, proof } = challenge.data;
    if (!matches(proof, proofOf(this.secret, "host", this.nonce, nonce))) {
      return "stranger";
    }
    if (protocol !== HOST_PROTOCOL) {
      return "otherVersion";
    }
    return { answer: { proof: proofOf(this.secret, "client", this.nonce, nonce) } };
  }
}
