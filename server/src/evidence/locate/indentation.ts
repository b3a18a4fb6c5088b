/**
 * Whether a text is indented as Python's own tokenizer wants it
 * (https://docs.python.org/3/reference/lexical_analysis.html#indentation), told one token after the other. Grammars
 * forgive levels that Python refuses.
 */
export class Indentation {
  private readonly levels = [0];
  private brackets = 0;
  private opensBlock = false;

  /** @param gap what stands between the token before and this one */
  accepts(token: string, gap: string): boolean {
    if (token.startsWith("#")) {
      return true;
    }
    const isInOrder = !gap.includes("\n") || this.brackets > 0 || this.beginsLine(gap);
    this.brackets += Number(/^[([{]$/.test(token)) - Number(/^[)\]}]$/.test(token));
    this.opensBlock = token === ":";
    return isInOrder;
  }

  /** Whether line ends mean nothing here. */
  get isInBrackets(): boolean {
    return this.brackets > 0;
  }

  private beginsLine(gap: string): boolean {
    const width = gap.length - gap.lastIndexOf("\n") - 1;
    const isDeeper = width > (this.levels.at(-1) ?? 0);
    if (isDeeper !== this.opensBlock) {
      return false;
    }
    if (isDeeper) {
      this.levels.push(width);
    }
    while ((this.levels.at(-1) ?? 0) > width) {
      this.levels.pop();
    }
    return this.levels.at(-1) === width;
  }
}
