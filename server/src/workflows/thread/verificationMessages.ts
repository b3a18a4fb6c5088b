import type { Anchor } from "../../chain/chain";
import type { ContractFacts } from "../../chain/knownChains";
import type { SealBatchParameters, SealedEvidence } from "../../evidence/format/sealBatch";
import type { LineReading, LineSpan } from "../../evidence/locate/enclosure";
import type { SentError } from "../../platform/sentError";
import type { AnswerReport } from "../../providers/attestation/answerReport";
import type { ClaimedAnswer } from "../../providers/opengradient/claimedAnswer";
import type { RegistryTestimony } from "../../providers/opengradient/registryTestimony";
import type { SettlementTestimony } from "../../providers/opengradient/settlementTestimony";

/** An anchor whose proof is to be checked. */
export interface ProofQuestion {
  readonly anchor: Anchor;
  readonly facts: ContractFacts;
}

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
      readonly kind: "checkProofs";
      readonly questions: readonly ProofQuestion[];
      /** Where it is kept that a proof holds. */
      readonly home: string;
    }
  | {
      readonly id: number;
      readonly kind: "checkAnswer";
      readonly claimed: ClaimedAnswer;
      /** What the chain says of its enclave; `null` where nobody asked. */
      readonly registry: RegistryTestimony | null;
      /** The same of its settlement. */
      readonly settlement: SettlementTestimony | null;
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
  /** In the order of the questions, each as `ProofChecker` has it. */
  | { readonly id: number; readonly kind: "checkProofs"; readonly flaws: readonly (string | null)[] }
  | { readonly id: number; readonly kind: "checkAnswer"; readonly report: AnswerReport }
  | { readonly id: number; readonly kind: "seal"; readonly sealed: SealedEvidence }
  | { readonly id: number; readonly kind: "error"; readonly error: SentError };
