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
    manifestDigest: Digest.parse("01fbacab528a50cc3e21e49ef004062b9d7280aa75f060f7370f1bf081c8399f"),
    omsRoot: Digest.parse("d8bf6911c1dd0c88e1ef03774ab2b2f70a204fbdae134ae62690ee985b9e8927"),
  },
];
