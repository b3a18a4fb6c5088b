import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createWhole, isErrno } from "../../platform/durable";
import { ProoflineError } from "../../platform/errors";
import { makeOwnFolder, NO_LINK } from "../../platform/home";
import { chainFolder } from "./hostAddress";

const SECRET_BYTES = 32;
const OTHERS = 0o077;

/**
 * What host and clients of one home share, and nobody else can read: `chain/host.secret`, 64 hex digits. Made by whoever
 * needs it first.
 *
 * @throws ProoflineError `chain.host` where the file holds something else; the system's error where it cannot be read.
 */
export async function hostSecret(home: string): Promise<Buffer> {
  const path = join(chainFolder(home), "host.secret");
  makeOwnFolder(chainFolder(home));
  for (;;) {
    const text = await readOwn(path);
    if (text === null) {
      await createWhole(path, `${randomBytes(SECRET_BYTES).toString("hex")}\n`, { mode: 0o600 });
      continue;
    }
    if (!/^[0-9a-f]{64}\n$/.test(text)) {
      throw new ProoflineError(
        "chain.host",
        `${path}, by which the local chain knows its clients, is damaged.`,
        "removeHostSecret",
      );
    }
    return Buffer.from(text.trim(), "hex");
  }
}

/** The file's text, which nobody else can read from now on; `null` where there is none. */
async function readOwn(path: string): Promise<string | null> {
  try {
    const file = await open(path, constants.O_RDONLY | NO_LINK);
    try {
      if (process.platform !== "win32" && ((await file.stat()).mode & OTHERS) !== 0) {
        await file.chmod(0o600);
      }
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return null;
    }
    throw error;
  }
}
