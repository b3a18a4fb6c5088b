import * as z from "zod";

/** One JSON-RPC 2.0 answer. Some servers send an id back as text. */
const Answer = z.object({
  id: z.union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
    z.null(),
  ]),
  result: z.unknown().optional(),
  error: z
    .object({ code: z.number(), message: z.string(), data: z.unknown().optional() })
    .nullish()
    .catch({ code: 0, message: "malformed error", data: undefined }),
});
export type RpcAnswer = z.infer<typeof Answer>;
type RefusedAnswer = NonNullable<RpcAnswer["error"]>;

/**
 * The answers to some calls in the body of a response, by the calls' ids. A call that has none, or two of them, is
 * missing. `null` where the body as a whole is no answer: what came back for a batch is no list, or names none of its
 * calls.
 */
export function answersIn(
  body: unknown,
  calls: readonly { readonly id: number }[],
): ReadonlyMap<number, RpcAnswer> | null {
  const [only] = calls;
  const isBatch = calls.length > 1;
  if (isBatch && !Array.isArray(body)) {
    return null;
  }
  const parts: readonly unknown[] = Array.isArray(body) ? body : [body];
  const answers = new Map<number, RpcAnswer>();
  const doubled = new Set<number>();
  for (const part of parts) {
    const { data: answer } = Answer.safeParse(part);
    if (answer === undefined) {
      continue;
    }
    // An error without an id, to a single question, can only be meant for that one.
    const id = answer.id ?? (!isBatch && answer.error != null ? only?.id : undefined);
    if (id !== undefined && answers.has(id)) {
      doubled.add(id);
    } else if (id !== undefined) {
      answers.set(id, answer);
    }
  }
  for (const id of doubled) {
    answers.delete(id);
  }
  return isBatch && !calls.some(({ id }) => answers.has(id)) ? null : answers;
}

/** Whether a refusal means that the server is asked too often, as the large providers word it. */
export function isBusy({ code, message }: RefusedAnswer): boolean {
  return (
    code === 429 ||
    code === -32005 ||
    /rate.?limit|too many requests|limit exceeded|exceeded .{0,40}(capacity|throughput|quota)|throttl/i.test(
      message,
    )
  );
}

/**
 * Whether a refusal may pass: of several computers behind one address, one has not seen the block yet. A question for a
 * block by a tag is refused so for good where the server does not know the tag.
 */
export function isPassing({ message }: RefusedAnswer, method: string): boolean {
  return (
    (method === "eth_call" || method === "eth_getProof") &&
    /header not found|unknown block|block not found|could not find block|missing trie node/i.test(message)
  );
}
