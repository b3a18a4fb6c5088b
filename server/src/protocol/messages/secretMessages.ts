/** What the editor keeps in its secret storage and the server asks for when it needs it. */
import * as z from "zod";
import { request } from "./message";

/** The transaction key for a chain, or `null`. */
export const GetTransactionKey = request(
  "proofline/getTransactionKey",
  "serverToClient",
  z.object({ chainId: z.number().int().positive() }),
  z.nullable(z.string()),
);

/** The token for a hub, named by its origin, or `null`. It is sent to that origin alone. */
export const GetHubToken = request(
  "proofline/getHubToken",
  "serverToClient",
  z.object({ hub: z.string().min(1) }),
  z.nullable(z.string()),
);
