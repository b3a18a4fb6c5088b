/** What a program of Proofline cost, as `meter.mjs` tells it from inside of its process. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { ROOT } from "../../support/languageClient";
import { removeFolder } from "../../support/removeFolder";

const Told = z.strictObject({
  /** Of all threads of the process. */
  cpuMilliseconds: z.number(),
  peakBytes: z.number(),
  residentBytes: z.number(),
  /** The longest time, in its own CPU time, that the main thread was away from its event loop since it was asked last. */
  pauseMilliseconds: z.number(),
});
export type Told = z.infer<typeof Told>;

export class Meter {
  private readonly folder = mkdtempSync(join(tmpdir(), "proofline-meter-"));
  private readonly file = join(this.folder, "told");

  /** What the environment of the measured process has to say. */
  get env(): Record<string, string> {
    const meter = pathToFileURL(join(ROOT, "test", "bench", "scale", "meter.mjs")).href;
    return { NODE_OPTIONS: `--import ${meter}`, PROOFLINE_BENCH_METER: this.file };
  }

  /** Everything that was told so far, the oldest first. */
  told(): readonly Told[] {
    let text: string;
    try {
      text = readFileSync(this.file, "utf8");
    } catch {
      return [];
    }
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => Told.parse(JSON.parse(line)));
  }

  close(): void {
    removeFolder(this.folder);
  }
}
