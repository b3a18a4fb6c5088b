import { Digest } from "../platform/primitives";
import type { KnownModel } from "../policy/policy";

/**
 * The pins of every model that ever came with Proofline, the newest last. What was accepted of an older one was accepted of a model
 * that Proofline vouches for: a newer version of Proofline, which brings another model, does not change what is known of it.
 * It can be replayed only where its files are still installed.
 */
export const EMBEDDED_PINS: readonly KnownModel[] = [
  {
    name: "proofline-code",
    manifestDigest: Digest.parse("940387203a9fe4c0af5806df5c3d2e3f4d1ce3f73ff0a13eb7ebe9bd5848ed6d"),
    omsRoot: Digest.parse("d8bf6911c1dd0c88e1ef03774ab2b2f70a204fbdae134ae62690ee985b9e8927"),
  },
];
