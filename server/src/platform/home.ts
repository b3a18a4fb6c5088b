import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isErrno } from "./durable";
import { meaningOf, ProoflineError } from "./errors";

const OWNER_ALONE = 0o700;
/** Set on folders that several users share, such as `/tmp`. */
const STICKY = 0o1000;

/**
 * Opens no link in a path's place, for files and folders below the home: a link there would have us write, or change
 * the mode of, what somebody else chose. Windows has no such flag, and lets only administrators make links.
 */
export const NO_LINK = constants.O_NOFOLLOW ?? 0;
/** Opens a file for writing from its beginning, made where there is none, and never through a link. */
export const OVERWRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | NO_LINK;
/** The same for writing at its end. */
export const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | NO_LINK;

/**
 * The folder for keys, journal and chain state: `PROOFLINE_HOME`, or `.proofline` in the person's home folder. It is
 * created readable by its owner alone; one that is there is made so.
 *
 * @throws ProoflineError `home` where it, or something directly in it, is a link, or it cannot be made or belongs to all
 */
export function prooflineHome(override: string | undefined = process.env.PROOFLINE_HOME): string {
  const home = override ? resolve(override) : join(homedir(), ".proofline");
  try {
    makeOwnFolder(home);
    for (const entry of readdirSync(home, { withFileTypes: true })) {
      if (entry.isSymbolicLink()) {
        throw isLink(join(home, entry.name));
      }
    }
  } catch (error) {
    if (error instanceof ProoflineError) {
      throw error;
    }
    throw new ProoflineError("home", `${home} cannot be used (${meaningOf(error)}).`, "makeHomeWritable", {
      cause: error,
    });
  }
  return home;
}

/**
 * Makes a folder at or below the home, readable by its owner alone, and makes one that is there so; folders above that
 * are missing too. What is looked at is what is changed, even if somebody puts a link in its place meanwhile.
 *
 * @throws ProoflineError `home` where it is a link, or all users share it; the system's error where it cannot be made
 */
export function makeOwnFolder(folder: string): void {
  mkdirSync(dirname(folder), { recursive: true, mode: OWNER_ALONE });
  try {
    mkdirSync(folder, { mode: OWNER_ALONE });
  } catch (error) {
    if (!isErrno(error, "EEXIST")) {
      throw error;
    }
  }
  if (lstatSync(folder).isSymbolicLink()) {
    throw isLink(folder);
  }
  if (process.platform === "win32") {
    return;
  }
  const opened = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | NO_LINK);
  try {
    const { mode } = fstatSync(opened);
    if ((mode & STICKY) !== 0) {
      throw new ProoflineError(
        "home",
        `${folder} is shared by all users of this computer, so nothing private may be kept in it.`,
        "nameOwnHome",
      );
    }
    if ((mode & 0o777) !== OWNER_ALONE) {
      fchmodSync(opened, OWNER_ALONE);
    }
  } finally {
    closeSync(opened);
  }
}

function isLink(path: string): ProoflineError {
  return new ProoflineError(
    "home",
    `${path} is a link. Proofline keeps keys and private text there, and follows no link to do so.`,
    "nameOwnHome",
  );
}
