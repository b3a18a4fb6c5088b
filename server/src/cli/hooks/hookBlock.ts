/**
 * Proofline's lines in a hook: shell text for any `sh`, Windows' git included, between two marks. The first mark says what was
 * there before, so that taking the lines out leaves every other byte as it was.
 */

/** What a hook calls: Node and the check by their paths, where the hook is this machine's alone. */
export interface HookProgram {
  readonly node: string;
  readonly check: string;
}

/** What lay where the lines went: no file, one that ends with a line end, or one whose last line has none. */
type Before = "new file" | "added" | "added to an open line";

const BEGINNING = "# Proofline's check begins";
const END = "# Proofline's check ends.\n";
const SHELL = "#!/bin/sh\n";

/** Where a person's own hook is kept that Proofline's calls first, beside it. */
export const KEPT_SUFFIX = ".before-proofline";

/** What people add to another hook or manager by hand. */
export const HOOK_COMMAND = "proofline hook run";

/**
 * A whole hook, or lines for one.
 *
 * @param program `null` for a hook that others have, too: it calls whatever `proofline` is on their path
 */
export function hookLines(program: HookProgram | null): string {
  const onPath = `command -v proofline >/dev/null 2>&1; then\n    ${HOOK_COMMAND} || exit $?`;
  const calls =
    program === null
      ? `  if ${onPath}`
      : `  proofline_node=${quoted(program.node)}
  proofline_check=${quoted(program.check)}
  if [ -f "$proofline_node" ] && [ -f "$proofline_check" ]; then
    "$proofline_node" "$proofline_check" hook run || exit $?
  elif ${onPath}`;
  const keeps =
    program === null
      ? ""
      : `proofline_kept="\${0%/*}/pre-commit${KEPT_SUFFIX}"
if [ -x "$proofline_kept" ]; then
  "$proofline_kept" "$@" || exit $?
fi
`;
  return `${keeps}if [ -d .proofline ]; then
${calls}
  else
    echo "Proofline is not where it was, so nobody can check the accepted lines of this commit." >&2
    echo "Install it again, take its lines out of $0, or skip hooks once: git commit --no-verify" >&2
    exit 1
  fi
fi
`;
}

/** A hook's bytes with the lines in them: in place of those that were there, else at its end. `null`: there is no file. */
export function withLines(hook: Buffer | null, lines: string): Buffer {
  if (hook === null) {
    return Buffer.from(`${SHELL}${marked("new file", lines)}`);
  }
  const found = findLines(hook);
  if (found !== null) {
    const { from, to, before } = found;
    return Buffer.concat([hook.subarray(0, from), Buffer.from(marked(before, lines)), hook.subarray(to)]);
  }
  const isOpen = hook.length > 0 && hook.at(-1) !== 10;
  const text = isOpen ? `\n${marked("added to an open line", lines)}` : marked("added", lines);
  return Buffer.concat([hook, Buffer.from(text)]);
}

/** The bytes without them; `null` where nothing of the file is anybody else's. The same bytes where there are none. */
export function withoutLines(hook: Buffer): Buffer | null {
  const found = findLines(hook);
  if (found === null) {
    return hook;
  }
  const { from, to, before } = found;
  // The line end that was added goes as well, unless somebody wrote on behind.
  const isEndMine = before === "added to an open line" && to === hook.length;
  const rest = Buffer.concat([hook.subarray(0, isEndMine ? from - 1 : from), hook.subarray(to)]);
  return before === "new file" && rest.equals(Buffer.from(SHELL)) ? null : rest;
}

/** Whether the lines are in a hook. */
export function hasLines(hook: Buffer): boolean {
  return findLines(hook) !== null;
}

/** The program that they call, where they name one. */
export function programOf(hook: Buffer): HookProgram | null {
  const text = hook.toString("utf8");
  const node = unquoted(/^ {2}proofline_node=('.*')$/m.exec(text)?.[1]);
  const check = unquoted(/^ {2}proofline_check=('.*')$/m.exec(text)?.[1]);
  return node === null || check === null ? null : { node, check };
}

/**
 * A line of a shell script that ends it, so that what is added behind never runs; `null` where none is plain to see. Only lines
 * outside of any construct count, which are those that are not indented.
 */
export function endingLine(hook: Buffer): string | null {
  const found = findLines(hook);
  const before = hook.subarray(0, found?.from).toString("utf8");
  return before.split(/\r?\n/).find((line) => /^(?:exec|exit)\b(?!.*[<>|&])/.test(line)) ?? null;
}

function marked(before: Before, lines: string): string {
  return `${BEGINNING} (${before}); \`proofline hook remove\` takes it out.\n${lines}${END}`;
}

/** Where the lines stand, marks included; `null` where not both marks do. */
function findLines(
  hook: Buffer,
): { readonly from: number; readonly to: number; readonly before: Before } | null {
  const from = hook.indexOf(BEGINNING);
  const end = hook.indexOf(END, from);
  if (from === -1 || end === -1 || (from > 0 && hook[from - 1] !== 10)) {
    return null;
  }
  const first = hook.subarray(from, hook.indexOf(10, from)).toString("utf8");
  const before = first.includes("(new file)")
    ? "new file"
    : first.includes("(added)")
      ? "added"
      : "added to an open line";
  return { from, to: end + END.length, before };
}

/** Git's shell on Windows reads forward slashes, and takes back slashes for other things here and there. */
function quoted(path: string): string {
  const spelled = process.platform === "win32" ? path.replaceAll("\\", "/") : path;
  return `'${spelled.replaceAll("'", "'\\''")}'`;
}

function unquoted(text: string | undefined): string | null {
  return text === undefined ? null : text.slice(1, -1).replaceAll("'\\''", "'");
}
