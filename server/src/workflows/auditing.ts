import { basename } from "node:path";
import { PROOFLINE_FOLDER } from "../evidence/repository/places";
import type { Repository } from "../evidence/repository/repository";
import type { AuditedRepository } from "../policy/audit/auditReport";
import { type AuditedState, auditRepository } from "../policy/audit/auditRepository";
import type { RepositoryRules } from "./repositoryPolicies";
import { isIn, type WantedPaths } from "./verify";

/** What one repository's part of a report is made of beside its files. */
export interface AuditParameters
  extends Pick<AuditedState, "report" | "decide" | "device" | "base" | "notes"> {
  readonly repository: Repository;
  readonly rules: RepositoryRules;
  /** Files and folders that are asked about; none for all. */
  readonly wanted: WantedPaths;
  /** Texts that count in place of the saved ones, as an editor has them open. */
  readonly open: ReadonlyMap<string, string>;
}

/** Files whose texts are held at once. */
const FILES_AT_ONCE = 64;

/** Reads the texts of a repository, counts their lines and gathers what an auditor asks of it. */
export async function auditOf(parameters: AuditParameters): Promise<AuditedRepository> {
  const { repository, rules, wanted, open, report, decide, device, base, notes } = parameters;
  const tracked = await repository.trackedFiles();
  const isWanted = wanted.length === 0 ? () => true : isIn(wanted);
  const standing = report.suggestions.map(({ path }) => path);
  const paths = [...new Set([...(tracked ?? []), ...standing])].filter(
    (path) => isWanted(path) && !path.startsWith(`${PROOFLINE_FOLDER}/`),
  );
  let unread = 0;
  async function* texts(): AsyncGenerator<{ readonly path: string; readonly text: string }> {
    for (let from = 0; from < paths.length; from += FILES_AT_ONCE) {
      const some = paths.slice(from, from + FILES_AT_ONCE);
      const saved = await repository.readTexts(some);
      for (const path of some) {
        const text = open.get(path) ?? saved.get(path) ?? null;
        if (text === null || isBinary(text)) {
          unread += 1;
        } else {
          yield { path, text };
        }
      }
    }
  }
  return auditRepository({
    name: basename(repository.folder),
    commit: await repository.revisions.head(),
    paths: wanted,
    policy: rules.file?.name ?? null,
    hold: rules.hold,
    ...{ base, notes, report, decide, device },
    texts: texts(),
    uncounted: () => ({ unread, isWhole: tracked !== null }),
  });
}

/** As git tells: a text holds no NUL. */
function isBinary(text: string): boolean {
  return text.includes("\0");
}
