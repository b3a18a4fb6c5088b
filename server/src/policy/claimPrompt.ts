import type { ClaimValues } from "../evidence/format/claimValues";
import type { Prompt } from "../inference/suggestion";
import { unreachable } from "../platform/errors";
import { askedBy } from "../providers/opengradient/completionRequest";

const asked = new WeakMap<ClaimValues, Prompt | null>();

/** The prompt behind a claim whose commitments are open; `null` where there is none that anybody here can read. */
export function promptIn(values: ClaimValues | null): Prompt | null {
  switch (values?.kind) {
    case undefined:
    case "stated":
      return null;
    case "replayable":
      return values.prompt;
    case "attested": {
      const known = asked.get(values);
      const prompt =
        known === undefined
          ? (askedBy(Buffer.from(values.request, "base64").toString("utf8"))?.prompt ?? null)
          : known;
      asked.set(values, prompt);
      return prompt;
    }
    default:
      return unreachable(values);
  }
}
