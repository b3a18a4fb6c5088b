import type { Repository } from "../../evidence/repository/repository";
import { ProoflineError } from "../../platform/errors";
import type { AuditedRepository } from "../../policy/audit/auditReport";
import { auditText } from "../../policy/audit/auditText";
import { ExportReport } from "../../protocol/messages";
import { auditOf } from "../../workflows/auditing";
import { admissionBy, policyProblems } from "../../workflows/repositoryPolicies";
import { saveReport } from "../../workflows/saveReport";
import { onRequest } from "../requests";
import type { ServerContext } from "../serverContext";
import { openWorkspaceFolder } from "../workspaceFolder";
import { verifyWhole, type WholeRepositoryParts } from "./wholeRepository";

/** `proofline/exportReport`: writes a report for an auditor about the window's repositories, or one of them. */
export function provideReportExport(
  context: ServerContext,
  parts: WholeRepositoryParts,
  version: string,
): void {
  const { connection, locations } = context;
  onRequest(connection, ExportReport, async ({ format, file, folder }, token) => {
    const repositories: AuditedRepository[] = [];
    const wanted = folder === null ? await locations.here() : [await openWorkspaceFolder(folder)];
    if (wanted.length === 0) {
      throw new ProoflineError("repository", "No repository is open in this window.", "makeRepository");
    }
    for (const repository of wanted) {
      repositories.push(await audit(context, parts, repository));
      if (token.isCancellationRequested) {
        return null;
      }
    }
    const report = {
      format: "proofline/audit-report/v1",
      version,
      made: Math.floor(Date.now() / 1000),
      repositories,
    } as const;
    await saveReport(file, auditText(report, format));
    const suggestions = repositories.reduce((sum, repository) => sum + repository.suggestions.length, 0);
    return { repositories: repositories.length, suggestions };
  });
}

async function audit(
  context: ServerContext,
  parts: WholeRepositoryParts,
  repository: Repository,
): Promise<AuditedRepository> {
  const { report, evidence, device, rules } = await verifyWhole(context, parts, repository);
  return auditOf({
    ...{ repository, rules, device },
    report: { ...report, files: [...evidence.problems, ...report.files, ...policyProblems(rules)] },
    decide: admissionBy(rules),
    wanted: [],
    base: null,
    notes: [],
    open: await openTexts(context, repository),
  });
}

/** The texts of a repository's open documents, by their paths. */
async function openTexts(
  { documents, locations }: ServerContext,
  repository: Repository,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const document of documents.all()) {
    const { repositoryPath, path } = await locations.of(document);
    if (repositoryPath === repository.folder) {
      texts.set(path, document.text);
    }
  }
  return texts;
}
