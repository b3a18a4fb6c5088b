/** Suggestions: why there is none, and what became of one that was shown. */
import * as z from "zod";
import { DocumentUri, TextPosition } from "./documentPlaces";
import { notification, request, signal } from "./message";
import { ModelState } from "./serverMessages";

/**
 * The command of every suggestion's item, with the suggestion's id as its argument. The editor runs it after a whole
 * acceptance and at no other time.
 */
export const ACCEPTED_COMMAND = "proofline.didAcceptSuggestion";

const OneDocument = z.object({ uri: DocumentUri });

/** Why a document gets no suggestions, for the language status, `null` where it does; and the model that makes them there. */
export const GetDocumentState = request(
  "proofline/getDocumentState",
  "clientToServer",
  OneDocument,
  z.object({ offReason: z.nullable(z.string()), model: ModelState }),
);

const Accepted = {
  /** The suggestion's id, from the command of its item. */
  id: z.string().min(1),
  uri: DocumentUri,
};
const Acceptance = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("whole"), ...Accepted }),
  z.object({
    kind: z.literal("partial"),
    ...Accepted,
    /** The document's version after the edit that accepted a word or a line. */
    version: z.number().int(),
  }),
]);
const Recorded = z.object({
  recorded: z.boolean(),
  /** Why it was not recorded. */
  reason: z.string().exactOptional(),
});

/**
 * Record that a person accepted part or all of a suggestion, at every cursor where the edit put it. Sent after the edit,
 * so the document holds the text. Answered once the journal holds it durably.
 */
export const AcceptSuggestion = request("proofline/acceptSuggestion", "clientToServer", Acceptance, Recorded);
export namespace AcceptSuggestion {
  export type Parameters = z.infer<typeof Acceptance>;
  export type Result = z.infer<typeof Recorded>;
}

/** What a model writes at a place while it still does, which nobody has signed; empty once it is over. */
export const DidAdvanceSuggestion = notification(
  "proofline/didAdvanceSuggestion",
  "serverToClient",
  OneDocument.extend({ version: z.number().int(), position: TextPosition, text: z.string() }),
);

const UndoOrRedo = z.object({
  uri: DocumentUri,
  /** The document's version after the change. */
  version: z.number().int(),
  kind: z.enum(["undo", "redo"]),
});

/** A change of this document was an undo or a redo, which withdraws or restores acceptances. */
export const DidUndoOrRedo = notification("proofline/didUndoOrRedo", "clientToServer", UndoOrRedo);
export namespace DidUndoOrRedo {
  export type Parameters = z.infer<typeof UndoOrRedo>;
}

/** The person put an end to every suggestion shown in the document: by Escape, or by typing something else. */
export const DidDismissSuggestions = notification(
  "proofline/didDismissSuggestions",
  "clientToServer",
  OneDocument,
);

/**
 * The person's cursor rests at a place where suggestions come by themselves, so that what one will need can be read before
 * it is asked for.
 */
export const DidRestCursor = notification(
  "proofline/didRestCursor",
  "clientToServer",
  OneDocument.extend({ version: z.number().int(), position: TextPosition }),
);

/** Why a document got no suggestion just now; `asked`: a person asked for it, and is told at once. */
export const DidSuggestNothing = notification(
  "proofline/didSuggestNothing",
  "serverToClient",
  z.object({ uri: DocumentUri, reason: z.string(), asked: z.boolean() }),
);

/** Without an edit, something else may be offered somewhere than before, or nothing for another reason. */
export const DidChangeOffers = signal("proofline/didChangeOffers", "serverToClient");

/** The model is loaded. Whoever typed while it was not, and is still waiting for ghost text, can have it now. */
export const DidLoadModel = signal("proofline/didLoadModel", "serverToClient");
