import { all, before, type Range, type TrimContext } from "./step";

/** Where the decoder stopped in doubt: neither the token it doubts nor the beginning of the word that it goes on with. */
export function cutDoubtful(text: string, { stop, lastLength }: TrimContext): Range {
  if (stop !== "doubt") return all(text);
  const kept = text.slice(0, Math.max(0, text.length - lastLength));
  const continuesWord = /^[\p{L}\p{N}_$]/u.test(text.slice(kept.length));
  return before(text, continuesWord ? kept.replace(/[\p{L}\p{N}_$]+$/u, "").length : kept.length);
}
