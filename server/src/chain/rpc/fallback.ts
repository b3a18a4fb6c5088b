import type * as z from "zod";
import type { ChainServer } from "./chainServer";
import { RpcFailure } from "./rpc";

/**
 * Several servers as one, for questions on whose answer no verdict rests: the first that can be reached answers, and goes
 * on to be asked until it cannot be reached any more.
 */
export class FallbackServer implements ChainServer {
  private current = 0;

  /** @param servers at least one; what is added to them later comes last */
  constructor(private readonly servers: () => readonly ChainServer[]) {}

  get host(): string {
    return this.servers()[this.current]?.host ?? "";
  }

  async call<T>(method: string, params: readonly unknown[], schema: z.ZodType<T>): Promise<T> {
    let first: unknown;
    const start = this.current;
    const servers = this.servers();
    for (let offset = 0; offset < servers.length; offset++) {
      const index = (start + offset) % servers.length;
      const server = servers[index];
      if (server === undefined) {
        continue;
      }
      try {
        const answer = await server.call(method, params, schema);
        this.current = index;
        return answer;
      } catch (error) {
        if (!(error instanceof RpcFailure)) {
          throw error;
        }
        first ??= error;
      }
    }
    throw first;
  }
}
