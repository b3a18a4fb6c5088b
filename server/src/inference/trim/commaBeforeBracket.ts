import { closesBlock } from "../prompt/blockExtent";
import { all, before, type Range, type TrimContext } from "./step";

/** A comma at the end, before the line that closes the block, where the text around writes none there, as in JSON. */
export function dropCommaBeforeBracket(text: string, { cursor }: TrimContext): Range {
  const { textFollows, commaBeforeBracket, linesBelow } = cursor;
  if (textFollows || commaBeforeBracket || !closesBlock(linesBelow[0] ?? "")) {
    return all(text);
  }
  return before(text, text.search(/,\s*$/));
}
