import type { CompletionRequest } from "../../../server/src/inference/engine/engine";

/** Code to complete, of several kinds and in several languages. */
export const SAMPLE = `import * as fs from "node:fs";
import * as path from "node:path";

/** Reads a JSON file and checks that it holds an object. */
export function readJson(file: string): Record<string, unknown> {
  const text = fs.readFileSync(file, "utf8");
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) {
    throw new Error(\`\${file} does not hold an object\`);
  }
  return value as Record<string, unknown>;
}

export class Stack<T> {
  private readonly items: T[] = [];

  push(item: T): void {
    this.items.push(item);
  }

  pop(): T | undefined {
    return this.items.pop();
  }

  get size(): number {
    return this.items.length;
  }
}

export async function fetchUser(id: string): Promise<User> {
  const response = await fetch(\`/api/users/\${id}\`);
  if (!response.ok) {
    throw new Error(response.statusText);
  }
  return response.json();
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(Math.max(value, min), max);
}

const names = ["größe", "naïve", "日本語"];
for (const [index, name] of names.entries()) {
  console.log(index, name.toUpperCase());
}

switch (kind) {
  case "add":
    return a + b;
  case "subtract":
    return a - b;
  default:
    throw new Error("unknown kind");
}
`;

/** A request at an offset of the sample; what stands between the offset and the end of the line is left out. */
export function requestAt(offset: number, change: Partial<CompletionRequest> = {}): CompletionRequest {
  const end = SAMPLE.indexOf("\n", offset);
  return {
    path: "src/sample.ts",
    prefix: SAMPLE.slice(0, offset),
    suffix: SAMPLE.slice(end),
    context: [],
    trigger: "explicit",
    extent: "auto",
    maxTokens: 48,
    ...change,
  };
}

/** Forty places all over the sample: inside words, after signs, in indentation, on blank lines. */
export const OFFSETS = Array.from({ length: 40 }, (_, index) =>
  Math.floor(((index + 0.5) * SAMPLE.length) / 40),
);
