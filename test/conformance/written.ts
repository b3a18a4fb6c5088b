import type { Vector } from "./vectors";

/** The files of a vector's folder, by their paths in it. */
export function filesOf({ case: it, expected, files, base }: Vector): ReadonlyMap<string, string> {
  return new Map([
    ["case.json", json(it)],
    ["expected.json", json(expected)],
    ...[...files].map(([path, text]): [string, string] => [`repository/${path}`, text]),
    ...[...(base ?? [])].map(([path, text]): [string, string] => [`base/${path}`, text]),
  ]);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
