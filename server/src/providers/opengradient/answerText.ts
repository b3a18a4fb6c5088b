import { cursorContextOf } from "../../inference/prompt/cursorContext";
import type { Prompt } from "../../inference/suggestion";
import { trim } from "../../inference/trim";

/** A fence around all of an answer, which chat models write although they are told not to. */
const FENCED = /^\s*```[^\n`]*\n([\s\S]*?)\n?```\s*$/;

/**
 * What of an answer's text is displayed at a cursor: without a fence around it, as the trim chain of this build cuts it. Nothing that
 * the enclave does not sign has a say, so that an answer counts as ended by its model; whether it was cut short is the asker's to
 * see. The same text and prompt give the same result.
 */
export function displayedOf(text: string, prompt: Prompt): string {
  const normal = text.replaceAll("\r\n", "\n");
  const raw = FENCED.exec(normal)?.[1] ?? normal;
  const cursor = cursorContextOf(prompt);
  const { start, end } = trim(raw, { cursor, healed: "", stop: "endOfText", lastLength: 0 });
  return raw.slice(start, end);
}
