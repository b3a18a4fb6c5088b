import { inflateRawSync } from "node:zlib";
import type * as z from "zod";
import { canonicalIn, decodeUtf8, type ReadJson, readJson } from "../../platform/canonicalJson";
import { unreachable } from "../../platform/errors";
import type { ClaimValues } from "./claimValues";
import { defect } from "./defects";
import { MAX_PROMPT_BYTES, type PromptValues } from "./evidenceFile";
import type { ExecutionKind } from "./execution";

/** How one version of the format spells opened prompts, by kind of execution; `Salts` is what it gives beside the values. */
export type PromptForms<Salts> = {
  readonly [Kind in ExecutionKind]: z.ZodType<
    readonly (null | (Salts & { readonly values: z.infer<(typeof PromptValues)[Kind]> }))[]
  >;
};

/** The prompt of one claim, opened and not yet checked. */
export interface OpenedPrompt<Salts> {
  readonly salts: Salts;
  /** Completes it with the texts that travel anyway. */
  readonly complete: (displayed: string | null, accepted: readonly string[]) => ClaimValues;
}

/** More chunks than any prompt has: nobody signed how many there are, and each costs more than its bytes. */
const MAX_CHUNKS = 1024;
const MAX_TOKENS = 16_384;
/** Of a whole batch; far beyond what 128 answers come to. */
const MAX_ALL_TOKENS = 524_288;
/** Values in the JSON of a whole batch: at 16 MiB, nothing but brackets would be many times more. */
const MAX_VALUES = 1_000_000;

/**
 * Unpacks and reads the opened prompts of a batch with `size` claims; `null` for each claim whose prompt stays sealed.
 *
 * @throws ProoflineError `evidence`
 */
export function openPrompts<Salts>(
  forms: PromptForms<Salts>,
  kind: ExecutionKind,
  base64: string,
  size: number,
): readonly (OpenedPrompt<Salts> | null)[] {
  const bytes = inflate(Buffer.from(base64, "base64"));
  refuseManyValues(bytes);
  const json = readJson(decodeUtf8(bytes), { maxLength: MAX_PROMPT_BYTES });
  refuseFlood(json, size);
  const { prompts, isCompact } = parsePrompts(forms, kind, json);
  if (!isCompact) {
    throw defect("The opened prompts contain white space.");
  }
  if (prompts.length !== size || prompts.every((one) => one === null)) {
    throw ofOtherClaims();
  }
  return prompts;
}

/** The prompts are not those of the claims that they travel with. */
export function ofOtherClaims(): Error {
  return defect("The opened prompts do not belong to the suggestions of the batch.");
}

/**
 * Refuses, before it costs anything, what would unpack to far more than the signed claims ask for: whoever copies a file
 * can put any opening into it.
 */
function refuseFlood({ value }: ReadJson, size: number): void {
  const items = Array.isArray(value) ? value : [];
  let all = 0;
  const fits = items.every((item) => {
    const [tokens, context] = [item?.values?.tokens, item?.values?.prompt?.context];
    all += Array.isArray(tokens) ? tokens.length : 0;
    return (
      // A schema would name each that is wrong, which costs far more than to look.
      (!Array.isArray(tokens) || (tokens.length <= MAX_TOKENS && tokens.every(isTokenId))) &&
      (!Array.isArray(context) || context.length <= MAX_CHUNKS)
    );
  });
  if (items.length !== size || !fits || all > MAX_ALL_TOKENS) {
    throw ofOtherClaims();
  }
}

function isTokenId(token: unknown): boolean {
  return typeof token === "number" && Number.isInteger(token) && token >= 0 && token <= 0xffff_ffff;
}

/** Refuses, before it is parsed, what holds more values than any prompts do. Texts are passed over, whatever stands in them. */
function refuseManyValues(json: Uint8Array): void {
  let values = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (isText) {
      if (byte === BACK_SLASH) {
        at += 1;
      } else if (byte === QUOTE) {
        isText = false;
      }
    } else if (byte === QUOTE) {
      isText = true;
    } else if (byte === COMMA || byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values += 1;
    }
  }
  if (values > MAX_VALUES) {
    throw ofOtherClaims();
  }
}

const [QUOTE, BACK_SLASH, COMMA, OPEN_LIST, OPEN_OBJECT] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b];

function parsePrompts<Salts>(
  forms: PromptForms<Salts>,
  kind: ExecutionKind,
  json: ReadJson,
): { readonly prompts: readonly (OpenedPrompt<Salts> | null)[]; readonly isCompact: boolean } {
  switch (kind) {
    case "replayable": {
      const { value, isCompact } = canonicalIn(json, forms.replayable);
      const prompts = value.map(
        (one) =>
          one && {
            salts: one,
            complete: (displayed: string | null, accepted: readonly string[]) => ({
              kind,
              ...one.values,
              displayed: displayed ?? "",
              accepted: [...accepted],
            }),
          },
      );
      return { prompts, isCompact };
    }
    case "attested": {
      const { value, isCompact } = canonicalIn(json, forms.attested);
      const prompts = value.map(
        (one) =>
          one && {
            salts: one,
            complete: (displayed: string | null, accepted: readonly string[]) => ({
              kind,
              ...one.values,
              displayed: displayed ?? "",
              accepted: [...accepted],
            }),
          },
      );
      return { prompts, isCompact };
    }
    case "stated": {
      const { value, isCompact } = canonicalIn(json, forms.stated);
      const prompts = value.map(
        (one) =>
          one && {
            salts: one,
            complete: (_displayed: string | null, accepted: readonly string[]) => ({
              kind,
              ...one.values,
              accepted: [...accepted],
            }),
          },
      );
      return { prompts, isCompact };
    }
    default:
      return unreachable(kind);
  }
}

function inflate(compressed: Uint8Array): Uint8Array {
  let result: { buffer: Uint8Array; engine: { bytesWritten: number } };
  try {
    // With `info`, Node also tells how many bytes of the input were used; its types do not know.
    result = inflateRawSync(compressed, { maxOutputLength: MAX_PROMPT_BYTES, info: true }) as never;
  } catch {
    throw defect("The compressed prompts cannot be unpacked.");
  }
  if (result.engine.bytesWritten !== compressed.length) {
    throw defect("There are bytes after the compressed prompts.");
  }
  return result.buffer;
}
