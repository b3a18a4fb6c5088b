/**
 * The one door through which the command line writes. Everything is shown letter by letter here, so that no command can
 * forget it: whatever a repository, a model, a hub or a chain wrote can neither begin a line of its own nor move the
 * cursor. Line feeds, and the codes that redraw a line, come from here alone.
 */
import { isErrno } from "../platform/durable";
import { meaningOf } from "../platform/errors";
import { visibleJson, visibleLine, visibleLines } from "../protocol/visibleText";
import { failureOf } from "./failure";

/** 0: good. 1: not verified, or nothing to offer. 2: wrong usage or environment. */
export type ExitCode = 0 | 1 | 2;

/** Text of several lines, such as code, with its line feeds and tabs. */
export interface PrintedBlock {
  readonly block: string;
}

/** What a command returns: the same facts for programs and for people. */
export interface CommandResult<Json = unknown> {
  readonly exitCode: ExitCode;
  /** Printed by `--json`. */
  readonly json: Json;
  /** Printed otherwise, line by line. */
  readonly text: readonly (string | PrintedBlock)[];
  /** Printed in place of both, where another form was asked for. */
  readonly document?: PrintedDocument;
}

/** A result in the form of another program's, as JSON or as text with nothing hidden in it. */
export type PrintedDocument =
  | { readonly json: object }
  | { readonly text: string }
  /** Lines that each end with CR LF, as RFC 4180 has them. */
  | { readonly rows: readonly string[] };

/**
 * What becomes of output that nobody takes. Whoever reads standard output, such as `head`, may have had enough of it: the
 * command then ends without a word, with the exit code of its result where there is one already. Output that cannot be
 * written otherwise, onto a full disk for instance, is a failure, told on standard error. Where nobody reads standard
 * error, the command goes on: what it says there is said beside its result.
 */
export function bearClosedStreams(): void {
  process.stdout.on("error", (error) => {
    if (!isErrno(error, "EPIPE")) {
      process.exitCode = 2;
      note(`Standard output cannot be written (${meaningOf(error)}), so the result is not whole.`);
      note("Make room where it goes, or send it elsewhere, then run the command again.");
    }
    process.exit();
  });
  process.stderr.on("error", () => {});
}

/** Prints a result to standard output and sets the exit code. */
export function print(result: CommandResult, json: boolean): void {
  process.exitCode = result.exitCode;
  const { document } = result;
  if (document !== undefined) {
    if ("json" in document) {
      printJson(document.json, 2);
    } else if ("rows" in document) {
      for (const row of document.rows) {
        process.stdout.write(`${visibleLine(row, Number.POSITIVE_INFINITY)}\r\n`);
      }
    } else {
      // Line by line, as the whole may be long.
      for (const line of document.text.split("\n")) {
        process.stdout.write(`${visibleLines(line, Number.POSITIVE_INFINITY)}\n`);
      }
    }
  } else if (json) {
    printJson(result.json, 2);
  } else {
    write(
      process.stdout,
      result.text.map((line) => (typeof line === "string" ? visibleLine(line) : visibleLines(line.block))),
    );
  }
}

/** A result in the form of another program's as the text of a file: what `print` would print. */
export function textOf(document: PrintedDocument): string {
  if ("json" in document) {
    return `${visibleJson([...jsonPieces(document.json, 2)].join(""))}\n`;
  }
  return "rows" in document
    ? document.rows.map((row) => `${visibleLine(row, Number.POSITIVE_INFINITY)}\r\n`).join("")
    : `${visibleLines(document.text, Number.POSITIVE_INFINITY)}\n`;
}

/** Prints one JSON value to standard output, on one line unless an indentation is given. */
export function printJson(value: unknown, indentation = 0): void {
  for (const piece of jsonPieces(value, indentation)) {
    process.stdout.write(visibleJson(piece));
  }
  process.stdout.write("\n");
}

/** Items of a list that are made text together. */
const ITEMS_AT_ONCE = 256;

/** The JSON of a value; that of an object with long lists in pieces, so that no more than a piece of it is held as text. */
function* jsonPieces(value: unknown, indentation: number): Generator<string, void, void> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || indentation === 0) {
    yield JSON.stringify(value, null, indentation);
    return;
  }
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  if (!entries.some(([, member]) => Array.isArray(member) && member.length > ITEMS_AT_ONCE)) {
    yield JSON.stringify(value, null, indentation);
    return;
  }
  yield "{\n";
  for (const [at, [key, member]] of entries.entries()) {
    if (at > 0) {
      yield ",\n";
    }
    for (let from = 0; from === 0 || (Array.isArray(member) && from < member.length); from += ITEMS_AT_ONCE) {
      const items = Array.isArray(member) ? member.slice(from, from + ITEMS_AT_ONCE) : member;
      const isLast = !Array.isArray(member) || from + ITEMS_AT_ONCE >= member.length;
      // In an object of its own it stands as far to the right as in the whole.
      const own = JSON.stringify({ [key]: items }, null, indentation);
      const begin = from === 0 ? "{\n".length : own.indexOf("[\n") + "[\n".length;
      const end = own.length - (isLast ? "\n}".length : `\n${" ".repeat(indentation)}]\n}`.length);
      yield `${own.slice(begin, end)}${isLast ? "" : ",\n"}`;
    }
  }
  yield "\n}";
}

/** Prints what went wrong and what to do next; anything unexpected keeps its stack for a bug report. */
export function printError(error: unknown, json: boolean): void {
  process.exitCode = 2;
  const { code, reason, remedy, stack } = failureOf(error);
  if (json) {
    // On one line, as it may end a batch of JSON lines.
    printJson({ error: { code, reason, remedy, ...(stack !== null && { stack }) } });
    return;
  }
  note(reason);
  note(remedy);
  if (stack !== null) {
    // Indented, so that no line of it looks like one of ours.
    write(process.stderr, [visibleLines(stack).replace(/^/gm, "  ")]);
  }
}

/** Says something beside the result, on standard error. */
export function note(line: string): void {
  write(process.stderr, [visibleLine(line)]);
}

/** Shows a line on standard error in place of the one that was shown so before. Only for terminals. */
export function redraw(line: string): void {
  process.stderr.write(`\r\x1b[K${visibleLine(line)}`);
}

/** Ends the line that is redrawn. */
export function endLine(): void {
  process.stderr.write("\n");
}

function write(stream: NodeJS.WritableStream, lines: readonly string[]): void {
  if (lines.length > 0) {
    stream.write(`${lines.join("\n")}\n`);
  }
}
