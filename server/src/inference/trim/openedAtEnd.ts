import { all, before, type Range, type TrimContext } from "./step";

/** Where text follows on the line, an opening bracket at the end would be closed by nothing. */
export function cutOpenedAtEnd(text: string, { scope }: TrimContext): Range {
  if (!scope.textFollows) return all(text);
  return before(text, text.search(/[\s,]*[{([]\s*$/));
}
