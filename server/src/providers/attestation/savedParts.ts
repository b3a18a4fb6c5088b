import { CanonicalBase64 } from "../../platform/dsse";
import { Count, Text } from "../../platform/primitives";

/** In UTF-16 code units: more than any model takes. */
export const MAX_BODY_LENGTH = 16 * 1024 * 1024;

/** The exact body of a request or an answer. */
export const Body = Text.max(MAX_BODY_LENGTH);

/** Base64 of at most so many bytes. It is longer by a third than what it spells. */
export const base64Of = (bytes: number) => CanonicalBase64.max(Math.ceil(bytes / 3) * 4);

/** When something was handed in, in seconds since 1970: as late as JavaScript's dates reach. */
export const HandedInAt = Count.max(8.64e12);

/** Both bodies with every third character escaped, and the rest. */
export const MAX_SAVED_BYTES = 96 * 1024 * 1024;
