import { open, readFile, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { patiently, syncFolder } from "../../platform/durable";
import { OVERWRITE } from "../../platform/home";

/**
 * The embedded chain's state on disk, as anvil dumps it: gzip, whose check sum tells a torn or changed file. It is
 * written whole to a temporary file, made durable, and renamed; the copy before stays as `state.previous.json.gz`.
 */
const CURRENT = "state.json.gz";
const PREVIOUS = "state.previous.json.gz";
const TEMPORARY = "state.temporary.json.gz";

/** Anvil's dump of a long-lived chain is far smaller; a larger one is not read into memory. */
const MAX_UNPACKED = 256 * 1024 * 1024;

export interface LoadedState {
  readonly name: string;
  /** The unpacked dump, which anvil loads. */
  readonly json: string;
}

/** Whether there is an embedded chain, whole or damaged. */
export async function stateExists(folder: string): Promise<boolean> {
  return (await exists(join(folder, CURRENT))) || (await exists(join(folder, PREVIOUS)));
}

/** The whole copies, newest first, each read when it is asked for. */
export async function* wholeStates(folder: string): AsyncGenerator<LoadedState> {
  for (const name of [CURRENT, PREVIOUS]) {
    const json = await unpack(join(folder, name));
    if (json !== null) {
      yield { name, json };
    }
  }
}

export function isCurrent(state: LoadedState): boolean {
  return state.name === CURRENT;
}

/** Resolves once the state is durable: a crash at any instant leaves this or the copy before, whole. */
export async function writeState(folder: string, packed: Uint8Array): Promise<void> {
  const temporary = join(folder, TEMPORARY);
  const current = join(folder, CURRENT);
  const file = await open(temporary, OVERWRITE, 0o600);
  try {
    await file.writeFile(packed);
    await file.sync();
  } finally {
    await file.close();
  }
  if (await exists(current)) {
    await patiently(() => rename(current, join(folder, PREVIOUS)));
  }
  await patiently(() => rename(temporary, current));
  await syncFolder(folder);
}

/** Moves damaged copies aside before the chain that was loaded is written over them. */
export async function keepDamaged(folder: string): Promise<void> {
  const path = join(folder, CURRENT);
  if (await exists(path)) {
    await patiently(() => rename(path, join(folder, "state.damaged.json.gz")));
  }
}

async function unpack(path: string): Promise<string | null> {
  try {
    return gunzipSync(await readFile(path), { maxOutputLength: MAX_UNPACKED }).toString("utf8");
  } catch {
    return null;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
