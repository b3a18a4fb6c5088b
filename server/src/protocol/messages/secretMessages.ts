/** What the server asks a person or the editor's secret storage for, about keys and money. */
import * as z from "zod";
import { request } from "./message";

/** The transaction key for a chain, or `null`. */
export const GetTransactionKey = request(
  "proofline/getTransactionKey",
  "serverToClient",
  z.object({ chainId: z.number().int().positive() }),
  z.nullable(z.string()),
);

/** The key that pays enclaves of OpenGradient, or `null`. */
export const GetOpenGradientKey = request(
  "proofline/getOpenGradientKey",
  "serverToClient",
  z.object({}),
  z.nullable(z.string()),
);

/** The token for a hub, named by its origin, or `null`. It is sent to that origin alone. */
export const GetHubToken = request(
  "proofline/getHubToken",
  "serverToClient",
  z.object({ hub: z.string().min(1) }),
  z.nullable(z.string()),
);

/**
 * Asks a person who waits for an anchor whether an account may pay on a chain for the first time. Amounts are in the chain's own
 * currency, in decimal digits.
 */
export const ConfirmPayment = request(
  "proofline/confirmPayment",
  "serverToClient",
  z.object({
    chain: z.string(),
    account: z.string(),
    batches: z.number().int().positive(),
    /** With the fees of the moment. */
    expected: z.string(),
    most: z.string(),
    mostForAnchor: z.string(),
    mostForDay: z.string(),
  }),
  z.boolean(),
);
export namespace ConfirmPayment {
  export type Parameters = z.infer<typeof ConfirmPayment.parameters>;
}
