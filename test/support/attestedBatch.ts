/** Answers of a stand-in enclave to requests of Proofline's, and evidence of them. */
import { randomBytes } from "node:crypto";
import { newSalts } from "../../server/src/evidence/format/claimSalts";
import {
  type SealBatchParameters,
  type SealedEvidence,
  sealBatch,
} from "../../server/src/evidence/format/sealBatch";
import type { Prompt } from "../../server/src/inference/suggestion";
import { TRIM_VERSION } from "../../server/src/inference/trim";
import { Digest } from "../../server/src/platform/primitives";
import { OPENGRADIENT_SCHEME, requestBody } from "../../server/src/providers/opengradient/completionRequest";
import { device, facts, pieceIn, sign } from "./sampleBatch";
import { SIGNED_AT, type StandInEnclave, statement } from "./standInEnclave";

export const MODEL = "anthropic/claude-opus-4.8";

/** What an enclave was asked, what it answered, and what evidence says of it; each can be bent. */
export interface Answered {
  readonly request: string;
  readonly answer: string;
  readonly signature: string;
  readonly timestamp: number;
  readonly settlement: string;
  readonly displayed: string;
  readonly enclave: string;
  readonly model: string;
  readonly scheme: string;
}

/** @param text what the model answers; `displayed` is what is left of it, the same unless said */
export function answered(
  enclave: StandInEnclave,
  prompt: Prompt,
  text: string,
  { displayed = text, timestamp = SIGNED_AT, model = MODEL } = {},
): Answered {
  const request = requestBody({ model, prompt, maxTokens: 256 });
  // The gateway does not hash whether an answer comes as a stream.
  const canonical = request.replace('"stream": true, ', "");
  const stated = statement(enclave, canonical, text, timestamp);
  const frames = [
    ...(text.match(/[\s\S]{1,9}/gu) ?? []).map((content) => ({
      choices: [{ index: 0, delta: { content } }],
    })),
    { choices: [{ index: 0, delta: {}, finish_reason: "stop" }], ...stated },
  ];
  return {
    request,
    answer: `${frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join("")}data: [DONE]\n\n`,
    signature: stated.tee_signature,
    timestamp,
    settlement: "private",
    displayed,
    enclave: enclave.name.slice(2),
    model,
    scheme: OPENGRADIENT_SCHEME,
  };
}

export interface AttestedClaim {
  readonly answered: Answered;
  readonly path: string;
  /** The file as it is saved, the accepted text at the position. */
  readonly saved: string;
  readonly position: { readonly line: number; readonly character: number };
  readonly open?: boolean;
}

/** Seals one claim with the sample device, as the batch after `previousSeal`. */
export function sealAttested(
  { answered: of, path, saved, position, open = true }: AttestedClaim,
  {
    repositoryId = facts.repositoryId,
    sequence = 0,
    previousSeal = null,
  }: Partial<Pick<SealBatchParameters, "sequence" | "previousSeal"> & { repositoryId: string }> = {},
): SealedEvidence {
  return sealBatch({
    facts: {
      repositoryId,
      device,
      execution: {
        kind: "attested",
        scheme: of.scheme,
        enclave: Digest.parse(of.enclave),
        model: { name: of.model },
      },
    },
    claims: [
      {
        id: randomBytes(16).toString("hex"),
        values: {
          kind: "attested",
          request: Buffer.from(of.request).toString("base64"),
          answer: Buffer.from(of.answer).toString("base64"),
          signature: of.signature,
          timestamp: of.timestamp,
          settlement: of.settlement,
          displayed: of.displayed,
          accepted: [of.displayed],
        },
        trim: TRIM_VERSION,
        pieces: [pieceIn(saved, path, position, of.displayed)],
        salts: newSalts(),
        promptTravels: open,
      },
    ],
    sequence,
    previousSeal,
    sign,
  });
}
