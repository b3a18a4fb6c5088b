/**
 * `npm run bench`: what a developer waits for and what it costs, on this machine, now. Nothing here passes or fails:
 * machines differ and are shared, so compare runs on one machine, and ratios rather than single numbers.
 *
 * `npm run bench -- --peers [MODEL…]` compares the engine with others instead, `npm run bench -- --context
 * [DIRECTORY]` prompts with chunks of other files with prompts without them, for the embedded model or another, `npm run
 * bench -- --scale [--large] [PART…]` what many suggestions and many files cost, `npm run bench -- --proofs [COUNT]` what proofs
 * of the chain's state do, `npm run bench -- --hooks` what the check before each commit costs, `npm run bench --
 * --latency` what somebody who types waits for. With `--slow`, whatever is measured has half of one core.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installationOf } from "../../server/src/workflows/installation";
import { benchAnchoring } from "./anchoring";
import { benchAnchorProofs } from "./anchorProofs";
import { benchContext } from "./context";
import { takeHalfACore } from "./halfACore";
import { benchHooks } from "./hooks";
import { benchKeystrokes } from "./keystrokes";
import { benchLatency } from "./latency";
import { describeMachine } from "./machine";
import { benchPeers } from "./peers/peers";
import { benchScale } from "./scale/scale";
import { benchSuggestions } from "./suggestions";
import { benchTexts } from "./texts";

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      peers: { type: "boolean", default: false },
      context: { type: "boolean", default: false },
      proofs: { type: "boolean", default: false },
      hooks: { type: "boolean", default: false },
      latency: { type: "boolean", default: false },
      slow: { type: "boolean", default: false },
      scale: { type: "boolean", default: false },
      large: { type: "boolean", default: false },
    },
  });
  if (values.slow) {
    takeHalfACore();
  }
  console.log(`${describeMachine()}${values.slow ? ", held to half of one core" : ""}\n`);
  if (values.peers) {
    await benchPeers(positionals);
    return;
  }
  if (values.latency || (values.slow && !values.context)) {
    await benchLatency();
    return;
  }
  if (values.context) {
    const { modelDirectory } = installationOf(join(process.cwd(), "dist"));
    await benchContext(positionals[0] ?? modelDirectory, 400);
    return;
  }
  if (values.proofs) {
    await benchAnchorProofs(Number(positionals[0] ?? 2_000));
    return;
  }
  if (values.hooks) {
    await benchHooks();
    return;
  }
  if (values.scale) {
    await benchScale({ large: values.large, parts: positionals });
    return;
  }
  await benchSuggestions();
  await benchKeystrokes();
  benchTexts();
  await benchAnchoring();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
