import { type AnswerCheck, type AnswerReport, check, notChecked } from "./answerReport";
import type { AttestationScheme } from "./attestationScheme";
import { meaningOfSummary, summarizeAnswer } from "./summarizeAnswer";

/** Has a scheme reply to all its questions about one answer. @param first further checks, of whoever keeps the answer */
export async function judgeAnswer<Parts>(
  scheme: AttestationScheme<Parts>,
  parts: Parts,
  first: readonly AnswerCheck[] = [],
): Promise<AnswerReport> {
  const checks = [
    ...first,
    ...scheme.signedBytes(parts),
    scheme.signingKey(parts),
    scheme.signature(parts),
    ...scheme.registry(parts),
    ...(await scheme.report(parts)),
    notChecked("environmentKnown", scheme.words.environment),
    scheme.settlement(parts),
    check("model", "unproved", "An enclave proves which code relayed an answer, not which weights wrote it."),
  ];
  const summary = summarizeAnswer(checks);
  const named = scheme.named(parts);
  return { summary, meaning: meaningOfSummary(summary, named.model, scheme.words), ...named, checks };
}
