import { listFiles, modelInfo } from "@huggingface/hub";
import * as z from "zod";
import { meaningOf, ProoflineError } from "../../platform/errors";
import { Count, RepositoryPath } from "../../platform/primitives";
import { CommitHash } from "../modelSource";
import { bodyOf, get, type HubAccess, hubError, patiently, Transient } from "./hubRequest";

/** What the hub says of one file; the bytes are compared with it. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** What its bytes hash to: SHA-256 where it lies in LFS or Xet storage, else the SHA-1 of its git blob. */
  readonly stated: StatedHash;
}

export const StatedHash = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sha256"), hex: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.strictObject({ kind: z.literal("gitBlob"), hex: z.string().regex(/^[0-9a-f]{40}$/) }),
]);
export type StatedHash = z.infer<typeof StatedHash>;

/** One revision of a model on the hub. */
export interface HubModel {
  readonly repository: string;
  readonly commit: CommitHash;
  /** As its card states it, e.g. `apache-2.0`; `null` where it states none. */
  readonly licence: string | null;
  readonly private: boolean;
  readonly gated: boolean;
  readonly files: readonly HubFile[];
}

const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 10_000;
/** The hub pages its lists by a thousand files. */
const MAX_PAGES = 100;

const Info = z.object({
  sha: CommitHash,
  private: z.boolean(),
  gated: z.union([z.literal(false), z.string()]).optional(),
  cardData: z
    .object({ license: z.union([z.string(), z.array(z.string())]).optional() })
    .nullish()
    .catch(null),
});

const Entry = z.object({
  type: z.string(),
  path: z.string(),
  size: Count,
  oid: z.string().optional(),
  lfs: z.object({ oid: z.string(), size: Count }).optional(),
});

/**
 * Resolves a revision to its commit and lists that commit's files. Nothing is downloaded.
 *
 * @throws ProoflineError `model.access`, `model.missing`, `model.hub` or `model.cancelled`
 */
export async function inspect(
  access: HubAccess,
  repository: string,
  revision = "main",
  signal?: AbortSignal,
): Promise<HubModel> {
  const parameters = { hubUrl: access.hub.origin, fetch: apiFetch(access, signal) };
  const info = await asking(access, signal, Info, () =>
    modelInfo({ ...parameters, name: repository, revision, additionalFields: ["sha", "cardData"] }),
  );
  const entries = await asking(access, signal, z.array(Entry), async () => {
    const found: unknown[] = [];
    const listing = listFiles({
      ...parameters,
      repo: { type: "model", name: repository },
      revision: info.sha,
      recursive: true,
    });
    for await (const entry of listing) {
      found.push(entry);
      if (found.length > MAX_FILES) {
        throw hubError(`${repository} has more than ${MAX_FILES} files.`);
      }
    }
    return found;
  });
  const licence = info.cardData?.license;
  return {
    repository,
    commit: info.sha,
    licence: (Array.isArray(licence) ? licence.join(", ") : licence) ?? null,
    private: info.private,
    gated: info.gated !== undefined && info.gated !== false,
    files: entries.flatMap(fileOf),
  };
}

/** Where the bytes of one file of one commit are asked for. */
export function fileAddress({ hub }: HubAccess, repository: string, commit: CommitHash, path: string): URL {
  const parts = path.split("/").map(encodeURIComponent).join("/");
  return new URL(`/${repository}/resolve/${commit}/${parts}`, hub);
}

/** Folders, and files whose names or hashes cannot be used, are left out: nothing of the kind is ever fetched. */
function fileOf({ type, path, size, oid, lfs }: z.infer<typeof Entry>): HubFile[] {
  if (type !== "file" || !RepositoryPath.safeParse(path).success) {
    return [];
  }
  const stated = StatedHash.safeParse(
    lfs === undefined ? { kind: "gitBlob", hex: oid } : { kind: "sha256", hex: lfs.oid },
  );
  return stated.success ? [{ path, size: lfs?.size ?? size, stated: stated.data }] : [];
}

/** Calls the hub's library, retrying as `patience` allows, and takes only what fits from its answer. */
async function asking<Value>(
  access: HubAccess,
  signal: AbortSignal | undefined,
  schema: z.ZodType<Value>,
  ask: () => Promise<unknown>,
): Promise<Value> {
  const answer = await patiently(access, signal, async () => {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Transient || error instanceof ProoflineError) {
        throw error;
      }
      throw hubError(`The hub ${access.hub.origin} gave an unusable answer (${meaningOf(error)}).`, error);
    }
  });
  const parsed = schema.safeParse(answer);
  if (parsed.success) {
    return parsed.data;
  }
  const [issue] = parsed.error.issues;
  throw hubError(
    `The hub ${access.hub.origin} gave an unusable answer (${issue?.path.join(".")}: ${issue?.message}).`,
  );
}

/** `fetch` for the hub's library: its own origin only, with our token, within our patience and bounded in size. */
function apiFetch(access: HubAccess, signal: AbortSignal | undefined): typeof fetch {
  let pages = 0;
  return async (input) => {
    pages += 1;
    if (pages > MAX_PAGES) {
      throw hubError(`The hub ${access.hub.origin} does not stop sending.`);
    }
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await get(access, url, { sameOrigin: true, ...(signal && { signal }) });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of bodyOf(response, access, signal)) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) {
        throw hubError(`The hub ${access.hub.origin} does not stop sending.`);
      }
      chunks.push(chunk);
    }
    return new Response(Buffer.concat(chunks), { status: response.status, headers: response.headers });
  };
}
