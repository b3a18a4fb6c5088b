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

/** Whether a line, zero-based, stands between the two lines of a wrapper, with nothing between that could end it earlier. */
export function isWrapped(path: string, lines: readonly string[], line: number): boolean {
  return wrappersOf(path).some(({ opening, closing }) => {
    const first = lines.indexOf(opening);
    const last = lines.indexOf(closing);
    const between = lines.slice(first + 1, last);
    return first !== -1 && first < line && line < last && !between.some((one) => /\*\/|`|"""|'''/.test(one));
  });
}

/** Whether a Python string that some quotes begin, without letters before them, is open after lines that hold no others. */
export function isWithin(quotes: string, above: readonly string[]): boolean {
  const parts = above.join("\n").split(quotes);
  return parts.length % 2 === 0 && !/[a-z]$/i.test(parts.at(-2) ?? "");
}
