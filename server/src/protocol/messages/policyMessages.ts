/** Whether a repository's policy counts: what a person is shown, and what they say. */
import * as z from "zod";
import { PolicyAnswer } from "../policyAnswer";
import { FolderUri } from "./documentPlaces";
import { Nothing, request } from "./message";

/** The policy of a workspace folder's repository. */
export const ReviewPolicy = request(
  "proofline/reviewPolicy",
  "clientToServer",
  z.object({ folder: FolderUri }),
  z.object({
    /** The policy that counts, line by line; `null` where the built-in rules do. */
    counts: z.nullable(z.array(z.string())),
    /** What waits for an answer; `null` for nothing. */
    proposal: z.nullable(
      z.object({
        /** Names exactly what is shown. */
        digest: z.string(),
        /** All that they have to know, line by line. */
        lines: z.array(z.string()),
        /** Whether something was accepted that asks for more. */
        isLooser: z.boolean(),
      }),
    ),
    /** What cannot be read, in a sentence; `null` for nothing. */
    problem: z.nullable(z.string()),
  }),
);
export namespace ReviewPolicy {
  export type Result = z.infer<typeof ReviewPolicy.result>;
}

/** Keeps what a person says of what they were shown. */
export const AnswerPolicy = request(
  "proofline/answerPolicy",
  "clientToServer",
  z.object({ folder: FolderUri, digest: z.string(), answer: PolicyAnswer }),
  Nothing,
);

/** Takes back what was said of a repository's policy. */
export const ForgetPolicy = request(
  "proofline/forgetPolicy",
  "clientToServer",
  z.object({ folder: FolderUri }),
  Nothing,
);
