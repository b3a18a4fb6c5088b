import type { EvidenceReading } from "../provenance/evidence";
import type { SealedEvidence, SealParameters } from "../provenance/seal";

/** What is asked of the verification worker; `key` is the device's private key, which never leaves the process. */
export type WorkerRequest =
  | { readonly id: number; readonly kind: "read"; readonly bytes: Uint8Array }
  | {
      readonly id: number;
      readonly kind: "seal";
      readonly parameters: Omit<SealParameters, "sign">;
      readonly key: Uint8Array;
    };

export type WorkerAnswer =
  | { readonly id: number; readonly kind: "read"; readonly reading: EvidenceReading }
  | { readonly id: number; readonly kind: "seal"; readonly sealed: SealedEvidence }
  | {
      readonly id: number;
      readonly kind: "error";
      readonly error: { readonly code: string; readonly reason: string; readonly remedy: string };
    };
