/** *Export Report…*: what an auditor asks of this window's repositories, or of one, as a file. */
import { Uri, window, workspace } from "vscode";
import { AUDIT_ENDINGS, type AuditFormat } from "../../../server/src/protocol/auditFormats";
import { ExportReport } from "../../../server/src/protocol/messages";
import { registerCommand, tell } from "../commandRunner";
import { type ListChoice, pick, withProgress } from "../dialogs";
import type { FeatureContext } from "../featureContext";
import { counted } from "../format";

const FORMATS: readonly ListChoice<AuditFormat>[] = [
  { icon: "globe", label: "HTML", detail: "A page that needs nothing but itself", value: "html" },
  { icon: "table", label: "CSV", detail: "A table for spreadsheets", value: "csv" },
  { icon: "json", label: "JSON", detail: "All of it, for programs", value: "json" },
  { icon: "markdown", label: "Markdown", detail: "For a ticket or a pull request", value: "markdown" },
];

export function activate(context: FeatureContext): void {
  registerCommand(context, "proofline.exportReport", () => exportReport(context));
}

async function exportReport(context: FeatureContext): Promise<void> {
  const folder = await askWhere();
  if (folder === undefined) {
    return;
  }
  const format = await pick(FORMATS, { title: "Export Report", placeHolder: "In which form?" });
  const file = format === undefined ? undefined : await askForFile(format.value);
  if (format === undefined || file === undefined) {
    return;
  }
  const written = await withProgress("Proofline: writing the report", (token) =>
    context.server.request(
      ExportReport,
      { format: format.value, file: file.fsPath, folder: folder.value },
      token,
    ),
  );
  if (written !== null) {
    const { repositories, suggestions } = written;
    const about = repositories === 1 ? "" : ` in ${repositories} repositories`;
    await tell(
      context,
      "information",
      `Wrote ${file.fsPath}: ${counted(suggestions, "suggestion")}${about}.`,
    );
  }
}

/** Which repository: all of the window's (`null`), or that of one folder; `undefined` where the person changed their mind. */
async function askWhere(): Promise<{ readonly value: string | null } | undefined> {
  const folders = workspace.workspaceFolders ?? [];
  if (folders.length <= 1) {
    return { value: null };
  }
  return pick<string | null>(
    [
      { icon: "repo", label: "All repositories of this window", value: null },
      ...folders.map(({ name, uri }) => ({ icon: "folder", label: name, value: uri.toString() })),
    ],
    { title: "Export Report", placeHolder: "About what?" },
  );
}

async function askForFile(format: AuditFormat): Promise<Uri | undefined> {
  const ending = AUDIT_ENDINGS[format];
  const name = `proofline-report.${ending}`;
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const file = await window.showSaveDialog({
    title: "Export Report",
    filters: { [ending.toUpperCase()]: [ending] },
    ...(folder !== undefined && { defaultUri: Uri.joinPath(folder, name) }),
  });
  if (file !== undefined && file.scheme !== "file") {
    throw new Error("A report can only be written to a disk. Choose a folder on this machine.");
  }
  return file;
}
