import { inspect } from "node:util";
import type { LogOutputChannel } from "vscode";
import { visibleLines } from "../../server/src/protocol/visibleText";

/**
 * A log that shows everything letter by letter, whoever writes to it: the extension, the language client, or the server
 * through it. Further lines of one entry are indented, so that none of them looks like an entry.
 */
export class VisibleLog implements LogOutputChannel {
  readonly name: string;
  readonly onDidChangeLogLevel: LogOutputChannel["onDidChangeLogLevel"];

  constructor(private readonly channel: LogOutputChannel) {
    this.name = channel.name;
    this.onDidChangeLogLevel = channel.onDidChangeLogLevel;
  }

  get logLevel(): LogOutputChannel["logLevel"] {
    return this.channel.logLevel;
  }

  trace(message: string, ...rest: unknown[]): void {
    this.channel.trace(entry(message, rest));
  }

  debug(message: string, ...rest: unknown[]): void {
    this.channel.debug(entry(message, rest));
  }

  info(message: string, ...rest: unknown[]): void {
    this.channel.info(entry(message, rest));
  }

  warn(message: string, ...rest: unknown[]): void {
    this.channel.warn(entry(message, rest));
  }

  error(error: string | Error, ...rest: unknown[]): void {
    this.channel.error(entry(error, rest));
  }

  append(value: string): void {
    this.channel.append(visibleLines(value));
  }

  appendLine(value: string): void {
    this.channel.appendLine(entry(value, []));
  }

  replace(value: string): void {
    this.channel.replace(visibleLines(value));
  }

  clear(): void {
    this.channel.clear();
  }

  show(): void {
    this.channel.show();
  }

  hide(): void {
    this.channel.hide();
  }

  dispose(): void {
    this.channel.dispose();
  }
}

function entry(first: string | Error, rest: readonly unknown[]): string {
  const text = [first, ...rest].map((one) => (typeof one === "string" ? one : inspect(one))).join(" ");
  return visibleLines(text).replaceAll("\n", "\n    ");
}
