import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { StopReason } from "../../../../server/src/inference/suggestion";

/** One golden case: a cursor in a text, what the model wrote, and what is left of it. */
export interface GoldenCase {
  readonly name: string;
  /** Says the language; `null` for one that nobody knows. */
  readonly path: string | null;
  readonly prefix: string;
  readonly suffix: string;
  readonly raw: string;
  /** Empty where nothing is shown. */
  readonly shown: string;
  readonly stop: StopReason;
  readonly healed: string;
  /** UTF-16 length of the last token. */
  readonly lastLength: number;
}

const Options = z.strictObject({
  stop: StopReason.default("endOfText"),
  healed: z.string().default(""),
  path: z.string().nullable().default(null),
  last: z.coerce.number().int().default(0),
});

export function goldenPath(name: string): string {
  return fileURLToPath(new URL(`./golden/${name}.md`, import.meta.url));
}

/**
 * Reads a golden file: Markdown with one section a case. Lines `key: value` give the file's path, the stop reason, the healed text and
 * the length of the last token; three fenced blocks give the text with the cursor (`▏`), what the model wrote, and what
 * is shown. Signs that an editor or reader would lose are spelled `·` (a space), `→` (a tab) and `¶` (a line break at
 * the end); a block `shown` without any line is nothing.
 */
export function readGolden(name: string): GoldenCase[] {
  const [, ...sections] = readFileSync(goldenPath(name), "utf8").split(/^## /m);
  return sections.map(readCase);
}

function readCase(section: string): GoldenCase {
  const name = section.slice(0, section.indexOf("\n"));
  const block = (kind: string): string => {
    const found = new RegExp(`^\`\`\`\`${kind}\n((?:.*\n)*?)\`\`\`\`$`, "m").exec(section)?.[1];
    if (found === undefined) {
      throw new Error(`"${name}" has no block "${kind}"`);
    }
    return found.replace(/\n$/, "").replaceAll("·", " ").replaceAll("→", "\t").replaceAll("¶", "\n");
  };
  const [prefix = "", suffix, ...more] = block("at").split("▏");
  if (suffix === undefined || more.length > 0) {
    throw new Error(`"${name}" needs one cursor`);
  }
  const stated = [...section.matchAll(/^(\w+): (.+)$/gm)].filter(
    ({ index }) => index < section.indexOf("````"),
  );
  const { stop, healed, path, last } = Options.parse(
    Object.fromEntries(stated.map(([, key, value]) => [key, value])),
  );
  return {
    name,
    path,
    prefix,
    suffix,
    raw: block("raw"),
    shown: block("shown"),
    stop,
    healed,
    lastLength: last,
  };
}
