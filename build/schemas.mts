// Writes the JSON Schemas of the formats to docs/schemas/. Run it after a change to one of its schemas.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { Anchor } from "../server/src/chain/chain";
import { EvidenceFile, PromptOpenings } from "../server/src/evidence/format/evidenceFile";
import {
  FirstEvidenceFile,
  FirstPromptOpenings,
} from "../server/src/evidence/format/firstVersion/firstEvidenceFile";
import { FirstStatement } from "../server/src/evidence/format/firstVersion/firstStatement";
import { Statement } from "../server/src/evidence/format/statement";
import { AuditReport } from "../server/src/policy/audit/auditReport";
import { Blame } from "../server/src/policy/blame";
import { PolicyFile } from "../server/src/policy/file/policyFile";
import { Report } from "../server/src/policy/report";
import { AnswerReport } from "../server/src/providers/attestation/answerReport";
import { SavedAnswer } from "../server/src/providers/opengradient/savedAnswer";
import { SavedTdxAnswer } from "../server/src/providers/tdx/savedTdxAnswer";
import { root } from "./bundle.mjs";

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  evidence: EvidenceFile,
  statement: Statement,
  "prompts-replayable": PromptOpenings.replayable,
  "prompts-attested": PromptOpenings.attested,
  "prompts-stated": PromptOpenings.stated,
  "evidence-v1": FirstEvidenceFile,
  "statement-v1": FirstStatement,
  "prompts-replayable-v1": FirstPromptOpenings.replayable,
  "prompts-attested-v1": FirstPromptOpenings.attested,
  "prompts-stated-v1": FirstPromptOpenings.stated,
  anchor: Anchor,
  policy: PolicyFile,
  report: Report,
  blame: Blame,
  "audit-report": AuditReport,
  "opengradient-answer": SavedAnswer,
  "tdx-answer": SavedTdxAnswer,
  "attestation-report": AnswerReport,
};

/** The text of each schema's file (JSON Schema 2020-12), by the file's name. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(SCHEMAS).map(([name, schema]) => [
      `${name}.schema.json`,
      `${JSON.stringify(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }), null, 2)}\n`,
    ]),
  );
}

if (process.argv[1]?.endsWith("schemas.mts")) {
  const folder = join(root, "docs", "schemas");
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of schemaFiles()) {
    writeFileSync(join(folder, name), text);
  }
}
