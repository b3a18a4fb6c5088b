import * as z from "zod";
import { Count, Text } from "../../platform/primitives";

const ControlToken = z.strictObject({ text: Text, id: Count });
export type ControlToken = z.infer<typeof ControlToken>;

/** The control tokens that a pin states, by what they are for; the tokenizer must agree on text and id. */
export const ControlTokens = z.strictObject({
  /** Stands before the first token of every text. */
  begin: ControlToken.optional(),
  endOfText: ControlToken,
  /** Ends an answer of a model that was also trained to chat. */
  endOfTurn: ControlToken.optional(),
  /** Ends what was filled in. */
  endOfMiddle: ControlToken.optional(),
  prefix: ControlToken.optional(),
  suffix: ControlToken.optional(),
  middle: ControlToken.optional(),
  padding: ControlToken.optional(),
  /** Stands before, or after, each file. */
  fileSeparator: ControlToken.optional(),
  repositoryName: ControlToken.optional(),
});
export type ControlTokens = z.infer<typeof ControlTokens>;
export type ControlRole = keyof ControlTokens;
