import type * as z from "zod";
import { Rpc, RpcFailure } from "../rpc/rpc";
import type { ChainRequest } from "./chainRequests";

/** Nobody listens there: `.invalid` never resolves (RFC 6761). */
const NOWHERE = "http://local-chain.invalid/";

/**
 * Asks the embedded chain as any other chain is asked, with no server in between. `request` rejects with `RpcError`
 * where the chain refuses; what else it rejects with passes through.
 */
export class DirectRpc extends Rpc {
  constructor(private readonly request: ChainRequest) {
    super(NOWHERE);
  }

  override get host(): string {
    return "the local chain";
  }

  override async call<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    const parsed = schema.safeParse(await this.request(method, params));
    if (!parsed.success) {
      throw new RpcFailure(`${this.host} answered ${method} with something else`);
    }
    return parsed.data;
  }
}
