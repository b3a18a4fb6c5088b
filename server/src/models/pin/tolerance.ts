import * as z from "zod";

/**
 * How far a claim may stray from what a replay computes. Calibrated for each pin on honest suggestions whose logits
 * were computed by other kernels (`npm run calibrate`), and part of the pin, so that whoever approves the one
 * approves the other. The upper bounds here hold for every pin: two tokens 0.05 logits apart are nearly as likely.
 */
export const Tolerance = z.strictObject({
  /** How far, in logits, a claimed token may stand behind the first choice. */
  margin: z.number().min(0).max(0.05),
  /** How many tokens of one suggestion may stand behind the first choice at all. */
  notFirst: z.number().int().min(0).max(8),
});
export type Tolerance = z.infer<typeof Tolerance>;
