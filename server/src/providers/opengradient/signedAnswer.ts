import * as z from "zod";
import { CanonicalBase64 } from "../../platform/dsse";
import { ChainHash, Count, Digest } from "../../platform/primitives";
import { AnswerFlaw } from "../attestation/answerFlaw";
import {
  isList,
  isObject,
  PythonNumber,
  type PythonObject,
  type PythonValue,
  pythonJson,
  readPythonJson,
} from "./pythonJson";

/** What an enclave states with an answer, in the gateway's own names. */
const EnclaveStatement = z.object({
  tee_id: ChainHash,
  tee_request_hash: Digest,
  tee_output_hash: Digest,
  tee_timestamp: Count,
  tee_signature: CanonicalBase64.min(4).max(1024),
});

export interface SignedAnswer {
  /** The name that the registry knows the enclave by: keccak256 of its signing key. */
  readonly enclave: ChainHash;
  readonly requestHash: Digest;
  readonly outputHash: Digest;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly signature: Buffer;
  readonly output: SignedOutput;
  /** Why it ended, as the gateway says; nobody signs that. */
  readonly finish: string | null;
}

/** What of an answer is signed. Of one with tool calls it is these alone, and no text beside them. */
export interface SignedOutput {
  readonly kind: "text" | "toolCalls";
  /** What the enclave hashes, as UTF-8. */
  readonly signed: string;
  readonly hasUnsignedText: boolean;
}

/** How an answer came: whole, or as events (`text/event-stream`). */
export type AnswerKind = "body" | "stream";

/**
 * Reads an answer's exact text: its output, and what the enclave states of it.
 *
 * @throws AnswerFlaw where it was cut or holds an error, or no enclave states anything of it
 */
export function readAnswer(kind: AnswerKind, text: string): SignedAnswer {
  const { frame, output, finish } = kind === "body" ? readBody(text) : readStream(text);
  const stated = EnclaveStatement.safeParse(
    Object.fromEntries([...frame].map(([name, value]) => [name, plain(value)])),
  );
  if (!stated.success) {
    const [name = "tee_signature"] = stated.error.issues[0]?.path ?? [];
    throw new AnswerFlaw("unfit", `its ${String(name)} is missing or malformed`);
  }
  const { tee_id, tee_request_hash, tee_output_hash, tee_timestamp, tee_signature } = stated.data;
  return {
    enclave: tee_id,
    requestHash: tee_request_hash,
    outputHash: tee_output_hash,
    timestamp: tee_timestamp,
    signature: Buffer.from(tee_signature, "base64"),
    output,
    finish,
  };
}

/** The object that bears the enclave's statement, and the output that it is about. */
interface ReadOutput {
  readonly frame: PythonObject;
  readonly output: SignedOutput;
  readonly finish: string | null;
}

function readBody(text: string): ReadOutput {
  const frame = readPythonJson(text);
  if (!isObject(frame)) {
    throw new AnswerFlaw("unfit", "it is no object");
  }
  refuseError(frame);
  const choice = onlyChoice(frame);
  const message = choice?.get("message");
  if (choice === null || !isObject(message)) {
    throw new AnswerFlaw("unfit", "it holds no message");
  }
  const finish = textOf(choice.get("finish_reason")) || null;
  const calls = message.get("tool_calls") ?? null;
  const content = message.get("content") ?? null;
  if (choice.get("finish_reason") === "tool_calls" && isList(calls) && calls.length > 0) {
    return { frame, output: toolCalls(calls, content !== null && content !== ""), finish };
  }
  if (typeof content !== "string") {
    throw new AnswerFlaw("unfit", "it holds no text");
  }
  return { frame, output: textOutput(content), finish };
}

