/** Whether a chain that a repository proposes counts in it: what a person is shown, and what they say. */
import * as z from "zod";
import { Digest } from "../../platform/primitives";
import { ChainAnswer } from "../chainAnswer";
import { FolderUri } from "./documentPlaces";
import { Nothing, request } from "./message";

/** What the repository of a workspace folder proposes. */
export const ReviewChain = request(
  "proofline/reviewChain",
  "clientToServer",
  z.object({ folder: FolderUri }),
  z.object({
    /** `null` where it proposes nothing, or what counts already. */
    proposal: z.nullable(
      z.object({
        name: z.string(),
        /** Names exactly what is shown. */
        digest: Digest,
        /** `null` until the person says something. */
        answer: z.nullable(ChainAnswer),
        /** All that they have to know, line by line. */
        lines: z.array(z.string()),
      }),
    ),
    /** What cannot be used, in a sentence; `null` for nothing. */
    problem: z.nullable(z.string()),
  }),
);
export namespace ReviewChain {
  export type Result = z.infer<typeof ReviewChain.result>;
}

/** Keeps what a person says of what they were shown. */
export const AnswerChain = request(
  "proofline/answerChain",
  "clientToServer",
  z.object({ folder: FolderUri, digest: Digest, answer: ChainAnswer }),
  Nothing,
);

/** Takes back all that was said of a repository's chain. */
export const ForgetChain = request(
  "proofline/forgetChain",
  "clientToServer",
  z.object({ folder: FolderUri }),
  Nothing,
);
