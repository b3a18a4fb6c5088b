/** A reply with what the enclave states of it. */
import * as z from "zod";
import { type EnclaveStatement, newEnclave, type StandInEnclave, statement } from "./enclave";
import type { Fault } from "./faults";
import { type SentObject, writeJson } from "./gatewayJson";
import { hashedRequest } from "./hashedRequest";

export const ChatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })),
  temperature: z.number().nullish(),
  max_tokens: z.number().int().nullish(),
  stream: z.boolean().nullish(),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

/** What a model answers: text, or tool calls with text beside them that nobody signs. */
export interface Reply {
  readonly content: string;
  readonly toolCalls?: readonly ToolCall[];
}

export interface SignedReply {
  readonly model: string;
  readonly reply: Reply;
  readonly stated: EnclaveStatement;
}

export interface Signing {
  readonly enclave: StandInEnclave;
  readonly request: ChatRequest;
  /** The exact body of the request. */
  readonly sent: string;
  readonly reply: Reply;
  /** Seconds since 1970. */
  readonly at: number;
  readonly fault: Fault | null;
}

/** Longer than any client may take, in characters. */
const HUGE = 17 * 1024 * 1024;

const UNSIGNED_TEXT = "I call it at once.";
const TOOL_CALL: ToolCall = { id: "call_1", name: "look", arguments: '{"path": "main.ts"}' };

/** Signs a reply to a request, or does what a fault has it do instead. */
export function signReply({ enclave, request, sent, reply, at, fault }: Signing): SignedReply {
  const { model } = request;
  const honest = (given: Reply): SignedReply => ({
    model,
    reply: given,
    stated: statement(enclave, hashedRequest(sent), signedPart(given), at),
  });
  switch (fault) {
    case "changedAfterSigning":
      return { ...honest(reply), reply: otherThan(reply) };
    case "forgedLeaf": {
      const { stated } = honest(reply);
      const { tee_output_hash } = statement(enclave, "", signedPart(otherThan(reply)), at);
      return { model, reply: otherThan(reply), stated: { ...stated, tee_output_hash } };
    }
    case "otherTemperatureHashed": {
      const temperature = request.temperature === 1.5 ? 1.25 : 1.5;
      const other = hashedRequest(JSON.stringify({ ...request, temperature }));
      return { model, reply, stated: statement(enclave, other, signedPart(reply), at) };
    }
    case "otherTimestamp": {
      const { stated } = honest(reply);
      return { model, reply, stated: { ...stated, tee_timestamp: at + 1 } };
    }
    case "unknownEnclave":
      return {
        model,
        reply,
        stated: statement(newEnclave(), hashedRequest(sent), signedPart(reply), at),
      };
    case "hugeAnswer":
      return honest({ content: "x".repeat(HUGE) });
    case "textBesideToolCalls":
      return honest({
        content: reply.content || UNSIGNED_TEXT,
        toolCalls: reply.toolCalls ?? [TOOL_CALL],
      });
    default:
      return honest(reply);
  }
}

/** Of a reply with tool calls they alone are signed. */
function signedPart({ content, toolCalls = [] }: Reply): string {
  return toolCalls.length === 0 ? content : writeJson(toolCalls.map(asMap));
}

function asMap({ id, name, arguments: given }: ToolCall): SentObject {
  const called = new Map([
    ["name", name],
    ["arguments", given],
  ]);
  return new Map<string, string | SentObject>([
    ["id", id],
    ["type", "function"],
    ["function", called],
  ]);
}

/** The same with another first character. */
function otherThan({ content, toolCalls }: Reply): Reply {
  const other = `${content.startsWith("x") ? "y" : "x"}${content.slice(1)}`;
  return {
    content: other,
    ...(toolCalls !== undefined && {
      toolCalls: toolCalls.map((call) => ({ ...call, name: `x${call.name}` })),
    }),
  };
}
