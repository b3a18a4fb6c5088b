import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterwards } from "./cleanups";

interface Call {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a proxy may answer in place of a result. */
export class Refusal {
  constructor(
    readonly code: number,
    readonly message: string,
  ) {}
}

/** An RPC server that passes calls on and may change each result. */
export async function startProxy(
  target: string,
  change: (method: string, result: unknown, params: readonly unknown[]) => unknown,
  { onPost = () => {}, single = false }: { onPost?: () => void; single?: boolean } = {},
): Promise<string> {
  const server = createServer(async (request, response) => {
    onPost();
    const body = await text(request);
    const calls: Call | Call[] = JSON.parse(body);
    if (single && Array.isArray(calls)) {
      response.end(
        JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32600, message: "no batches" } }),
      );
      return;
    }
    const answered = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const answers = await answered.json();
    const changed = (answer: { id: number; result?: unknown }) => {
      const call = [calls].flat().find(({ id }) => id === answer.id);
      if (!("result" in answer)) {
        return answer;
      }
      const result = change(call?.method ?? "", answer.result, call?.params ?? []);
      return result instanceof Refusal
        ? { jsonrpc: "2.0", id: answer.id, error: { code: result.code, message: result.message } }
        : { ...answer, result };
    };
    response.end(JSON.stringify(Array.isArray(answers) ? answers.map(changed) : changed(answers)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterwards(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
