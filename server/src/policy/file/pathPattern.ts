/**
 * Patterns of paths below a repository's top: `*` and `?` within a name, `**` for any folders, everything else for itself. No more than
 * that, so that a pattern means what it seems to, and a stranger's pattern costs no more than its length times that of a path.
 */

/** Why a pattern would not do what its author expects of it, as a sentence; `null` where it does. */
export function patternProblem(pattern: string): string | null {
  if (pattern.startsWith("!")) {
    return "A pattern cannot take away what another one names.";
  }
  if (/[{}\\]/.test(pattern)) {
    return "A pattern knows no braces and no back slashes: write one for each case.";
  }
  return pattern.split("/").some((part) => ["", ".", ".."].includes(part))
    ? "A pattern begins at the repository's top, and has no empty parts."
    : null;
}

/** Whether a path fits one of some patterns; names that begin with a dot are like any other. */
export function pathMatcher(patterns: readonly string[]): (path: string) => boolean {
  const split = patterns.map((pattern) => pattern.split("/"));
  return (path) => {
    const parts = path.split("/");
    return split.some((pattern) => fits(pattern, parts, "**", fitsName));
  };
}

function fitsName(pattern: string, name: string): boolean {
  return fits([...pattern], [...name], "*", (one, letter) => one === "?" || one === letter);
}

/** Whether some things fit a pattern in which `any` stands for as many as one likes. Only the last `any` is ever tried again. */
function fits(
  pattern: readonly string[],
  things: readonly string[],
  any: string,
  fitsOne: (pattern: string, thing: string) => boolean,
): boolean {
  let [at, thing, again] = [0, 0, 0];
  let last: number | null = null;
  while (thing < things.length) {
    const wanted = pattern[at];
    if (wanted === any) {
      last = at;
      again = thing;
      at += 1;
    } else if (wanted !== undefined && fitsOne(wanted, things[thing] ?? "")) {
      at += 1;
      thing += 1;
    } else if (last !== null) {
      again += 1;
      at = last + 1;
      thing = again;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((rest) => rest === any);
}
