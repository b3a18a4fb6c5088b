import * as z from "zod";
import { Prompt } from "../../inference/suggestion";
import { canonicalJson } from "../../platform/canonicalJson";
import { PythonNumber, type PythonValue, pythonJson } from "./pythonJson";

/** Names the rules by which such a suggestion is asked for, cut and checked. A change to any of them is another name. */
export const OPENGRADIENT_SCHEME = "opengradient/v1";

/** What the model is told to do. Part of the scheme: readers take no other for a request of Proofline's. */
const INSTRUCTION = [
  "You complete source code in an editor.",
  'The user sends one JSON object: "path" names the file, "prefix" is the code before the cursor, "suffix" the code behind it, and "context" holds pieces of other files.',
  "Answer with the code that belongs at the cursor, and with nothing else: no explanation, no Markdown, nothing of what stands before or behind it.",
  "Write what finishes the line or block that the cursor stands in. If nothing belongs there, answer with nothing.",
].join(" ");

export interface CompletionAsked {
  /** As OpenGradient calls it. */
  readonly model: string;
  readonly prompt: Prompt;
  /** Without this a gateway cuts answers at 100 tokens, and says nothing. */
  readonly maxTokens: number;
}

/**
 * The exact body by which OpenGradient is asked to fill in at a cursor: as the gateway itself writes what it hashes, with
 * `stream` beside it. The same question has the same bytes.
 */
export function requestBody({ model, prompt, maxTokens }: CompletionAsked): string {
  return pythonJson(
    object({
      max_tokens: new PythonNumber(String(maxTokens)),
      messages: [
        object({ content: INSTRUCTION, role: "system" }),
        object({ content: canonicalJson(prompt), role: "user" }),
      ],
      model,
      stream: true,
      temperature: new PythonNumber("0.0"),
    }),
  );
}

const Body = z.strictObject({
  max_tokens: z.number().int().min(1),
  messages: z.tuple([
    z.strictObject({ role: z.literal("system"), content: z.literal(INSTRUCTION) }),
    z.strictObject({ role: z.literal("user"), content: z.string() }),
  ]),
  model: z.string(),
  stream: z.literal(true),
  temperature: z.literal(0),
});

/** What was asked with a body; `null` where `requestBody` makes no such body. */
export function askedBy(body: string): CompletionAsked | null {
  const parsed = Body.safeParse(jsonIn(body));
  if (!parsed.success) {
    return null;
  }
  const { max_tokens: maxTokens, model, messages } = parsed.data;
  const prompt = Prompt.safeParse(jsonIn(messages[1].content));
  const asked = prompt.success ? { model, prompt: prompt.data, maxTokens } : null;
  return asked !== null && requestBody(asked) === body ? asked : null;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function object(members: Readonly<Record<string, PythonValue>>): PythonValue {
  return new Map(Object.entries(members));
}
