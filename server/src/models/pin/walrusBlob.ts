import * as z from "zod";

/**
 * The name of a blob in Walrus: its 32 bytes in base64url (RFC 4648 section 5) without padding, 43 characters. They commit to how Walrus
 * encodes the blob over its nodes, so that nobody computes them from a file alone: the SHA-256 beside it says which bytes are right.
 */
export const WalrusBlobId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, "expected the 43 characters of a Walrus blob id");
export type WalrusBlobId = z.infer<typeof WalrusBlobId>;
