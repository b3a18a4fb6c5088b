import {
  isSentList,
  isSentObject,
  readJson,
  SentNumber,
  type SentObject,
  type SentValue,
  writeFloat,
  writeJson,
} from "./gatewayJson";

/** What the gateway hashes of a request: model, messages and temperature, and some of the rest where there is any. */
export function hashedRequest(sent: string): string {
  const body = readJson(sent);
  if (!isSentObject(body)) {
    throw new SyntaxError("a request is an object");
  }
  const messages = body.get("messages");
  const hashed = new Map<string, SentValue>([
    ["model", body.get("model") ?? null],
    ["messages", isSentList(messages) ? messages.filter(isSentObject).map(hashedMessage) : []],
    ["temperature", asFloat(body.get("temperature") ?? null)],
  ]);
  const limit = body.get("max_tokens") ?? null;
  if (limit !== null) {
    hashed.set("max_tokens", limit);
  }
  for (const name of ["stop", "tools", "response_format"]) {
    const value = body.get(name) ?? null;
    if (isTrue(value)) {
      hashed.set(name, value);
    }
  }
  return writeJson(hashed);
}

/** Python's `float(…)`, of which an integer `-0` is `0.0`. */
function asFloat(value: SentValue): SentNumber {
  if (!(value instanceof SentNumber)) {
    return new SentNumber("0.0");
  }
  return new SentNumber(writeFloat(value.isFloat ? Number(value.token) : Number(BigInt(value.token))));
}

function hashedMessage(message: SentObject): SentObject {
  const role = message.get("role") ?? null;
  const content = message.get("content") ?? null;
  const hashed = new Map<string, SentValue>([
    ["role", role],
    ["content", content],
  ]);
  switch (role) {
    case "assistant": {
      hashed.set("content", isTrue(content) ? content : "");
      const calls = message.get("tool_calls");
      if (isSentList(calls) && calls.length > 0) {
        hashed.set("tool_calls", calls.filter(isSentObject).map(hashedCall));
      }
      break;
    }
    case "tool": {
      const id = message.get("tool_call_id") ?? null;
      hashed.set("tool_call_id", id instanceof SentNumber ? writeJson(id) : id);
      break;
    }
    case "function":
      hashed.set("name", message.get("name") ?? null);
      break;
  }
  return hashed;
}

/** What is missing is null. */
function hashedCall(call: SentObject): SentObject {
  const called = call.get("function");
  const given: SentObject = isSentObject(called) ? called : new Map();
  return new Map<string, SentValue>([
    ["id", call.get("id") ?? null],
    ["type", call.get("type") ?? null],
    [
      "function",
      new Map<string, SentValue>([
        ["name", given.get("name") ?? null],
        ["arguments", given.get("arguments") ?? null],
      ]),
    ],
  ]);
}

/** Whether Python takes a value for true. */
function isTrue(value: SentValue): boolean {
  if (value instanceof SentNumber) {
    return Number(value.token) !== 0;
  }
  if (isSentList(value)) {
    return value.length > 0;
  }
  return isSentObject(value) ? value.size > 0 : value !== null && value !== false && value !== "";
}
