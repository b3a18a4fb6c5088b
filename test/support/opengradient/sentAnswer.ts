/** How a signed reply is sent: whole, or as events (`text/event-stream`), or as a fault has it. */
import type { Fault } from "./faults";
import type { Reply, SignedReply, ToolCall } from "./signedReply";

/** What is sent of an answer. @param hold settles when a slow one goes on */
export async function* sentAnswer(
  signed: SignedReply,
  isStream: boolean,
  fault: Fault | null,
  hold: () => Promise<void>,
): AsyncGenerator<string | Buffer> {
  const { beginning, end } = isStream ? framesOf(signed) : bodyOf(signed);
  const [first = "", ...rest] = beginning;
  switch (fault) {
    case "garbage":
      yield Buffer.from("ff00fe01fd02c0", "hex");
      return;
    case "inBandError": {
      const error = JSON.stringify({ error: { message: "The provider failed", type: "provider_error" } });
      yield* isStream ? [first, event(error)] : [error];
      return;
    }
    case "cutBeforeSignedFrame":
      yield* beginning;
      return;
    case "slow":
      yield first;
      await hold();
      yield* [...rest, ...end];
      return;
    default:
      yield* [...beginning, ...end];
  }
}

/** An answer in order. */
interface AnswerParts {
  readonly beginning: readonly string[];
  /** What the enclave states, and what follows. */
  readonly end: readonly string[];
}

function bodyOf({ model, reply, stated }: SignedReply): AnswerParts {
  const { content, toolCalls = [] } = reply;
  const calls = toolCalls.length === 0 ? {} : { tool_calls: toolCalls.map(asSent) };
  const choice = {
    index: 0,
    message: { role: "assistant", content, ...calls },
    finish_reason: finishOf(reply),
  };
  const body = { id: "chatcmpl-1", object: "chat.completion", model, choices: [choice] };
  return { beginning: [JSON.stringify(body).slice(0, -1)], end: [`,${JSON.stringify(stated).slice(1)}`] };
}

function framesOf({ model, reply, stated }: SignedReply): AnswerParts {
  const { content, toolCalls = [] } = reply;
  const size = Math.max(7, Math.ceil(content.length / 500));
  const frame = (delta: object, finish: string | null = null, more: object = {}): string => {
    const choice = { index: 0, delta, finish_reason: finish };
    return event(
      JSON.stringify({
        id: "chatcmpl-1",
        object: "chat.completion.chunk",
        model,
        choices: [choice],
        ...more,
      }),
    );
  };
  const texts = content.match(new RegExp(`.{1,${size}}`, "gsu")) ?? [];
  const calls = toolCalls.map((call, index) => ({ index, ...asSent(call) }));
  return {
    beginning: [
      ...texts.map((piece) => frame({ content: piece })),
      ...(calls.length === 0 ? [] : [frame({ tool_calls: calls })]),
    ],
    end: [frame({}, finishOf(reply), stated), event("[DONE]")],
  };
}

const event = (data: string): string => `data: ${data}\n\n`;

function asSent({ id, name, arguments: given }: ToolCall): object {
  return { id, type: "function", function: { name, arguments: given } };
}

/** It says nothing of a limit that cut the answer. */
function finishOf({ toolCalls = [] }: Reply): string {
  return toolCalls.length === 0 ? "stop" : "tool_calls";
}
