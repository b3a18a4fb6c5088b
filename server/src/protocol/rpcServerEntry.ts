import * as z from "zod";

/** Each is asked everything, so more would only cost time. */
export const MAX_RPC_SERVERS = 16;

const Url = z.url({ protocol: /^https?$/ });

/** Letters of any script, digits and what names are written with; no `:`, so that an address is never taken for a name. */
const OPERATOR = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,63}$/u;

/** One RPC server as a person names it. */
export interface RpcServerEntry {
  readonly url: string;
  /** Who runs it, where the entry says so; `null` leaves it to the address. */
  readonly operator: string | null;
}

/**
 * Reads one entry of the list of RPC servers: an `http` or `https` address, or `Operator=https://…`, which says who runs
 * the server. `null` where it is neither.
 */
export function parseRpcServerEntry(entry: string): RpcServerEntry | null {
  if (Url.safeParse(entry).success) {
    return { url: entry, operator: null };
  }
  const equals = entry.indexOf("=");
  const operator = entry.slice(0, Math.max(0, equals)).trim();
  const url = entry.slice(equals + 1).trim();
  return OPERATOR.test(operator) && Url.safeParse(url).success ? { url, operator } : null;
}

/** An entry that can be read. */
export const RpcServerEntryText = z
  .string()
  .refine((entry) => parseRpcServerEntry(entry) !== null, "expected an address, or Operator=address");
