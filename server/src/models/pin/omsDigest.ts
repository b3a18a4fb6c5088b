import { fromDigest, sha256, toDigest } from "../../platform/digests";
import type { Digest } from "../../platform/primitives";

/**
 * The order of a model's files: part by part, each by code point. It is the order in which the reference
 * implementation of OpenSSF Model Signing sorts them (`PurePosixPath`), and differs from comparing whole strings
 * where a folder's name begins another name: `a/b` stands before `a.txt`.
 */
export function compareModelPaths(left: string, right: string): number {
  const [leftParts, rightParts] = [left.split("/"), right.split("/")];
  for (let index = 0; index < Math.min(leftParts.length, rightParts.length); index++) {
    const order = Buffer.compare(Buffer.from(leftParts[index] ?? ""), Buffer.from(rightParts[index] ?? ""));
    if (order !== 0) {
      return order;
    }
  }
  return leftParts.length - rightParts.length;
}

/**
 * The root digest of OpenSSF Model Signing v1.0 with `method: files`, `hash_type: sha256`, `allow_symlinks: false`
 * and `ignore_paths: ["pin.json", "model.sig"]`: SHA-256 over the concatenated raw SHA-256 digests of the files,
 * sorted by path. It does not bind the files' names; the manifest's digest does.
 */
export function omsRootOf(files: readonly { readonly path: string; readonly sha256: Digest }[]): Digest {
  const sorted = [...files].sort((a, b) => compareModelPaths(a.path, b.path));
  return toDigest(sha256(...sorted.map((file) => fromDigest(file.sha256))));
}
