/** JSON as the gateway spells it before it hashes: Python's `json.dumps(json.loads(text), sort_keys=True)`. */

/** A number as it was sent: Python keeps `1`, `1.0` and big integers apart. */
export class SentNumber {
  constructor(readonly token: string) {}

  get isFloat(): boolean {
    return /[.eE]/.test(this.token);
  }
}

export type SentValue = null | boolean | string | SentNumber | readonly SentValue[] | SentObject;
export type SentObject = ReadonlyMap<string, SentValue>;

const STRING_OR_NUMBER = /"((?:[^"\\]|\\.)*)"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Reads with JavaScript's own parser, from which numbers are hidden as strings: each begins with a letter that says what it was. */
export function readJson(text: string): SentValue {
  const disguised = text.replaceAll(STRING_OR_NUMBER, (token, content) =>
    content === undefined ? `"n${token}"` : `"s${content}"`,
  );
  return uncovered(JSON.parse(disguised));
}

function uncovered(value: unknown): SentValue {
  if (typeof value === "string") {
    return value.startsWith("n") ? new SentNumber(value.slice(1)) : value.slice(1);
  }
  if (Array.isArray(value)) {
    return value.map(uncovered);
  }
  if (typeof value === "object" && value !== null) {
    return new Map(Object.entries(value).map(([name, member]) => [name.slice(1), uncovered(member)]));
  }
  return value === true || value === false ? value : null;
}

export function isSentList(value: SentValue | undefined): value is readonly SentValue[] {
  return Array.isArray(value);
}

export function isSentObject(value: SentValue | undefined): value is SentObject {
  return value instanceof Map;
}

export function writeJson(value: SentValue): string {
  if (value === null || typeof value === "boolean") {
    return String(value);
  }
  if (typeof value === "string") {
    return writeString(value);
  }
  if (value instanceof SentNumber) {
    return value.isFloat ? writeFloat(Number(value.token)) : value.token.replace(/^-0$/, "0");
  }
  if (isSentList(value)) {
    return `[${value.map(writeJson).join(", ")}]`;
  }
  const members = [...value].sort(([one], [other]) => byCodePoints(one, other));
  return `{${members.map(([name, member]) => `${writeString(name)}: ${writeJson(member)}`).join(", ")}}`;
}

/** Python's `repr` of a float: the fewest digits that name it, with an exponent below 1e-4 and from 1e16. */
export function writeFloat(value: number): string {
  if (!Number.isFinite(value)) {
    return value > 0 ? "Infinity" : "-Infinity";
  }
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "", power = ""] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const padded = exponent < 0 ? "0".repeat(-exponent) + digits : digits.padEnd(exponent + 1, "0");
  const point = Math.max(exponent, 0) + 1;
  return `${sign}${padded.slice(0, point)}.${padded.slice(point) || "0"}`;
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ['"', '\\"'],
  ["\\", "\\\\"],
]);

function writeString(value: string): string {
  const units = value.split("").map((unit) => {
    const code = unit.charCodeAt(0);
    const isPlain = code >= 0x20 && code < 0x7f;
    return SHORT.get(unit) ?? (isPlain ? unit : `\\u${code.toString(16).padStart(4, "0")}`);
  });
  return `"${units.join("")}"`;
}

function byCodePoints(one: string, other: string): number {
  const [a, b] = [[...one], [...other]];
  const at = a.findIndex((point, index) => point !== b[index]);
  if (at === -1) {
    return a.length - b.length;
  }
  return (a[at]?.codePointAt(0) ?? 0) - (b[at]?.codePointAt(0) ?? -1);
}
