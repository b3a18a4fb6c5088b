import type { Prompt } from "./record";

/**
 * Whether every line of a prompt stands in the given texts, so that showing the prompt shows nothing new. The prompt
 * may have cut its first and last line, and the suggestion stands between prefix and suffix: a fragment there must
 * begin or end some line.
 */
export function standsIn(prompt: Prompt, texts: readonly string[]): boolean {
  const lines = new Set<string>();
  for (const text of texts) {
    for (const line of text.split("\n")) lines.add(line.trimEnd());
  }
  const all = [...lines];
  const isLine = (line: string): boolean => line.trim() === "" || lines.has(line.trimEnd());
  const begins = (fragment: string): boolean =>
    fragment.trim() === "" || all.some((line) => line.startsWith(fragment.trimEnd()));
  const ends = (fragment: string): boolean =>
    fragment.trim() === "" || all.some((line) => line.endsWith(fragment.trimEnd()));
  const within = (fragment: string): boolean =>
    fragment.trim() === "" || all.some((line) => line.includes(fragment.trim()));

  const stands = (text: string): boolean => {
    const parts = text.split("\n");
    const first = parts.shift() ?? "";
    const last = parts.pop();
    if (last === undefined) return within(first);
    return ends(first) && parts.every(isLine) && begins(last);
  };
  return [prompt.prefix, prompt.suffix, ...prompt.context.map(({ text }) => text)].every(stands);
}
