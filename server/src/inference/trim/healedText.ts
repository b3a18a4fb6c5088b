import { NOTHING, type Range, type TrimContext } from "./step";

/** The healed text stands in the document already. */
export function dropHealed(text: string, { healed }: TrimContext): Range {
  return text.startsWith(healed) ? { start: healed.length, end: text.length } : NOTHING;
}
