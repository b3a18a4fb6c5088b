/** Windows of real text that the embedded model was not trained on. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { Tokenizer } from "../../../server/src/inference/tokenizer/tokenizer";
import { TokenizerFile } from "../../../server/src/models/files/tokenizerFile";
import { PinManifest } from "../../../server/src/models/pin/manifest";
import { seededRandom } from "../replay/cursors";

/** Files beyond are mostly generated, and so are lines that long on the average. */
const [LEAST_CHARACTERS, MOST_CHARACTERS, MOST_IN_A_LINE] = [4_000, 200_000, 100];

const Dependencies = z.object({ packages: z.record(z.string(), z.unknown()) });

/** `count` windows of `length` tokens, in turn from this repository's sources and from files of its packages. */
export function windowsOf(
  root: string,
  model: string,
  count: number,
  length: number,
  seed: number,
): number[][] {
  const tokenizer = new Tokenizer(
    TokenizerFile.parse(JSON.parse(readFileSync(join(model, "tokenizer.json"), "utf8"))),
    PinManifest.parse(JSON.parse(readFileSync(join(model, "pin.json"), "utf8"))).prompt,
  );
  const random = seededRandom(seed);
  const pools = [ownFiles(root), packageFiles(root, model)];
  const windows: number[][] = [];
  while (windows.length < count) {
    const files = pools[windows.length % pools.length] ?? [];
    const path = files[Math.floor(random() * files.length)];
    if (path === undefined) {
      throw new Error("there are no files to take text from");
    }
    const text = readFileSync(path, "utf8");
    const ids = tokenizer.encode(text.slice(Math.floor((random() * text.length) / 2)));
    if (isWritten(text) && ids.length >= length) {
      windows.push(ids.slice(0, length));
    }
  }
  return windows;
}

function isWritten(text: string): boolean {
  const lines = text.split("\n").length;
  return (
    text.length >= LEAST_CHARACTERS && text.length <= MOST_CHARACTERS && text.length / lines <= MOST_IN_A_LINE
  );
}

function ownFiles(root: string): string[] {
  const listed = execFileSync("git", ["ls-files", "server/src", "client/src", "test"], { cwd: root });
  return listed
    .toString()
    .split("\n")
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(root, path));
}

/** Scripts and declarations of installed packages that ATTRIBUTION.md, which names the corpus, does not name. */
function packageFiles(root: string, model: string): string[] {
  const attribution = readFileSync(join(model, "ATTRIBUTION.md"), "utf8");
  const trained = new Set([...attribution.matchAll(/((?:@[\w.-]+\/)?[\w.-]+)@\d/g)].map(([, name]) => name));
  const lock = Dependencies.parse(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")));
  return Object.keys(lock.packages)
    .filter((path) => /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path))
    .filter((path) => !trained.has(path.slice("node_modules/".length)) && existsSync(join(root, path)))
    .flatMap((path) =>
      readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
        .filter((file) => /(?:\.js|\.d\.ts)$/.test(file))
        .map((file) => join(root, path, file)),
    )
    .sort();
}
