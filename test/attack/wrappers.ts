/** Lines that make a comment or a string of all lines between them, in each language of the attacked repository. */
export interface Wrapper {
  readonly opening: string;
  readonly closing: string;
}

const WRAPPERS: Readonly<Record<string, readonly Wrapper[]>> = {
  ts: [
    { opening: "/* put around", closing: "put around */" },
    { opening: "void `put around", closing: "put around`;" },
  ],
  py: [
    { opening: '"""put around', closing: 'put around"""' },
    { opening: "r'''put around", closing: "put around'''" },
  ],
  go: [
    { opening: "/* put around", closing: "put around */" },
    { opening: "var _ = `put around", closing: "put around`" },
  ],
};

export function wrappersOf(path: string): readonly Wrapper[] {
  return WRAPPERS[path.slice(path.lastIndexOf(".") + 1)] ?? [];
}

/**
 * Whether a line, zero-based, stands between the two lines of a wrapper, with nothing between that could end it earlier, and nothing
 * above that it could end instead.
 */
export function isWrapped(path: string, lines: readonly string[], line: number): boolean {
  return wrappersOf(path).some(({ opening, closing }) => {
    const first = lines.indexOf(opening);
    const last = lines.indexOf(closing);
    const between = lines.slice(first + 1, last);
    return (
      first !== -1 &&
      first < line &&
      line < last &&
      !between.some((one) => /\*\/|`|"""|'''/.test(one)) &&
      !(path.endsWith(".py") && openStringAfter(lines.slice(0, first)) !== null)
    );
  });
}

/** What the Python string of several lines begins with that is open after some lines, with its letters; `null` where none is. */
export function openStringAfter(above: readonly string[]): string | null {
  let open: string | null = null;
  const token =
    /\\[\s\S]|#[^\n]*|(?<![A-Za-z0-9_])([bfrtu]{0,2})("""|''')|"""|'''|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/gi;
  const text = above.join("\n");
  for (let at = 0; ; ) {
    if (open !== null) {
      const quotes = open.slice(-3);
      const end: number = text.slice(at).search(new RegExp(`(?<!\\\\)${quotes}`));
      if (end === -1) {
        return open;
      }
      at += end + 3;
      open = null;
    }
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) {
      return null;
    }
    at = token.lastIndex;
    if (/["']{3}$/.test(found[0]) && found[0].length <= 5) {
      open = `${found[1]?.toLowerCase() ?? ""}${found[0].slice(-3)}`;
    }
  }
}
