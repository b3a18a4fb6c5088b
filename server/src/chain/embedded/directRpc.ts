import type * as z from "zod";
import type { ChainServer } from "../rpc/chainServer";
import { RpcFailure } from "../rpc/rpc";
import type { ChainRequest } from "./chainRequests";

/**
 * Asks the embedded chain as any other chain is asked, with no server in between. `request` rejects with `RpcError`
 * where the chain refuses; what else it rejects with passes through.
 */
export class DirectRpc implements ChainServer {
  readonly host = "the local chain";

  constructor(private readonly request: ChainRequest) {}

  async call<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const parsed = schema.safeParse(await this.request(method, params));
    if (!parsed.success) {
      throw new RpcFailure(`${this.host} answered ${method} with something else`);
    }
    return parsed.data;
  }
}
