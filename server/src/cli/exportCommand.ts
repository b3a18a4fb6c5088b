import { basename } from "node:path";
import { unreachable } from "../platform/errors";
import { bomOf } from "../policy/interop/bomExport";
import { standingSuggestions } from "../policy/interop/standingSuggestion";
import { traceOf } from "../policy/interop/traceExport";
import { installedManifests } from "../workflows/installedManifests";
import { saveReport } from "../workflows/saveReport";
import { versionIn } from "../workflows/version";
import type { Answer } from "./answers";
import type { ChainFlags } from "./chainOptions";
import type { EnclaveFlags } from "./enclaveOptions";
import type { ExportFormat } from "./exportFormats";
import { select } from "./judgedReport";
import { type CommandResult, note, textOf } from "./output";
import { type RepositoryReport, reportOf } from "./repositoryReport";
import { modelPlacesOf, type Session } from "./session";

export interface ExportFlags extends ChainFlags, EnclaveFlags {
  readonly format: ExportFormat;
  /** Where to write it; `null` for standard output. */
  readonly output: string | null;
  /** Whether to load the model; without it, what was not replayed before stays `anchored`. */
  readonly replay: boolean;
}

/** `proofline export --format FORMAT [PATH…]`: what stands today, in the form of another tool. It judges nothing: the verdict is told along. */
export async function exportAs(
  session: Session,
  paths: readonly string[],
  flags: ExportFlags,
): Promise<CommandResult<Answer<"export">>> {
  const found = await reportOf(session, flags, {
    replay: flags.replay ? "missing" : "none",
    base: null,
    paths,
  });
  const report = select(found.report, found.wanted);
  const document = await documentOf(session, { ...found, report }, flags.format);
  if (report.files.length > 0) {
    note("Something in .proofline cannot be believed; `proofline verify` says what.");
  }
  if (flags.output === null) {
    return { exitCode: 0, json: document, text: [], document: { json: document } };
  }
  const text = textOf({ json: document });
  await saveReport(flags.output, text);
  const bytes = Buffer.byteLength(text, "utf8");
  return {
    exitCode: 0,
    json: { file: flags.output, format: flags.format, bytes },
    text: [`Wrote ${flags.output} (${flags.format}, ${bytes.toLocaleString("en")} bytes).`],
  };
}

async function documentOf(session: Session, found: RepositoryReport, format: ExportFormat) {
  const { repository, report } = found;
  const common = {
    version: versionIn(session.installation.root),
    made: Math.floor(Date.now() / 1000),
  };
  switch (format) {
    case "agent-trace": {
      const texts = await repository.readTexts(new Set(report.suggestions.map(({ path }) => path)));
      const suggestions = standingSuggestions(report.suggestions, texts);
      const without = report.suggestions.length - suggestions.length;
      if (without > 0) {
        note(`Left out for want of a place that can be told: ${without} of ${report.suggestions.length}.`);
      }
      return traceOf({ ...common, suggestions, revision: await revisionOf(found) });
    }
    case "cyclonedx": {
      const digests = report.suggestions.flatMap(({ findings }) => findings.model.manifestDigest ?? []);
      return bomOf({
        ...common,
        repository: basename(repository.folder),
        commit: await repository.revisions.head(),
        verdicts: report.suggestions,
        pins: await installedManifests(modelPlacesOf(session), new Set(digests)),
      });
    }
    default:
      return unreachable(format);
  }
}

/** The commit in which these lines stand at these places; `null`, and said, where they stand in none. */
async function revisionOf({ repository, report }: RepositoryReport): Promise<string | null> {
  const head = await repository.revisions.head();
  if (head === null) {
    note("No commit is checked out, so the record names no revision.");
    return null;
  }
  const changed = new Set((await repository.revisions.changesSince("HEAD")).map(({ path }) => path));
  const told = await repository.regularFiles();
  if (report.suggestions.some(({ path }) => changed.has(path) || !told.has(path))) {
    note("Some of these files are not as they were committed, so the record names no revision.");
    return null;
  }
  return head;
}
