import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import * as z from "zod";
import { createWhole, isErrno, writeWhole } from "../platform/durable";
import { addressOf, type Sign, signPersonalMessage } from "../platform/ecdsa";
import { meaningOf, messageOf, ProoflineError } from "../platform/errors";
import { withLock } from "../platform/lock";
import { type Address, Count, Digest } from "../platform/primitives";

/** The key that signs this machine's batches. Never a wallet: it holds nothing and pays for nothing. */
export interface Device {
  readonly address: Address;
  readonly sign: Sign;
}

const KEY_FILE = "device.key";
const STATE_FILE = "device.state.json";

/**
 * Opens this machine's device key, and makes it where there is none: 64 hex digits in `<home>/device.key`, readable by
 * its owner alone. Several processes that start at once end up with the same key.
 *
 * @throws ProoflineError `device` where others can read the key, it is damaged, or it cannot be made.
 */
export async function openDevice(home: string): Promise<Device> {
  const path = join(home, KEY_FILE);
  const existing = await readKey(path);
  if (existing !== null) {
    return deviceOf(existing);
  }
  const fresh = Buffer.from(secp256k1.utils.randomSecretKey());
  await writing(path, () => createWhole(path, `${fresh.toString("hex")}\n`, { mode: 0o600 }));
  const key = await readKey(path);
  if (key === null) {
    throw new ProoflineError(
      "device",
      `The device key ${path} disappeared as soon as it was made.`,
      "tryAgain",
    );
  }
  return deviceOf(key);
}

/** The address of this machine's device, or `null` where it has no key yet. */
export async function deviceAddress(home: string): Promise<Address | null> {
  const key = await readKey(join(home, KEY_FILE));
  return key === null ? null : addressOf(key);
}

/** Where this device's chain of batches ends. */
const DeviceState = z.strictObject({ sequence: Count, previousSeal: z.nullable(Digest) });

/** What the next batch of this device says about the ones before it, while nobody else can seal one. */
export interface DeviceSequence {
  readonly sequence: number;
  readonly previousSeal: Digest | null;
  /** Notes durably that the batch with this number is sealed; numbers that are past already change nothing. */
  advance(sequence: number, seal: Digest): Promise<void>;
}

/** Runs `work` while no other process on this machine can seal a batch. */
export function withDeviceSequence<Value>(
  home: string,
  work: (sequence: DeviceSequence) => Promise<Value>,
): Promise<Value> {
  const path = join(home, STATE_FILE);
  return withLock(join(home, "device.lock"), async () => {
    let state = await readState(path);
    return work({
      get sequence() {
        return state.sequence;
      },
      get previousSeal() {
        return state.previousSeal;
      },
      async advance(sequence, seal) {
        if (sequence < state.sequence) {
          return;
        }
        const next = { sequence: sequence + 1, previousSeal: seal };
        await writing(path, () => writeWhole(path, `${JSON.stringify(next)}\n`, { mode: 0o600 }));
        state = next;
      },
    });
  });
}

function deviceOf(key: Uint8Array): Device {
  return { address: addressOf(key), sign: (message) => signPersonalMessage(message, key) };
}

async function readKey(path: string): Promise<Uint8Array | null> {
  let text: string;
  try {
    const { mode } = await stat(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new ProoflineError(
        "device",
        `Other users can read the device key ${path}, so it proves nothing.`,
        "protectDeviceKey",
      );
    }
    text = await readFile(path, "latin1");
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return null;
    }
    if (error instanceof ProoflineError) {
      throw error;
    }
    throw damaged(path, messageOf(error));
  }
  const key = Buffer.from(text.trim(), "hex");
  if (!/^[0-9a-f]{64}\n?$/.test(text) || !secp256k1.utils.isValidSecretKey(key)) {
    throw damaged(path, "it does not hold a key");
  }
  return key;
}

async function readState(path: string): Promise<z.infer<typeof DeviceState>> {
  try {
    return DeviceState.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    if (isErrno(error, "ENOENT")) {
      return { sequence: 0, previousSeal: null };
    }
    throw damaged(path, messageOf(error));
  }
}

async function writing<Value>(path: string, write: () => Promise<Value>): Promise<Value> {
  try {
    return await write();
  } catch (error) {
    throw new ProoflineError(
      "device",
      `${path} cannot be written (${meaningOf(error)}).`,
      "makeHomeWritable",
      { cause: error },
    );
  }
}

function damaged(path: string, why: string): ProoflineError {
  return new ProoflineError("device", `${path} cannot be used (${why}).`, "restoreDeviceKey");
}
