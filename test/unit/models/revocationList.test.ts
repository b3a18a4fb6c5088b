import { describe, expect, it } from "vitest";
import { readCertificate, readRevocationList } from "../../../server/src/models/signature/certificateChain";
import { revocationList } from "../../support/tdx/revocations";
import { certificate, extension, integer, newKey } from "./certificates";

const FROM = Date.UTC(2026, 0, 1) / 1000;
const TO = Date.UTC(2026, 1, 1) / 1000;

const issuer = { subject: "authority", key: newKey() };
const revoked = certificate({ subject: "revoked", key: newKey(), issuer });
const other = certificate({ subject: "other", key: newKey(), issuer });
const serialOf = (der: Buffer): string => readCertificate(der).x509.serialNumber;

const list = (changes: object = {}): Buffer =>
  revocationList({ issuer, revoked: [revoked], from: FROM, to: TO, ...changes });

describe("a list of revoked certificates", () => {
  it("tells which ones are, and for how long it does", async () => {
    const read = await readRevocationList(list(), issuer.key.publicKey);
    expect(read).toMatchObject({ from: FROM * 1000, to: TO * 1000 });
    expect(read.hasRevoked(serialOf(revoked))).toBe(true);
    expect(read.hasRevoked(serialOf(other))).toBe(false);
    const empty = await readRevocationList(list({ revoked: [] }), issuer.key.publicKey);
    expect(empty.hasRevoked(serialOf(revoked))).toBe(false);
  });

  it("counts only with its authority's signature", async () => {
    await expect(readRevocationList(list(), newKey().publicKey)).rejects.toThrow("another key signed it");
    const forged = list();
    const at = forged.indexOf("20260201");
    forged.write("20270201", at);
    await expect(readRevocationList(forged, issuer.key.publicKey)).rejects.toThrow("another key signed it");
  });

  it("is refused where it may be about some certificates only, is too long or is none", async () => {
    const partial = list({ extensions: [extension("2.5.29.28", true, integer(1))] });
    await expect(readRevocationList(partial, issuer.key.publicKey)).rejects.toThrow("conditions");
    const numbered = list({ extensions: [extension("2.5.29.20", false, integer(1))] });
    await expect(readRevocationList(numbered, issuer.key.publicKey)).resolves.toBeDefined();
    await expect(readRevocationList(Buffer.alloc(65_537), issuer.key.publicKey)).rejects.toThrow("longer");
    await expect(readRevocationList(Buffer.of(0x30, 0), issuer.key.publicKey)).rejects.toThrow();
  });
});
