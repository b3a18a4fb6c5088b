import { AnswerFlaw } from "../attestation/answerFlaw";
import {
  isList,
  isObject,
  PythonNumber,
  type PythonObject,
  type PythonValue,
  pythonFloat,
  pythonJson,
  pythonText,
  readPythonJson,
} from "./pythonJson";

/** A request as the gateway hashes it. */
export interface CanonicalRequest {
  readonly json: string;
  /** The name by which it asks for a model. */
  readonly model: string;
  /** The members of its body of which nothing is hashed. */
  readonly unsigned: readonly string[];
}

/** What the gateway hashes where it is truthy. */
const OPTIONAL_FIELDS = ["stop", "tools", "response_format"] as const;
const SIGNED_FIELDS: ReadonlySet<string> = new Set([
  ...["model", "messages", "temperature", "max_tokens"],
  ...OPTIONAL_FIELDS,
]);

/**
 * What the gateway makes of a request's body before it hashes it (`_chat_request_to_dict`): some of its fields, in a form of
 * their own. Neither `top_p`, `n`, `seed` nor `tool_choice` is among them, so that no signature says anything of these.
 *
 * @param body the exact text that was sent
 * @throws AnswerFlaw `unfit` where no gateway would take it; `unknown` where gateways of different versions differ
 */
export function canonicalRequest(body: string): CanonicalRequest {
  const request = readPythonJson(body);
  const messages = isObject(request) ? request.get("messages") : undefined;
  if (!isObject(request) || messages === undefined || !isList(messages)) {
    throw new AnswerFlaw("unfit", "it has no list of messages");
  }
  for (const name of ["web_search", "reasoning_effort"]) {
    if (isTruthy(request.get(name) ?? null)) {
      throw new AnswerFlaw(
        "unknown",
        `it has ${name}, which some versions of the gateway sign and others do not`,
      );
    }
  }
  const model = request.get("model") ?? null;
  if (typeof model !== "string") {
    throw new AnswerFlaw("unknown", "it names no model");
  }
  const fields = new Map<string, PythonValue>([
    ["model", model],
    ["messages", messages.map(canonicalMessage)],
    ["temperature", temperatureOf(request)],
  ]);
  const longest = request.get("max_tokens") ?? null;
  if (longest !== null) {
    fields.set("max_tokens", longest instanceof PythonNumber ? longest : refuseType("max_tokens"));
  }
  for (const name of OPTIONAL_FIELDS) {
    const value = request.get(name) ?? null;
    if (isTruthy(value)) {
      fields.set(name, value);
    }
  }
  const unsigned = [...request.keys()].filter((name) => !SIGNED_FIELDS.has(name));
  return { json: pythonJson(fields), model, unsigned };
}

function canonicalMessage(message: PythonValue): PythonObject {
  if (!isObject(message)) {
    throw new AnswerFlaw("unfit", "one of its messages is no object");
  }
  const role = message.get("role");
  switch (role) {
    case "system":
      return fieldsOf(["role", role], ["content", textOrNull(message, "content")]);
    case "user": {
      const content = textOrNull(message, "content");
      return fieldsOf(["role", role], ["content", content ?? refuseType("content")]);
    }
    case "assistant": {
      const calls = message.get("tool_calls") ?? null;
      return fieldsOf(
        ["role", role],
        ["content", textOrNull(message, "content") ?? ""],
        ...(isTruthy(calls) ? [["tool_calls", canonicalCalls(calls)] as const] : []),
      );
    }
    case "tool": {
      const id = message.get("tool_call_id");
      return fieldsOf(
        ["role", role],
        ["content", textOrNull(message, "content")],
        ["tool_call_id", id instanceof PythonNumber ? pythonText(id) : textOrNull(message, "tool_call_id")],
      );
    }
    case "function":
      return fieldsOf(
        ["role", role],
        ["content", textOrNull(message, "content")],
        ["name", textOrNull(message, "name")],
      );
    default:
      throw new AnswerFlaw("unfit", "one of its messages has a role that the gateway does not know");
  }
}

function canonicalCalls(calls: PythonValue): readonly PythonValue[] {
  if (!isList(calls)) {
    return refuseType("tool_calls");
  }
  return calls.map((call) => {
    const called = isObject(call) ? (call.get("function") ?? new Map()) : null;
    if (!isObject(call) || !isObject(called)) {
      return refuseType("tool_calls");
    }
    return fieldsOf(
      ["id", textOrNull(call, "id")],
      ["type", textOrNull(call, "type")],
      [
        "function",
        fieldsOf(["name", textOrNull(called, "name")], ["arguments", textOrNull(called, "arguments")]),
      ],
    );
  });
}

/** Always a float: Python's `float()` of what was sent, and 0.0 where nothing was. */
function temperatureOf(request: PythonObject): PythonNumber {
  const sent = request.get("temperature") ?? new PythonNumber("0");
  if (!(sent instanceof PythonNumber)) {
    return refuseType("temperature");
  }
  if (sent.isFloat) {
    return sent;
  }
  if (!Number.isFinite(sent.value)) {
    throw new AnswerFlaw("unfit", "its temperature is an integer that no float holds");
  }
  // An integer has no minus zero.
  return new PythonNumber(pythonFloat(sent.value === 0 ? 0 : sent.value));
}

function fieldsOf(...fields: (readonly [string, PythonValue])[]): PythonObject {
  return new Map(fields);
}

function textOrNull(object: PythonObject, name: string): string | null {
  const value = object.get(name) ?? null;
  return value === null || typeof value === "string" ? value : refuseType(name);
}

/** What Python takes for true: neither nothing, nor zero, nor empty. */
function isTruthy(value: PythonValue): boolean {
  if (value === null || typeof value === "boolean" || typeof value === "string") {
    return Boolean(value);
  }
  if (value instanceof PythonNumber) {
    return value.value !== 0;
  }
  return isList(value) ? value.length > 0 : value.size > 0;
}

function refuseType(name: string): never {
  throw new AnswerFlaw(
    "unknown",
    `its ${name} is of a type that not every version of the gateway signs alike`,
  );
}
