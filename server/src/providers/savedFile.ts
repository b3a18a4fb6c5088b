import * as z from "zod";
import { SavedAnswer } from "./opengradient/savedAnswer";
import { SavedTdxAnswer } from "./tdx/savedTdxAnswer";

/** An answer that somebody kept in a file, of whichever kind of enclave: its `format` tells. */
export const SavedFile = z.discriminatedUnion("format", [SavedAnswer, SavedTdxAnswer]);
export type SavedFile = z.infer<typeof SavedFile>;
