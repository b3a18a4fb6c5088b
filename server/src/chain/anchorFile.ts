import { decodeUtf8, parseCanonical, prettyCanonicalJson } from "../platform/canonicalJson";
import { ProoflineError } from "../platform/errors";
import { Anchor } from "./chain";

const MAX_ANCHOR_BYTES = 4096;

/** The text of `anchors/<root>.<chainId>.json`. */
export function formatAnchor(anchor: Anchor): string {
  return prettyCanonicalJson(anchor);
}

/** Reads an anchor file's bytes: an anchor, or a sentence that says why they are none. Its claims are not checked. */
export function parseAnchor(bytes: Uint8Array): Anchor | string {
  try {
    if (bytes.length > MAX_ANCHOR_BYTES) {
      return "It is larger than an anchor file can be.";
    }
    return parseCanonical(decodeUtf8(bytes), Anchor, { maxLength: MAX_ANCHOR_BYTES });
  } catch (error) {
    if (error instanceof ProoflineError) {
      return error.reason;
    }
    throw error;
  }
}