function readStream(text: string): ReadOutput {
  const content: string[] = [];
  const calls = new Map<number, ToolCall>();
  let last: PythonObject | null = null;
  let finish: string | null = null;
  for (const frame of framesOf(text)) {
    refuseError(frame);
    if (last?.has("tee_signature")) {
      throw new AnswerFlaw("unfit", "more of it follows after the frame that the enclave signed");
    }
    const choice = onlyChoice(frame);
    const delta = choice?.get("delta");
    finish = textOf(choice?.get("finish_reason")) || finish;
    if (isObject(delta)) {
      const piece = delta.get("content");
      if (typeof piece === "string") {
        content.push(piece);
      }
      addCalls(calls, delta.get("tool_calls") ?? null);
    }
    last = frame;
  }
  if (!last?.has("tee_signature")) {
    throw new AnswerFlaw("unfit", "it was cut: its last frame is not the one that the enclave signs");
  }
  const whole = content.join("");
  if (onlyChoice(last)?.get("finish_reason") === "tool_calls" && calls.size > 0) {
    const list = [...calls].sort(([a], [b]) => a - b).map(([, call]) => asObject(call));
    return { frame: last, output: toolCalls(list, whole !== ""), finish };
  }
  return { frame: last, output: textOutput(whole), finish };
}

/** The data of each event, up to `[DONE]`. */
function* framesOf(text: string): Generator<PythonObject> {
  let isDone = false;
  for (const line of text.split("\n")) {
    const data = line.startsWith("data:") ? line.slice("data:".length).trim() : "";
    if (data === "") {
      continue;
    }
    if (isDone) {
      throw new AnswerFlaw("unfit", "more of it follows after its end");
    }
    isDone = data === "[DONE]";
    if (!isDone) {
      yield frameIn(data);
    }
  }
}

function frameIn(data: string): PythonObject {
  try {
    const frame = readPythonJson(data);
    if (isObject(frame)) {
      return frame;
    }
  } catch (error) {
    if (!(error instanceof AnswerFlaw)) {
      throw error;
    }
  }
  throw new AnswerFlaw("unfit", "one of its frames is malformed or was cut");
}

/** The gateway tells an error within an answer that began well. */
function refuseError(frame: PythonObject): void {
  if ((frame.get("error") ?? null) !== null) {
    throw new AnswerFlaw("unfit", "the gateway tells of an error in it");
  }
}

/** Where there are several nobody can tell which of them is signed. */
function onlyChoice(frame: PythonObject): PythonObject | null {
  const choices = frame.get("choices") ?? null;
  if (choices === null || !isList(choices) || choices.length === 0) {
    return null;
  }
  const [choice] = choices;
  if (choices.length > 1 || !isObject(choice)) {
    throw new AnswerFlaw("unfit", "it holds more than one choice");
  }
  return choice;
}

/** A tool call of a stream, put together of its pieces. */
interface ToolCall {
  id: string;
  name: string;
  readonly pieces: string[];
}

function addCalls(calls: Map<number, ToolCall>, deltas: PythonValue): void {
  for (const delta of isList(deltas) ? deltas : []) {
    const index = isObject(delta) ? delta.get("index") : undefined;
    if (!isObject(delta) || !(index instanceof PythonNumber) || !/^\d{1,6}$/.test(index.token)) {
      throw new AnswerFlaw("unfit", "a tool call in it has no place");
    }
    const call = calls.get(index.value) ?? { id: "", name: "", pieces: [] };
    calls.set(index.value, call);
    const called = delta.get("function");
    const given = isObject(called) ? called : new Map<string, PythonValue>();
    call.id = textOf(delta.get("id")) || call.id;
    call.name = textOf(given.get("name")) || call.name;
    call.pieces.push(textOf(given.get("arguments")));
  }
}

function textOf(value: PythonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

function asObject({ id, name, pieces }: ToolCall): PythonObject {
  const called = new Map([
    ["name", name],
    ["arguments", pieces.join("")],
  ]);
  return new Map<string, PythonValue>([
    ["id", id],
    ["type", "function"],
    ["function", called],
  ]);
}

function toolCalls(calls: readonly PythonValue[], hasUnsignedText: boolean): SignedOutput {
  return { kind: "toolCalls", signed: pythonJson(calls), hasUnsignedText };
}

function textOutput(signed: string): SignedOutput {
  if (!signed.isWellFormed()) {
    throw new AnswerFlaw("unfit", "its text holds half a character, which has no bytes");
  }
  return { kind: "text", signed, hasUnsignedText: false };
}

/** As the schema takes it. */
function plain(value: PythonValue): unknown {
  return value instanceof PythonNumber && !value.isFloat ? value.value : value;
}
