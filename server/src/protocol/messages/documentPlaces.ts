/** Documents and places in them, as the Language Server Protocol spells them. */
import * as z from "zod";

export const DocumentUri = z.string().min(1).max(8192);

/** The URI of a workspace folder, whose repository is meant. */
export const FolderUri = z.string();

const Index = z.number().int().nonnegative();

/** Zero-based line, and UTF-16 code unit in it. */
export const TextPosition = z.object({ line: Index, character: Index });

/** From `start` up to, and not including, `end`. */
export const TextRange = z.object({ start: TextPosition, end: TextPosition });
