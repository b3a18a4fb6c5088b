import type { SealBatchParameters, SealedEvidence } from "../../evidence/format/sealBatch";
import type { LineReading, LineSpan } from "../../evidence/locate/enclosure";
import type { SentError } from "../../platform/sentError";

/** What is asked of the verification thread. For sealing it reads the device's key below `home` by itself. */
export type WorkerRequest =
  | {
      readonly id: number;
      readonly kind: "read";
      readonly bytes: Uint8Array;
      /** Where readings are kept from one process to the next; `null` where none are. */
      readonly home: string | null;
    }
  | {
      readonly id: number;
      readonly kind: "compare";
      readonly path: string;
      readonly before: string;
      readonly after: string;
    }
  | {
      readonly id: number;
      readonly kind: "readLines";
      readonly path: string;
      readonly text: string;
      readonly spans: readonly LineSpan[];
    }
  | {
      readonly id: number;
      readonly kind: "seal";
      readonly parameters: Omit<SealBatchParameters, "sign">;
      readonly home: string;
    };

/** `reading` is an `EvidenceReading` as `storeReading` stores it. */
export type WorkerAnswer =
  | { readonly id: number; readonly kind: "read"; readonly reading: Uint8Array }
  | { readonly id: number; readonly kind: "compare"; readonly same: boolean }
  | {
      readonly id: number;
      readonly kind: "readLines";
      readonly lines: readonly (LineReading | null)[] | null;
    }
  | { readonly id: number; readonly kind: "seal"; readonly sealed: SealedEvidence }
  | { readonly id: number; readonly kind: "error"; readonly error: SentError };
