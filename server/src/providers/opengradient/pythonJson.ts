// JSON as Python's `json` module reads and writes it, because that is what OpenGradient's gateway hashes. It tells integers from
// floats and keeps integers of any size, and it sorts keys by code point, none of which `JSON.parse` and `canonicalJson` do.

import { AnswerFlaw } from "../attestation/answerFlaw";
import { MAX_BODY_LENGTH } from "../attestation/savedParts";

/** A number by its digits: Python spells an integer as it was sent and a float anew. */
export class PythonNumber {
  constructor(readonly token: string) {}

  get isFloat(): boolean {
    return /[.eEIN]/.test(this.token);
  }

  /** The nearest double, as `float()` gives it. */
  get value(): number {
    return Number(this.token);
  }
}

export type PythonObject = ReadonlyMap<string, PythonValue>;
export type PythonValue = null | boolean | string | PythonNumber | readonly PythonValue[] | PythonObject;

/** Python itself gives up near 1,000, by how deep its caller stands already. No honest request comes close to this. */
const MAX_DEPTH = 128;
/** `sys.int_info.default_max_str_digits`: Python reads no longer integer. */
const MAX_DIGITS = 4300;

/**
 * Reads a text as `json.loads` does: of keys that come twice the last one counts, and `NaN` and `Infinity` are numbers.
 *
 * @throws AnswerFlaw where Python would refuse it, and where it is too long or too deep
 */
export function readPythonJson(text: string): PythonValue {
  if (text.length > MAX_BODY_LENGTH) {
    throw new AnswerFlaw("unknown", `it is longer than ${MAX_BODY_LENGTH} characters`);
  }
  const reader = new Reader(text);
  return reader.whole();
}

const DIGIT = /[0-9]/;

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  whole(): PythonValue {
    const value = this.value(0);
    this.skipBlanks();
    return this.at === this.text.length ? value : this.refuse();
  }

  private value(depth: number): PythonValue {
    if (depth > MAX_DEPTH) {
      throw new AnswerFlaw("unknown", `it is nested deeper than ${MAX_DEPTH}`);
    }
    this.skipBlanks();
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.list(depth);
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      case "N":
        return this.word("NaN", new PythonNumber("NaN"));
      case "I":
        return this.word("Infinity", new PythonNumber("Infinity"));
      default:
        return this.text.startsWith("-Infinity", this.at)
          ? this.word("-Infinity", new PythonNumber("-Infinity"))
          : this.number();
    }
  }

  private object(depth: number): PythonObject {
    const members = new Map<string, PythonValue>();
    this.at += 1;
    this.skipBlanks();
    if (this.takes("}")) {
      return members;
    }
    do {
      this.skipBlanks();
      const key = this.string();
      this.skipBlanks();
      if (!this.takes(":")) {
        this.refuse();
      }
      members.set(key, this.value(depth + 1));
      this.skipBlanks();
    } while (this.takes(","));
    return this.takes("}") ? members : this.refuse();
  }

  private list(depth: number): readonly PythonValue[] {
    const items: PythonValue[] = [];
    this.at += 1;
    this.skipBlanks();
    if (this.takes("]")) {
      return items;
    }
    do {
      items.push(this.value(depth + 1));
      this.skipBlanks();
    } while (this.takes(","));
    return this.takes("]") ? items : this.refuse();
  }

  private string(): string {
    const start = this.at;
    if (!this.takes('"')) {
      this.refuse();
    }
    while (this.at < this.text.length && this.text[this.at] !== '"') {
      this.at += this.text[this.at] === "\\" ? 2 : 1;
    }
    if (!this.takes('"')) {
      this.refuse();
    }
    try {
      // Within quotation marks JavaScript and Python agree on what may stand there.
      return String(JSON.parse(this.text.slice(start, this.at)));
    } catch {
      return this.refuse();
    }
  }

  private number(): PythonNumber {
    const start = this.at;
    this.takes("-");
    const digits = this.takes("0") ? 1 : this.digits();
    const whole = this.at;
    if (this.text[this.at] === "." && DIGIT.test(this.text[this.at + 1] ?? "")) {
      this.at += 1;
      this.digits();
    }
    const exponent = /^[eE][+-]?[0-9]/.exec(this.text.slice(this.at, this.at + 3));
    if (exponent !== null) {
      this.at += exponent[0].length;
      this.digits();
    }
    if (digits === 0 || (digits > MAX_DIGITS && this.at === whole)) {
      this.refuse();
    }
    return new PythonNumber(this.text.slice(start, this.at));
  }

  private digits(): number {
    const start = this.at;
    while (DIGIT.test(this.text[this.at] ?? "")) {
      this.at += 1;
    }
    return this.at - start;
  }

  private word<Value>(word: string, value: Value): Value {
    if (!this.text.startsWith(word, this.at)) {
      this.refuse();
    }
    this.at += word.length;
    return value;
  }

  private skipBlanks(): void {
    while (" \t\n\r".includes(this.text[this.at] ?? "none")) {
      this.at += 1;
    }
  }

  private takes(character: string): boolean {
    const isThere = this.text[this.at] === character;
    this.at += isThere ? 1 : 0;
    return isThere;
  }

  private refuse(): never {
    throw new AnswerFlaw("unfit", "it is not JSON");
  }
}

