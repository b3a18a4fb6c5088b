import { realpath, stat } from "node:fs/promises";
import { isErrno, writeWhole } from "../platform/durable";
import { meaningOf, ProoflineError } from "../platform/errors";

/**
 * Writes a report to the place that a person named, whole or not at all; a file that lies there is replaced and keeps its permissions.
 *
 * @throws ProoflineError `document` where no file can be written there, or something else than a file lies there
 */
export async function saveReport(file: string, text: string): Promise<void> {
  try {
    const before = await stat(file).catch((error: unknown) => {
      if (isErrno(error, "ENOENT")) {
        return null;
      }
      throw error;
    });
    if (before?.isFile() === false) {
      const what = before.isDirectory() ? "a folder" : "no file";
      throw new ProoflineError("document", `${file} is ${what}, so nothing was written.`, "nameReportFile");
    }
    // What a link leads to is replaced, and not the link.
    await (before === null
      ? writeWhole(file, text)
      : writeWhole(await realpath(file), text, { mode: before.mode & 0o777 }));
  } catch (error) {
    if (error instanceof ProoflineError) {
      throw error;
    }
    throw new ProoflineError(
      "document",
      `${file} cannot be written (${meaningOf(error)}).`,
      "nameReportFile",
      {
        cause: error,
      },
    );
  }
}
