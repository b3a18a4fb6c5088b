import { readFileSync } from "node:fs";
import type { Item } from "./inventory";

export function load(file: string): Item[] {
  const text = readFileSync(file, "utf8");
  return JSON.parse(text);
}

export function total(items: readonly Item[]): number {
  let sum = 0;
  for (const item of items) {
    sum += item.quantity;
  }
  return sum;
}
