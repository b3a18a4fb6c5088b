import { CommandError } from "./commandError";

/** What the system's refusals mean for the file or folder that they are about, and what a person can do. */
const REFUSALS: Readonly<Record<string, readonly [is: string, remedy: string]>> = {
  ENOENT: ["does not exist", "Check the path."],
  EISDIR: ["is a folder where a file is needed", "Name a file."],
  ENOTDIR: ["leads through a file as if that were a folder", "Check the path."],
  EEXIST: ["exists already", "Move it away, or name another place."],
  ENOTEMPTY: ["is a folder that is not empty", "Empty it, or name another place."],
  EACCES: ["may not be read or written by you", "Change its permissions, or name another place."],
  EPERM: ["may not be changed by you", "Change its permissions, or name another place."],
  EROFS: ["lies on a disk that cannot be written", "Name another place."],
  ENOSPC: ["does not fit: the disk is full", "Make room on the disk, then run the command again."],
  EDQUOT: ["does not fit: your share of the disk is full", "Make room, then run the command again."],
  EFBIG: [
    "does not fit: files may not become that large here",
    "Raise the limit (ulimit -f), then try again.",
  ],
  ELOOP: ["leads through too many links, or through one where none may be", "Name the place itself."],
  ENAMETOOLONG: ["has too long a name", "Choose a shorter one."],
  EBUSY: ["is in use by another program", "Close that program, then run the command again."],
  EMFILE: ["cannot be opened: too many files are open", "Raise the limit (ulimit -n), then try again."],
  ENFILE: ["cannot be opened: too many files are open", "Close other programs, then try again."],
  EIO: ["cannot be read or written: the disk reports an error", "Check the disk."],
};

/**
 * A refusal of the operating system is about somebody's files, and no defect; `null` for anything else.
 *
 * @param named what the person called the file; the system does not always say which one it means
 */
export function systemRefusal(
  error: unknown,
  named?: string,
): { readonly reason: string; readonly remedy: string } | null {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) {
    return null;
  }
  const refusal = typeof error.code === "string" ? REFUSALS[error.code] : undefined;
  if (refusal === undefined) {
    return null;
  }
  const [is, remedy] = refusal;
  // Of two paths, the second is where something was to be.
  const told = "dest" in error ? error.dest : "path" in error ? error.path : undefined;
  const path = named ?? (typeof told === "string" ? told : "What was named");
  return { reason: `${path} ${is}.`, remedy };
}

/** What to throw where a file or folder that a person named cannot be used; other errors stay as they are. */
export function namedFileError(named: string, error: unknown): unknown {
  const refusal = systemRefusal(error, named);
  return refusal === null
    ? error
    : new CommandError("document", refusal.reason, refusal.remedy, { cause: error });
}
