import { endOfBlock } from "../prompt/blockExtent";
import { all, before, type Range, type TrimContext } from "./step";

/** Several lines end with the cursor's block, or with the line that closes it where nothing below does. */
export function cutOutsideBlock(text: string, { cursor }: TrimContext): Range {
  if (cursor.block === null) {
    return all(text);
  }
  return before(text, endOfBlock(text, cursor.lineBefore, cursor.block, cursor.unclosed)?.at ?? -1);
}
