import * as z from "zod";

/** How OpenGradient settles an answer, as the header `X-SETTLEMENT-TYPE` names it: from what publishes nothing to what publishes all. */
export const SettlementKind = z.enum(["private", "batch", "individual"]);
export type SettlementKind = z.infer<typeof SettlementKind>;

/** What each makes public for ever, as the end of a sentence. */
export const MADE_PUBLIC: Readonly<Record<SettlementKind, string>> = {
  private: "neither request nor answer nor their hashes",
  batch:
    "the hashes of request and answer, with the enclave, its signature and the time; whoever has both texts can show by them that they were exchanged",
  individual:
    "the whole request and the whole answer, in clear: file path, code around the cursor and pieces of other files, for everybody to read",
};
