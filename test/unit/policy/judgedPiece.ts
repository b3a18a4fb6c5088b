/** Verifies one accepted piece in a changed text, as the command line does, with grammars and an honest replay. */
import { join } from "node:path";
import { Grammars } from "../../../server/src/evidence/locate/grammars";
import type { Prompt } from "../../../server/src/inference/suggestion";
import { verify } from "../../../server/src/policy/verifyEvidence";
import type { VerifyParameters } from "../../../server/src/policy/verifyParameters";
import { GrammarQuestions } from "../../../server/src/workflows/grammarQuestions";
import { type SealingOptions, sample, sealed } from "../../support/sampleBatch";
import { parameters } from "./goodCase";

export const grammars = new Grammars(join(process.cwd(), "node_modules/@vscode/tree-sitter-wasm/wasm"));

export interface Case {
  readonly path: string;
  readonly saved: string;
  readonly accepted: string;
  readonly today: string;
  readonly prompt?: Partial<Prompt>;
  readonly options?: SealingOptions;
  /** Further files of today. */
  readonly more?: Partial<VerifyParameters>;
}

/** `[summary, content]` of each verdict. */
export async function judged({
  path,
  saved,
  accepted,
  today,
  prompt,
  options,
  more,
}: Case): Promise<readonly string[]> {
  const at = saved.indexOf(accepted);
  const before = saved.slice(0, at);
  const suggestion = sample({
    path,
    displayed: accepted,
    accepted,
    position: { line: before.split("\n").length - 1, character: at - before.lastIndexOf("\n") - 1 },
    prompt: { prefix: before, suffix: saved.slice(at + accepted.length), context: [], ...prompt },
  });
  const [first, last] = [before, before + accepted].map((text) => text.split("\n").length - 1);
  // As sealing does.
  const read = await grammars
    .linesOf(path, saved, [{ first: first ?? 0, last: last ?? 0 }])
    .catch(() => null);
  const textParts = read?.[0]?.isSure === true ? read[0].digest : null;
  const file = sealed([suggestion], { texts: { [path]: saved }, textParts, ...options });
  const questions = new GrammarQuestions(grammars);
  const { sameTokens, linesOf } = questions;
  const report = await questions.settled(() =>
    verify({
      ...parameters("", [file], [suggestion.id]),
      texts: new Map([[path, today]]),
      sameTokens,
      linesOf,
      ...more,
    }),
  );
  return report.suggestions.map(({ summary, checks }) => `${summary} ${checks.content}`);
}
