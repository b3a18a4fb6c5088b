/** A private key as a person typed it, with `0x`; `undefined` where it is none. */
export function privateKeyIn(typed: string): string | undefined {
  const digits = typed.trim().replace(/^0x/i, "").toLowerCase();
  return /^[0-9a-f]{64}$/.test(digits) ? `0x${digits}` : undefined;
}
