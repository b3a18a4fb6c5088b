import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";

/** The account of a private key: 64 hexadecimal digits, with or without `0x` and space around it. `null` where it is none. */
export function accountOfKey(key: string): PrivateKeyAccount | null {
  const digits = key.trim().toLowerCase();
  const prefixed = digits.startsWith("0x") ? digits : `0x${digits}`;
  try {
    return /^0x[0-9a-f]{64}$/.test(prefixed) ? privateKeyToAccount(prefixed as `0x${string}`) : null;
  } catch {
    // Zero, or not below the curve's order. The library's error shows the key.
    return null;
  }
}
