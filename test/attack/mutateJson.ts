import type { Json, JsonObject } from "../support/evidenceMaker";
import type { Random } from "./random";
import { isObject } from "./state";

/** A place in a JSON value: what holds it, and under which key or index. */
interface Slot {
  readonly holder: JsonObject | Json[];
  readonly key: string | number;
  readonly name: string;
}

/** Scalars and structures by the name of the key that they stand under, to borrow from. */
export type Pool = ReadonlyMap<string, readonly Json[]>;

export function poolOf(values: readonly Json[]): Pool {
  const pool = new Map<string, Json[]>();
  for (const value of values) {
    for (const { holder, key, name } of slotsOf(value)) {
      const known = pool.get(name);
      const here = read(holder, key);
      if (known === undefined) {
        pool.set(name, [here]);
      } else {
        known.push(here);
      }
    }
  }
  return pool;
}

const STRANGE: readonly Json[] = [
  null,
  true,
  0,
  -1,
  1,
  0.5,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  1e300,
  "",
  "x",
  "0".repeat(64),
  "\u2028",
  "\uD800",
  "../../etc/passwd",
  "__proto__",
  [],
  {},
];

/** Changes one place of a value in one of the ways in which structures go wrong; says which. */
export function mutateJson(value: JsonObject, random: Random, pool: Pool): string {
  const slot = random.of(slotsOf(value));
  const { holder, key, name } = slot;
  const here = read(holder, key);
  switch (random.below(8)) {
    case 0:
      remove(holder, key);
      return `dropped ${name}`;
    case 1:
      if (Array.isArray(holder)) {
        holder.splice(Number(key), 0, structuredClone(here));
      } else {
        holder[`${key}2`] = structuredClone(here);
      }
      return `doubled ${name}`;
    case 2: {
      const other = random.of(slotsOf(value));
      const there = read(other.holder, other.key);
      write(holder, key, structuredClone(there));
      write(other.holder, other.key, structuredClone(here));
      return `swapped ${name} and ${other.name}`;
    }
    case 3:
      write(holder, key, structuredClone(random.of(STRANGE)));
      return `retyped ${name}`;
    case 4:
    case 5: {
      const lenders = pool.get(name) ?? [];
      if (lenders.length > 0) {
        write(holder, key, structuredClone(random.of(lenders)));
        return `borrowed ${name}`;
      }
      return `left ${name}`;
    }
    default:
      write(holder, key, nudged(here, random));
      return `nudged ${name}`;
  }
}

function nudged(value: Json, random: Random): Json {
  if (typeof value === "number") {
    return value + random.of([-1, 1, 1, 10]);
  }
  if (typeof value === "string") {
    const at = random.below(value.length + 1);
    const unit = random.of(["0", "a", "f", " ", "\n", "\u200b", ";", "A", "="]);
    return value.slice(0, at) + unit + value.slice(at + random.below(2));
  }
  if (typeof value === "boolean") {
    return !value;
  }
  if (Array.isArray(value)) {
    return value.toReversed();
  }
  return isObject(value) ? { ...value, note: "x" } : "null";
}

function slotsOf(value: Json): Slot[] {
  const slots: Slot[] = [];
  const visit = (holder: JsonObject | Json[], name: string): void => {
    const entries: [string | number, Json][] = Array.isArray(holder)
      ? holder.map((item, index) => [index, item])
      : Object.entries(holder);
    for (const [key, item] of entries) {
      const ownName = typeof key === "number" ? `${name}[]` : key;
      slots.push({ holder, key, name: ownName });
      if (Array.isArray(item) || isObject(item)) {
        visit(item, ownName);
      }
    }
  };
  if (Array.isArray(value) || isObject(value)) {
    visit(value, "");
  }
  return slots;
}

function read(holder: JsonObject | Json[], key: string | number): Json {
  return (Array.isArray(holder) ? holder[Number(key)] : holder[key]) ?? null;
}

function write(holder: JsonObject | Json[], key: string | number, value: Json): void {
  if (Array.isArray(holder)) {
    holder[Number(key)] = value;
  } else {
    holder[key] = value;
  }
}

function remove(holder: JsonObject | Json[], key: string | number): void {
  if (Array.isArray(holder)) {
    holder.splice(Number(key), 1);
  } else {
    delete holder[key];
  }
}
