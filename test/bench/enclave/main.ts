/**
 * `npm run measure:enclave [rounds]`: what a suggestion through an enclave costs beside the enclave's own time. Side by side, with the
 * same stand-in on the same machine: the bare request, which checks nothing, and the provider, which makes the request, pins the
 * certificate and makes every check that a reader makes.
 */
import { request } from "node:https";
import { text } from "node:stream/consumers";
import type { CompletionRequest } from "../../../server/src/inference/engine/engine";
import { ChainHash } from "../../../server/src/platform/primitives";
import { chatPrompt } from "../../../server/src/providers/opengradient/chatPrompt";
import { requestBody } from "../../../server/src/providers/opengradient/completionRequest";
import {
  NO_PAYER,
  OpenGradientProvider,
} from "../../../server/src/providers/opengradient/openGradientProvider";
import { askRegistry } from "../../../server/src/workflows/enclaveRegistry";
import { cleanUp } from "../../support/cleanups";
import { startOpenGradient } from "../../support/opengradient/startOpenGradient";
import { row, Samples, timed } from "../samples";

const ROUNDS = Number(process.argv[2] ?? 60);
const MODEL = "gpt-5";
const LINE = "  const total = prices.reduce((sum, price) => sum + price, 0);\n";

/** As much as is ever sent: 8,000 characters before the cursor, 3,000 behind it. */
const REQUEST: CompletionRequest = {
  path: "src/prices.ts",
  prefix: `${LINE.repeat(130)}  return `,
  suffix: `\n}\n${LINE.repeat(45)}`,
  context: [],
  trigger: "explicit",
  extent: "auto",
  maxTokens: 64,
};

try {
  const open = await startOpenGradient({ isFree: true, answer: () => "total - discount(prices);" });
  const { gateway, enclave, registry, clock, root } = open;
  const name = ChainHash.parse(enclave.name);
  const testimony = await askRegistry(registry, name, clock.now());
  const provider = new OpenGradientProvider({
    ...{ enclave: name, model: MODEL, settlement: "private", payer: NO_PAYER, root, now: clock.now },
    askable: async () => ({ endpoint: { url: gateway.url, certificate: enclave.tlsCertificate }, testimony }),
  });
  const body = requestBody({ model: MODEL, prompt: chatPrompt(REQUEST), maxTokens: REQUEST.maxTokens });

  const bare = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        accept: "text/event-stream",
        "x-settlement-type": "private",
      };
      request(
        new URL("/v1/chat/completions", gateway.url),
        { method: "POST", headers, agent: false, rejectUnauthorized: false },
        (response) => resolve(text(response)),
      )
        .once("error", reject)
        .end(body);
    });
  const suggested = async (): Promise<void> => {
    const { kind } = await provider.suggest(REQUEST);
    if (kind !== "offered") {
      throw new Error("nothing was offered");
    }
  };

  for (let round = 0; round < 5; round++) {
    await bare();
    await suggested();
  }
  const [without, all] = [new Samples(), new Samples()];
  for (let round = 0; round < ROUNDS; round++) {
    await timed(without, bare);
    await timed(all, suggested);
  }
  const told = (samples: Samples): string =>
    `${samples.percentile(0.5).toFixed(1)} ms (95th percentile ${samples.percentile(0.95).toFixed(1)})`;
  row("request of", `${body.length} characters, ${ROUNDS} rounds`);
  row("bare request", told(without));
  row("provider, with all checks", told(all));
  row("the checks", `${(all.percentile(0.5) - without.percentile(0.5)).toFixed(1)} ms`);
} finally {
  await cleanUp();
}
