import { before, type Range } from "./step";

/** Bytes that are no character: the model stopped inside one, or wrote rubbish. */
export function cutBrokenCharacter(text: string): Range {
  return before(text, text.indexOf("\ufffd"));
}
