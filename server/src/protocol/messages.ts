/**
 * Every message between client and server that the Language Server Protocol does not define: one namespace each,
 * with method, direction and purpose. Both sides import it; nothing else names a method.
 */
import type { Position, Range } from "vscode-languageserver-protocol";
import {
  NotificationType,
  NotificationType0,
  RequestType,
  RequestType0,
} from "vscode-languageserver-protocol";
import type { Digest } from "../platform/primitives";
import type { Settings } from "./settings";
import type { Summary } from "./verdictWords";

/** Client → server: the settings changed (they are `initializationOptions.settings` at start). */
export namespace DidChangeSettings {
  export const type = new NotificationType<{ settings: Settings }>("proofline/didChangeSettings");
}

/** What a suggestion shows in the editor. */
export interface ShownVerdict {
  readonly id: string;
  /** Zero-based; from the first to the last line that is still as accepted. */
  readonly range: Range;
  readonly summary: Summary;
  /** The anchor lies on a developer's own chain, and the badge says so. */
  readonly localChain: boolean;
  /** Completes the badge where the summary alone would mislead, e.g. `journal only: not in a folder`. */
  readonly note: string | null;
}

/**
 * Server → client: the verdicts of one document, whole each time. `version` is the document version that the ranges
 * are for; the client shifts them with later edits until the next message.
 */
export namespace DidChangeVerdicts {
  export interface Parameters {
    readonly uri: string;
    readonly version: number;
    readonly verdicts: readonly ShownVerdict[];
  }
  export const type = new NotificationType<Parameters>("proofline/didChangeVerdicts");
}

/** The state of the model, with a sentence for people where it is not ready. */
export type ModelState =
  | { readonly kind: "loading" }
  /** `notice`: a sentence that says how it runs, where that is not what the settings ask for. */
  | {
      readonly kind: "ready";
      readonly name: string;
      readonly manifestDigest: Digest;
      readonly notice?: string;
    }
  | { readonly kind: "failed"; readonly reason: string; readonly remedy: string }
  | { readonly kind: "off"; readonly reason: string };

/** The state of the chain as far as something waits for it. */
export type ChainState =
  | { readonly kind: "idle" }
  | { readonly kind: "anchoring"; readonly suggestions: number }
  | { readonly kind: "waiting"; readonly suggestions: number; readonly reason: string }
  | { readonly kind: "ready"; readonly name: string; readonly local: boolean };

/** Server → client: what the status bar and the language status show. Sent after every change, whole. */
export namespace DidChangeStatus {
  export interface Parameters {
    readonly model: ModelState;
    readonly chain: ChainState;
    /** Accepted suggestions that are in no anchored batch yet. */
    readonly pending: number;
    /** The name of a model that the workspace proposes and nobody here chose; `null` without one. */
    readonly proposedModel: string | null;
  }
  export const type = new NotificationType<Parameters>("proofline/didChangeStatus");
}

/** Why a document gets no suggestions, for the language status; `null` when it does. */
export namespace DocumentState {
  export interface Parameters {
    readonly uri: string;
  }
  export interface Result {
    readonly offReason: string | null;
  }
  export const type = new RequestType<Parameters, Result, void>("proofline/documentState");
}

/**
 * Client → server: part or all of an offered suggestion was accepted. Sent after the edit, so the document holds
 * the text. The server resolves once the journal holds it durably.
 */
export namespace DidAccept {
  export interface Parameters {
    /** The suggestion's id, from the completion item's command. */
    readonly id: string;
    readonly uri: string;
    readonly kind: "whole" | "partial";
    /** For `partial`: UTF-16 length, from the suggestion's start, of what has been accepted so far. */
    readonly acceptedLength?: number;
  }
  export interface Result {
    readonly recorded: boolean;
    /** Why it was not recorded. */
    readonly reason?: string;
  }
  export const type = new RequestType<Parameters, Result, void>("proofline/didAccept");
}

/** Client → server: the last change of this document was an undo or a redo, which withdraws or restores acceptances. */
export namespace DidUndoOrRedo {
  export interface Parameters {
    readonly uri: string;
    readonly version: number;
    readonly kind: "undo" | "redo";
  }
  export const type = new NotificationType<Parameters>("proofline/didUndoOrRedo");
}

/** Client → server: the person's own edit ended every offer in the document (Escape, or typing over it). */
export namespace DidDismiss {
  export const type = new NotificationType<{ readonly uri: string }>("proofline/didDismiss");
}

/** Client → server: seal and anchor all that is pending, now. Supports progress and cancellation. */
export namespace AnchorNow {
  export interface Result {
    readonly anchored: number;
    /** What kept the rest from being sealed or anchored; empty when nothing did. */
    readonly problems: readonly string[];
  }
  export const type = new RequestType0<Result, void>("proofline/anchorNow");
}

/** Client → server: replay the suggestions of a document (or one of them) now. */
export namespace ReplayNow {
  export interface Parameters {
    readonly uri: string;
    readonly id?: string;
  }
  export interface Result {
    readonly exact: number;
    readonly withinTolerance: number;
    readonly mismatch: number;
    readonly impossible: number;
    readonly reasons: readonly string[];
  }
  export const type = new RequestType<Parameters, Result, void>("proofline/replayNow");
}

/** Client → server: verify one document afresh, nothing cached. */
export namespace VerifyFile {
  export interface Result {
    readonly counts: Readonly<Record<Summary, number>>;
    readonly problems: readonly string[];
  }
  export const type = new RequestType<{ readonly uri: string }, Result, void>("proofline/verifyFile");
}

