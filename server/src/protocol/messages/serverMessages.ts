/** How the server is set up and how it is: settings, state of model and chain. */
import * as z from "zod";
import { Count, Digest } from "../../platform/primitives";
import { EnclaveName } from "../enclaveNames";
import { Settings } from "../settings";
import { SettlementKind } from "../settlementKinds";
import { Nothing, notification, question } from "./message";

/** `initializationOptions` of the `initialize` request. */
export const InitializationOptions = z.object({
  settings: Settings,
  /** `PROOFLINE_HOME`, where the client overrides it. */
  home: z.string().min(1).exactOptional(),
});
export type InitializationOptions = z.infer<typeof InitializationOptions>;

/** The settings changed: all of them, as they are now. At start they are part of the `initializationOptions`. */
export const DidChangeSettings = notification(
  "proofline/didChangeSettings",
  "clientToServer",
  z.object({ settings: Settings }),
);

/** The state of the model, with a sentence for people where it is not ready. */
export const ModelState = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("loading") }),
  z.object({
    kind: z.literal("ready"),
    name: z.string(),
    manifestDigest: Digest,
    /** What it was made for, by the editor's identifiers; `null` where nobody says. */
    languages: z.nullable(z.array(z.string()).readonly()),
    /** A sentence that says how it runs, where that is not what the settings ask for. */
    notice: z.string().exactOptional(),
  }),
  /** A model behind an enclave, where the person agreed to that. */
  z.object({
    kind: z.literal("relayed"),
    name: z.string(),
    enclave: EnclaveName,
    settlement: SettlementKind,
    /** What was committed to enclaves within a day, for people; `null` for nothing. */
    committed: z.nullable(z.string()),
  }),
  z.object({ kind: z.literal("failed"), reason: z.string(), remedy: z.string() }),
  z.object({ kind: z.literal("off"), reason: z.string() }),
]);
export type ModelState = z.infer<typeof ModelState>;

/** The state of the chain, as far as something waits for it. */
export const ChainState = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("idle") }),
  z.object({ kind: z.literal("anchoring"), suggestions: Count }),
  z.object({ kind: z.literal("waiting"), suggestions: Count, reason: z.string() }),
  z.object({ kind: z.literal("ready"), name: z.string(), local: z.boolean() }),
]);
export type ChainState = z.infer<typeof ChainState>;

const StatusParameters = z.object({
  model: ModelState,
  chain: ChainState,
  /** Accepted suggestions that are in no anchored batch yet. */
  pending: Count,
  /** The name of a model that the workspace proposes and nobody here chose; `null` without one. */
  proposedModel: z.nullable(z.string()),
  /** What people call a chain that the workspace proposes and nobody here answered to; `null` without one. */
  proposedChain: z.nullable(z.string()),
  /** Whether a repository's policy waits for an answer; `looser` where one that asks for more was accepted. */
  proposedPolicy: z.nullable(z.enum(["new", "looser"])),
});

/** What the status bar and the language status show. Sent after every change, whole. */
export const DidChangeStatus = notification("proofline/didChangeStatus", "serverToClient", StatusParameters);
export namespace DidChangeStatus {
  export type Parameters = z.infer<typeof StatusParameters>;
}

/** Shut the engine down and load it again. */
export const RestartEngine = question("proofline/restartEngine", "clientToServer", Nothing);
