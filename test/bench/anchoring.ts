/** Gas and time of one anchor, and what that comes to for each suggestion of a batch. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWriter } from "../../server/src/chain/chainWriter";
import { stopChain } from "../../server/src/chain/embedded/host";
import { installationOf } from "../../server/src/workflows/installation";
import { ROOT } from "../support/languageClient";
import { removeFolder } from "../support/removeFolder";
import { sample, sealed } from "../support/sampleBatch";
import { row, Samples, timed } from "./samples";

export async function benchAnchoring(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "proofline-bench-"));
  const hostPath = installationOf(join(ROOT, "dist")).chainHost;
  const writer = openWriter({ kind: "embedded", home, hostPath });
  const anchoring = new Samples();
  try {
    for (const size of [1, 16, 128]) {
      const suggestions = Array.from({ length: size }, (_, line) =>
        sample({
          displayed: `const value${line} = compute(${line});`,
          position: { line, character: 0 },
          prompt: { prefix: "x", suffix: "y", context: [] },
        }),
      );
      const sealing = new Samples();
      const { evidence, batchRoot: root } = await timed(sealing, async () => sealed(suggestions));
      await timed(anchoring, () => writer.anchor(root));
      const gas = Number(writer.lastGasUsed);
      row(
        `batch of ${size}`,
        `${gas} gas, ${(gas / size).toFixed(0)} a suggestion; evidence ${(Buffer.byteLength(evidence) / 1000).toFixed(1)} kB; sealed in ${sealing.percentile(1).toFixed(0)} ms`,
      );
    }
    for (let round = 0; round < 20; round += 1) {
      const { batchRoot: root } = sealed([
        sample({ displayed: `const again${round} = 1;`, position: { line: round, character: 0 } }),
      ]);
      await timed(anchoring, () => writer.anchor(root));
    }
    row("anchor, onchain and durable", anchoring.describe("ms"));
  } finally {
    await writer.close();
    await stopChain({ kind: "embedded", home, hostPath });
    removeFolder(home);
  }
}
