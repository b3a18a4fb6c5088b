/** Whether the code of a repository is sent to an enclave: what a person is shown, and what they say. */
import * as z from "zod";
import { Count, Digest } from "../../platform/primitives";
import { EnclaveModelName, EnclaveName } from "../enclaveNames";
import { SettlementKind } from "../settlementKinds";
import { FolderUri } from "./documentPlaces";
import { Nothing, question, request } from "./message";

const Wanted = z.object({
  folder: FolderUri,
  /** The name that the registry knows it by. */
  enclave: EnclaveName,
  /** As OpenGradient calls it. */
  model: EnclaveModelName,
  settlement: SettlementKind,
});

/** The enclaves that may be asked now. */
export const ListEnclaves = question(
  "proofline/listEnclaves",
  "clientToServer",
  z.object({
    enclaves: z.array(
      z.object({
        name: EnclaveName,
        endpoint: z.string(),
        /** Seconds since 1970. */
        registeredAt: Count,
      }),
    ),
    /** Why nobody can tell which there are, in a sentence; `null` where that is known. */
    problem: z.nullable(z.string()),
  }),
);
export namespace ListEnclaves {
  export type Result = z.infer<typeof ListEnclaves.result>;
}

/** What a person has to agree to. */
export const ReviewEnclave = request(
  "proofline/reviewEnclave",
  "clientToServer",
  Wanted,
  z.object({
    /** Names exactly what is shown. */
    digest: Digest,
    lines: z.array(z.string()),
  }),
);

/** Keeps that a person agreed to what they were shown. */
export const UseEnclave = request(
  "proofline/useEnclave",
  "clientToServer",
  Wanted.extend({ digest: Digest }),
  Nothing,
);

/** Takes it back: the model on this computer suggests again. */
export const UseLocalModel = request(
  "proofline/useLocalModel",
  "clientToServer",
  z.object({ folder: FolderUri }),
  Nothing,
);
