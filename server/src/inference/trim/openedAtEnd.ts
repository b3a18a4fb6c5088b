import { balanceOf } from "./balance";
import { all, before, type Range, type TrimContext } from "./step";

/** Where text follows on the line, brackets at the end that neither the answer nor what follows closes. */
export function cutOpenedAtEnd(text: string, { scope }: TrimContext): Range {
  if (!scope.textFollows) return all(text);
  const { openers: least } = balanceOf("", scope);
  let end = text.length;
  while (balanceOf(text.slice(0, end), scope).openers > least) {
    const opener = text.slice(0, end).search(/[\s,]*[{([]\s*$/);
    if (opener < 0) break;
    end = opener;
  }
  return before(text, end);
}