/** The text that `json.dumps(value, sort_keys=True)` gives: ASCII alone, with a blank after each comma and colon. */
export function pythonJson(value: PythonValue): string {
  const pieces: string[] = [];
  write(value, pieces);
  return pieces.join("");
}

function write(value: PythonValue, pieces: string[]): void {
  if (value === null || typeof value === "boolean") {
    pieces.push(String(value));
  } else if (typeof value === "string") {
    pieces.push(quoted(value));
  } else if (value instanceof PythonNumber) {
    pieces.push(spelledNumber(value));
  } else if (isList(value)) {
    pieces.push("[");
    for (const [index, item] of value.entries()) {
      pieces.push(index === 0 ? "" : ", ");
      write(item, pieces);
    }
    pieces.push("]");
  } else {
    pieces.push("{");
    const members = [...value].sort(([a], [b]) => compareCodePoints(a, b));
    for (const [index, [key, member]] of members.entries()) {
      pieces.push(index === 0 ? "" : ", ", quoted(key), ": ");
      write(member, pieces);
    }
    pieces.push("}");
  }
}

export function isList(value: PythonValue): value is readonly PythonValue[] {
  return Array.isArray(value);
}

export function isObject(value: PythonValue | undefined): value is PythonObject {
  return value instanceof Map;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\f": "\\f",
  "\b": "\\b",
};

function quoted(text: string): string {
  const escaped = text.replace(/["\\]|[^ -~]/g, (unit) => {
    const code = unit.charCodeAt(0).toString(16).padStart(4, "0");
    return ESCAPES[unit] ?? `\\u${code}`;
  });
  return `"${escaped}"`;
}

/**
 * Orders texts as Python does, by code points. It differs from the order of UTF-16 code units where one is beyond U+FFFF
 * and the other from U+E000 on.
 */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let at = 0;
  while (at < length && a.charCodeAt(at) === b.charCodeAt(at)) {
    at += 1;
  }
  if (at === length) {
    return a.length - b.length;
  }
  // Where both share the first half of a pair, the second halves alone say nothing.
  const start = at > 0 && isFirstHalf(a.charCodeAt(at - 1)) ? at - 1 : at;
  return (a.codePointAt(start) ?? 0) - (b.codePointAt(start) ?? 0) || a.charCodeAt(at) - b.charCodeAt(at);
}

function isFirstHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function spelledNumber(number: PythonNumber): string {
  if (number.isFloat) {
    // Of what is not finite `json` has its own spelling.
    return Number.isFinite(number.value) ? pythonFloat(number.value) : String(number.value);
  }
  return number.token === "-0" ? "0" : number.token;
}

/** A number as Python's `str` spells it. */
export function pythonText(number: PythonNumber): string {
  return number.isFloat ? pythonFloat(number.value) : spelledNumber(number);
}

/** A double as Python's `repr` spells it: the fewest digits that give it back, an exponent below 1e-4 and from 1e16 on. */
export function pythonFloat(value: number): string {
  if (!Number.isFinite(value)) {
    return String(value).toLowerCase().replace("infinity", "inf");
  }
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "", power = ""] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length === 1 ? "" : `.${digits.slice(1)}`;
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  if (exponent < 0) {
    return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  }
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}
