/**
 * `npm run bench`: what a developer waits for and what it costs, on this machine, now. Nothing here passes or fails:
 * machines differ and are shared, so compare runs on one machine, and ratios rather than single numbers.
 */
import { cpus } from "node:os";
import { benchAnchoring } from "./anchoring";
import { benchSuggestions } from "./suggestions";

async function main(): Promise<void> {
  console.log(`${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}\n`);
  await benchSuggestions();
  await benchAnchoring();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
