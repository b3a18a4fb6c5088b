import type { ChainConfiguration } from "./chain";

/** Whether a chain of this kind is its owner's own: what is anchored there is a rehearsal, not a witness. */
export const IS_LOCAL: Readonly<Record<ChainConfiguration["kind"], boolean>> = { embedded: true, rpc: false };
