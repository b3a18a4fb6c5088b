/** The id by which every tool knows a developer's own chain. */
export const EMBEDDED_CHAIN_ID = 31337;
