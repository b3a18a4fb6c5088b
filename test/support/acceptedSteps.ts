/** What a language that names no words of its own has for words: `DEFAULT_WORD_REGEXP` of VS Code's wordHelper.ts. */
const WORD = /(-?\d*\.\d\w*)|([^`~!@#$%^&*()\-=+[{\]}\\|;:'",.<>/?\s]+)/;

/**
 * How much of ghost text VS Code's accept-next-word accepts: a word, or what is before the next one, and of that no
 * more than what ends with the first blanks (`acceptNextWord` in inlineCompletionsModel.ts).
 */
export function nextWord(text: string, word = WORD): string {
  const match = word.exec(text);
  const end = match === null ? text.length : match.index === 0 ? match[0].length : match.index;
  const blanks = /\s+/.exec(text);
  return text.slice(0, blanks === null ? end : Math.min(end, blanks.index + blanks[0].length));
}

/** How much of it accept-next-line accepts. */
export function nextLine(text: string): string {
  const end = text.indexOf("\n");
  return end === -1 ? text : text.slice(0, end + 1);
}

/** The steps in which accept-next-word accepts all of a text. */
export function words(text: string): string[] {
  const steps: string[] = [];
  for (let rest = text; rest !== ""; rest = rest.slice(steps.at(-1)?.length)) {
    steps.push(nextWord(rest));
  }
  return steps;
}
