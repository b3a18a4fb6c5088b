import { join } from "node:path";
import { meaningOf, ProoflineError } from "../../platform/errors";
import { manifestDigestOf, PIN_FILE, type Pin, PinManifest } from "./manifest";
import { readRegularFile } from "./modelFolder";

const MAX_PIN_BYTES = 1 << 20;

/** Reads and validates `pin.json` alone; says nothing about the other files. */
export async function readPin(directory: string): Promise<Pin> {
  const { bytes } = await readRegularFile(directory, PIN_FILE, { atMost: MAX_PIN_BYTES });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw pinError(directory, `is not JSON (${meaningOf(error)})`, error);
  }
  const manifest = validated(directory, json);
  return { manifest, manifestDigest: manifestDigestOf(manifest) };
}

export function validated(directory: string, json: unknown): PinManifest {
  const parsed = PinManifest.safeParse(json);
  if (parsed.success) {
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".");
  throw pinError(directory, `is not valid: ${where ? `${where}: ` : ""}${issue?.message}`, parsed.error);
}

function pinError(directory: string, problem: string, cause?: unknown): ProoflineError {
  return new ProoflineError(
    "model.pin",
    `The model's pin ${join(directory, PIN_FILE)} ${problem}.`,
    "pinModelAgain",
    { cause },
  );
}