/** Client → server: the whole hover text at a place, as markdown; `null` where no suggestion lies. */
export namespace VerdictAt {
  export interface Parameters {
    readonly uri: string;
    readonly position: Position;
  }
  export interface Result {
    readonly id: string;
    readonly markdown: string;
    readonly range: Range;
  }
  export const type = new RequestType<Parameters, Result | null, void>("proofline/verdictAt");
}

/** Client → server: the evidence file that holds a suggestion, or why there is none yet. */
export namespace LocateEvidence {
  export type Result =
    | { readonly kind: "file"; readonly uri: string }
    | { readonly kind: "none"; readonly reason: string };
  export const type = new RequestType<{ readonly id: string }, Result, void>("proofline/locateEvidence");
}

/** Server → client: somebody asked for a suggestion, and this sentence says why there is none. */
export namespace DidOfferNothing {
  export interface Parameters {
    readonly uri: string;
    readonly reason: string;
  }
  export const type = new NotificationType<Parameters>("proofline/didOfferNothing");
}

/** Server → client: the transaction key for a chain from SecretStorage, or `null`. */
export namespace TransactionKey {
  export const type = new RequestType<{ readonly chainId: number }, string | null, void>(
    "proofline/transactionKey",
  );
}

/** Server → client: the end of the embedded chain's start-up wait or the like: refresh everything shown. */
export namespace RefreshInlineCompletions {
  export const type = new NotificationType0("proofline/refreshInlineCompletions");
}

/** What a person wants to pin or fetch. `workspace`: one of the models that the repository's `models.json` names. */
export type WantedModel =
  | { readonly kind: "folder"; readonly path: string }
  | { readonly kind: "huggingface"; readonly repository: string; readonly revision: string }
  | { readonly kind: "workspace"; readonly manifestDigest: Digest };

/**
 * Client → server: what would be pinned, and fetched for that. Asks the hub and downloads nothing. Several variants and
 * none named: the answer is the variants. Can be cancelled.
 */
export namespace PlanModel {
  export interface Parameters {
    /** The workspace folder that the pin is for, as a URI; `null` without one. */
    readonly folder: string | null;
    readonly model: WantedModel;
    readonly variant: string | null;
  }
  export interface Plan {
    readonly kind: "plan";
    readonly name: string;
    /** The commit that the revision stands for, and that is pinned; `null` for a folder. */
    readonly commit: string | null;
    /** The repository, and the folder in it where the model does not lie at its top. */
    readonly from: string;
    readonly licence: string | null;
    readonly signed: boolean;
    readonly files: readonly { readonly path: string; readonly size: number }[];
    /** Bytes. */
    readonly size: number;
    readonly toDownload: number;
  }
  export interface Variants {
    readonly kind: "variants";
    readonly variants: readonly {
      readonly name: string;
      readonly graph: string;
      /** Bytes of all that belongs to it. */
      readonly size: number;
    }[];
  }
  export const type = new RequestType<Parameters, Plan | Variants, void>("proofline/planModel");
}

/**
 * Client → server: pin a folder, or download and pin. Sends `DidProgressModel` meanwhile; can be cancelled, and goes on
 * where it stopped when it is asked for again.
 */
export namespace PinModel {
  export interface Parameters {
    readonly folder: string | null;
    readonly model: WantedModel;
    readonly variant: string | null;
    /** Other bytes under a pinned name are meant. */
    readonly replace: boolean;
    /** Whom the person trusts to sign the model, as PEM texts. */
    readonly trust:
      | { readonly kind: "none" }
      | { readonly kind: "key"; readonly pem: string }
      | { readonly kind: "authorities"; readonly pem: string };
  }
  export interface Result {
    readonly name: string;
    readonly manifestDigest: Digest;
    /** One line about the signature. */
    readonly signature: string;
    /** The path of the workspace's file below its repository's top, where it was written. */
    readonly written: string | null;
  }
  export const type = new RequestType<Parameters, Result, void>("proofline/pinModel");
}

/** Server → client: how far the download is, in bytes. One download runs at a time. */
export namespace DidProgressModel {
  export interface Parameters {
    readonly path: string;
    readonly done: number;
    readonly total: number;
  }
  export const type = new NotificationType<Parameters>("proofline/didProgressModel");
}

/** Client → server: the models that a workspace names, and which of them this machine has and uses. */
export namespace WorkspaceModels {
  export interface Model {
    readonly name: string;
    readonly manifestDigest: Digest;
    readonly from: string;
    /** Bytes of its files. */
    readonly size: number;
    /** A person on this machine pinned or fetched it. */
    readonly installed: boolean;
    readonly proposed: boolean;
    readonly chosen: boolean;
    /** It can be downloaded; otherwise it was pinned from a folder. */
    readonly fetchable: boolean;
    /** One line about its signature, where it is installed; else `null`. */
    readonly signature: string | null;
  }
  export const type = new RequestType<{ readonly folder: string }, readonly Model[], void>(
    "proofline/workspaceModels",
  );
}

/** Client → server: use an installed model in a workspace, on this machine; `null`: that of the settings again. */
export namespace ChooseModel {
  export interface Parameters {
    readonly folder: string;
    readonly manifestDigest: Digest | null;
  }
  export const type = new RequestType<Parameters, void, void>("proofline/chooseModel");
}

/** Server → client: the token for a hub from SecretStorage, or `null`. It is sent to that origin alone. */
export namespace HubToken {
  export const type = new RequestType<{ readonly hub: string }, string | null, void>("proofline/hubToken");
}

/** Client → server: shut the engine down and load it again. */
export namespace RestartEngine {
  export const type = new RequestType0<void, void>("proofline/restartEngine");
}

/** `initializationOptions` of the `initialize` request. */
export interface InitializationOptions {
  readonly settings: Settings;
  /** `PROOFLINE_HOME`, where the client overrides it. */
  readonly home?: string;
}
