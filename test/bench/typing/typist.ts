import { unpairedIn } from "../../../server/src/inference/prompt/brackets";
import { nextWord } from "../../support/acceptedSteps";

/** What a person types: a part of a file, in the order in which it stands there. */
export interface Script {
  readonly path: string;
  readonly head: string;
  readonly target: string;
  readonly tail: string;
}

export interface Counts {
  /** Keys for text: characters, Enter, moving behind what the editor closed, and deleting what stands there twice. */
  keys: number;
  /** Characters that came from suggestions. */
  accepted: number;
  /** Suggestions of which anything was accepted, and those that were shown. */
  acceptances: number;
  shown: number;
}

const CLOSERS: Readonly<Record<string, string>> = {
  "(": ")",
  "[": "]",
  "{": "}",
  '"': '"',
  "'": "'",
  "`": "`",
};

/**
 * Types a script as an editor with VS Code's defaults takes it: it closes brackets and quotes, is typed over where it did, and
 * indents new lines. What a suggestion has in common with what is to be typed is accepted, all of it or word by word.
 */
export class Typist {
  readonly counts: Counts = { keys: 0, accepted: 0, acceptances: 0, shown: 0 };
  private typed = 0;
  /** What the editor closed, innermost first. */
  private closed: string[] = [];

  constructor(private readonly script: Script) {}

  get isDone(): boolean {
    return this.rest === "";
  }

  get before(): string {
    return this.script.head + this.script.target.slice(0, this.typed);
  }

  get after(): string {
    return this.closed.join("") + this.script.tail;
  }

  private get rest(): string {
    return this.script.target.slice(this.typed);
  }

  /** Presses the next key. */
  press(): void {
    const { rest } = this;
    const [closed] = this.closed;
    this.counts.keys += 1;
    if (closed !== undefined && rest.startsWith(closed)) {
      this.typed += closed.length;
      this.closed.shift();
      return;
    }
    const key = rest.charAt(0);
    if (key === "\n") {
      this.enter();
      return;
    }
    const closer = CLOSERS[key];
    if (closer !== undefined && this.isClosedByEditor(key, closer)) {
      this.closed.unshift(closer);
    }
    this.typed += 1;
  }

  /** Accepts what fits of a suggestion; returns whether anything did. */
  take(suggestion: string): boolean {
    this.counts.shown += 1;
    let accepted = "";
    if (this.rest.startsWith(suggestion)) {
      accepted = suggestion;
    } else {
      for (;;) {
        const word = nextWord(suggestion.slice(accepted.length));
        if (word === "" || !this.rest.startsWith(accepted + word)) {
          break;
        }
        accepted += word;
      }
    }
    if (accepted.trim() === "") {
      return false;
    }
    // What it closes stands there already, and has to be deleted.
    for (const _ of unpairedIn(accepted).closers) {
      this.counts.keys += Number(this.closed.shift() !== undefined);
    }
    this.typed += accepted.length;
    this.counts.accepted += accepted.length;
    this.counts.acceptances += 1;
    return true;
  }

  private enter(): void {
    const indentation = /^\n[^\S\n]*/.exec(this.rest)?.[0] ?? "\n";
    const [closed] = this.closed;
    const opener = this.before.at(-1) ?? "";
    if (closed !== undefined && closed === CLOSERS[opener] && "([{".includes(opener)) {
      const own = /[^\S\n]*/.exec(this.before.slice(this.before.lastIndexOf("\n") + 1))?.[0] ?? "";
      this.closed[0] = `\n${own}${closed}`;
    }
    this.typed += indentation.length;
  }

  /** Before a blank or a closing sign, and no apostrophe; only where the script closes it, too. */
  private isClosedByEditor(key: string, closer: string): boolean {
    const isQuote = key === closer;
    if (!/^(?:[\s;:.,=}\])>]|$)/.test(this.after) || (isQuote && /[\p{L}\p{N}_]$/u.test(this.before))) {
      return false;
    }
    if (isQuote) {
      return this.rest.slice(1).split("\n", 1)[0]?.includes(closer) === true;
    }
    let depth = 0;
    for (const sign of this.rest) {
      depth += sign === key ? 1 : sign === closer ? -1 : 0;
      if (depth === 0 && sign === closer) {
        return true;
      }
    }
    return false;
  }
}
