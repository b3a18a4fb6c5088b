import type * as z from "zod";

/** Whatever answers the questions of an Ethereum node: one RPC server, several of which the first that is there answers, or a node at hand. */
export interface ChainServer {
  /** Its name for messages: host and port only, because paths and queries carry tokens. */
  readonly host: string;
  /**
   * Calls one method. Rejects with `RpcError` where the server refuses, and with `RpcFailure` where nothing usable
   * came back, which includes a result that does not fit `schema`.
   */
  call<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T>;
}
