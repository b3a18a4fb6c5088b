import type { Prompt } from "../../inference/suggestion";
import { squash } from "./whiteSpace";

/**
 * Whether every line of a prompt stands in the given texts, so that showing the prompt shows nothing new. White space
 * does not count: a formatter may have changed it since. The prompt may have cut its first and last line, and the
 * suggestion stands between prefix and suffix: a fragment there must begin or end some line.
 */
export function standsIn(prompt: Prompt, texts: readonly string[]): boolean {
  const lines = new Set(texts.flatMap((text) => text.split("\n").map(squash)));
  const all = [...lines];
  const stands = (text: string): boolean => {
    const parts = text.split("\n").map(squash);
    const first = parts.shift() ?? "";
    const last = parts.pop();
    if (last === undefined) {
      return all.some((line) => line.includes(first));
    }
    return (
      all.some((line) => line.endsWith(first)) &&
      parts.every((part) => part === "" || lines.has(part)) &&
      all.some((line) => line.startsWith(last))
    );
  };
  return [prompt.prefix, prompt.suffix, ...prompt.context.map(({ text }) => text)]
    .filter((text) => text.trim() !== "")
    .every(stands);
}
