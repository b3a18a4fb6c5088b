import { unpairedIn } from "../prompt/brackets";
import { all, before, type Range, type TrimContext } from "./step";

/**
 * Where the decoder stopped in doubt: neither the token it doubts, nor the beginning of the word that it goes on with,
 * nor brackets or quotes that were only just opened, which an editor closes when they are typed.
 */
export function cutDoubtful(text: string, { cursor, stop, lastLength }: TrimContext): Range {
  if (stop !== "doubt") {
    return all(text);
  }
  let kept = text.slice(0, Math.max(0, text.length - lastLength));
  const continuesWord = /^[\p{L}\p{N}_$]/u.test(text.slice(kept.length));
  if (continuesWord) {
    kept = kept.replace(/[\p{L}\p{N}_$]+$/u, "");
  }
  for (;;) {
    const opener = unpairedIn(kept, cursor.lineBefore).openers.at(-1);
    if (opener === undefined || !/^[^\S\n]*$/.test(kept.slice(opener.at + 1))) {
      return before(text, kept.length);
    }
    kept = kept.slice(0, opener.at);
  }
}
