import * as z from "zod";

/** 32 bytes as 64 lower-case hex digits, without a prefix. The one spelling of every digest in an evidence file. */
export const Digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "expected 64 lower-case hex digits")
  .brand<"Digest">();
export type Digest = z.infer<typeof Digest>;

/** An Ethereum address: `0x` and 40 lower-case hex digits. Checksummed (mixed case) spellings are refused. */
export const Address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/, "expected 0x and 40 lower-case hex digits")
  .transform((value) => value as `0x${string}`);
export type Address = z.infer<typeof Address>;

/** A 32-byte hash as chains spell it: `0x` and 64 lower-case hex digits. */
export const ChainHash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, "expected 0x and 64 lower-case hex digits")
  .transform((value) => value as `0x${string}`);
export type ChainHash = z.infer<typeof ChainHash>;

/** 16 random bytes as 32 lower-case hex digits: a suggestion's or a repository's id. */
export const RandomId = z.string().regex(/^[0-9a-f]{32}$/, "expected 32 lower-case hex digits");
export type RandomId = z.infer<typeof RandomId>;

/** A count or a zero-based index that JavaScript can hold exactly. */
export const Count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** A count or an index that 32 bits hold. */
export const Uint32 = Count.max(0xffff_ffff);

/** Text that has exactly one UTF-8 encoding: lone surrogates are refused. */
export const Text = z.string().refine((text) => text.isWellFormed(), "contains a lone surrogate");

/**
 * A file's path below the repository's top, with `/` between its parts: relative, normalised, without `.` or `..`
 * parts, empty parts, back slashes, NUL or a drive letter, so that it can never point outside the repository.
 */
export const RepositoryPath = Text.refine(
  (path) =>
    path.length > 0 &&
    path.length <= 4096 &&
    !/[\\\0]/.test(path) &&
    !/^[A-Za-z]:/.test(path) &&
    path.split("/").every((part) => part !== "" && part !== "." && part !== ".."),
  "expected a relative path inside the repository",
);
