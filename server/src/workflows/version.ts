import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const Package = z.object({ version: z.string() });

/** The version of an installation, by the package that it came in. */
export function versionIn(root: string): string {
  return Package.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8"))).version;
}
