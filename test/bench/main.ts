/**
 * `npm run bench`: what a developer waits for and what it costs, on this machine, now. Nothing here passes or fails:
 * machines differ and are shared, so compare runs on one machine, and ratios rather than single numbers.
 *
 * `npm run bench -- --peers [MODEL…]` compares the engine with others instead.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { benchAnchoring } from "./anchoring";
import { benchPeers } from "./peers/peers";
import { benchSuggestions } from "./suggestions";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { peers: { type: "boolean", default: false } },
  });
  console.log(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}\n`);
  if (values.peers) {
    await benchPeers(positionals);
    return;
  }
  await benchSuggestions();
  await benchAnchoring();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
