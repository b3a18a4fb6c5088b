/**
 * Whether a name that somebody else gave could be taken for one of Proofline's own, of pinned weights or of Proofline itself: however it is
 * written, `proofline`, what begins with `proofline/` and what names a digest is kept for what was checked.
 */
export function isReserved(name: string): boolean {
  const plain = name
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}/:@-]/gu, "");
  return plain === "proofline" || plain.startsWith("proofline/") || /sha-?256[:-]/.test(plain);
}
