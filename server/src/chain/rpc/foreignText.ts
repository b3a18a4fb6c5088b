/** A foreign message as part of a sentence of ours: one short line without control characters. */
export function oneLine(message: string): string {
  return message
    .slice(0, 400)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim()
    .slice(0, 200);
}
