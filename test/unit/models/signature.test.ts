import { createHash, X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PinnedFile } from "../../../server/src/models/pin/manifest";
import {
  checkSignature,
  describeSignature,
  type Trust,
} from "../../../server/src/models/signature/signature";
import { sha256, toDigest } from "../../../server/src/platform/digests";
import type { Digest } from "../../../server/src/platform/primitives";
import {
  type CertificateParameters,
  certificate,
  modelSignature,
  newKey,
  pem,
  publicPem,
  type SignatureParameters,
} from "./certificates";

const digest = (text: string): Digest => toDigest(sha256(text));
const file = (path: string, content = path): PinnedFile => ({
  path,
  size: content.length,
  sha256: digest(content),
});

const FILES = [file("README.md"), file("config.json"), file("onnx/model.onnx"), file("tokenizer.json")];
const NOBODY: Trust = { kind: "none" };
const key = newKey();
const byKey: Trust = { kind: "key", pem: publicPem(key) };

const signed = (more: Partial<SignatureParameters> = {}): Buffer =>
  modelSignature({ files: FILES, key, ...more });
const refused = (reason: RegExp) =>
  expect.objectContaining({ code: "model.signature", reason: expect.stringMatching(reason) });

/** What is thrown by a check. */
function failure(bytes: Buffer | null, trust: Trust, files: readonly PinnedFile[] = FILES): Promise<unknown> {
  return checkSignature(bytes, files, trust).catch((error: unknown) => error);
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A bundle's text with each of its base64 values, one after the other, in every other spelling of the same bytes. */
function spellings(bundle: string): string[] {
  return [...bundle.matchAll(/([A-Za-z0-9+/])(={1,2})"/g)].flatMap(
    ({ index, 1: digit = "", 2: padding = "" }) => {
      const unused = padding.length === 1 ? 0b11 : 0b1111;
      const value = DIGITS.indexOf(digit) & ~unused;
      return Array.from({ length: unused }, (_, bits) => value + bits + 1).map(
        (other) => bundle.slice(0, index) + DIGITS.charAt(other) + bundle.slice(index + 1),
      );
    },
  );
}

describe("a signature with a key", () => {
  it.each(["P-256", "P-384", "P-521"] as const)(
    "on %s is verified with that key, and its fingerprint shown",
    async (curve) => {
      const signer = newKey(curve);
      const report = await checkSignature(signed({ key: signer }), FILES, {
        kind: "key",
        pem: publicPem(signer),
      });
      const fingerprint = createHash("sha256")
        .update(signer.publicKey.export({ type: "spki", format: "der" }))
        .digest("hex");
      expect(report).toEqual({ kind: "verified", signer: { kind: "key", fingerprint }, unsigned: [] });
      expect(describeSignature(report)).toBe(`signed by the key ${fingerprint}`);
    },
  );

  it("without a key to check it is present and not checked, never verified", async () => {
    const report = await checkSignature(signed(), FILES, NOBODY);
    expect(report).toMatchObject({ kind: "unchecked", reason: expect.stringContaining("public key") });
    expect(describeSignature(report)).toMatch(/present, not checked/);
    expect(describeSignature(report)).not.toMatch(/signed by|verified/);
  });

  it("by another key is an error, with and without the hint that tells", async () => {
    const other: Trust = { kind: "key", pem: publicPem(newKey()) };
    expect(await failure(signed(), other)).toEqual(refused(/another key/));
    const bundle = JSON.parse(signed().toString());
    bundle.verificationMaterial.publicKey = {};
    expect(await failure(Buffer.from(JSON.stringify(bundle)), other)).toEqual(
      refused(/not made by that signer/),
    );
  });

  it("of a curve that models are not signed on is refused, and so is a private key in the place of a public one", async () => {
    const odd = newKey("secp256k1");
    expect(await failure(signed({ key: odd }), { kind: "key", pem: publicPem(odd) })).toEqual(
      refused(/P-256/),
    );
    const secret = key.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(await failure(signed(), { kind: "key", pem: secret })).toEqual(refused(/no PEM public key/));
  });

  it("is refused where base64 spells the same bytes another way", async () => {
    const respelled = [0, 1, 2].flatMap((more) => {
      const files = [file(`README.md${"x".repeat(more)}`)];
      const text = signed({ files }).toString();
      return spellings(text).map((other) => ({ files, bytes: Buffer.from(other) }));
    });
    // A payload may end in one or two padding characters: its last digit has three or fifteen more spellings.
    expect(respelled.length).toBeGreaterThanOrEqual(3 + 15);
    for (const { files, bytes } of respelled) {
      expect(await failure(bytes, byKey, files)).toEqual(refused(/no Sigstore bundle/));
      expect(await failure(bytes, NOBODY, files)).toEqual(refused(/no Sigstore bundle/));
    }
  });

  it("that was cut or changed anywhere is never taken for good", async () => {
    const bytes = signed();
    const place = fc.integer({ min: 0, max: bytes.length - 1 });
    await fc.assert(
      fc.asyncProperty(place, fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ change;
        const outcome = await failure(changed, byKey);
        // White space, the key id and the unsigned log entries may change; what was signed and by whom may not.
        if (!(outcome instanceof Error)) {
          expect(outcome).toEqual(await checkSignature(bytes, FILES, byKey));
          expect(JSON.parse(changed.toString()).dsseEnvelope.payload).toBe(
            JSON.parse(bytes.toString()).dsseEnvelope.payload,
          );
        } else {
          expect(outcome).toMatchObject({ code: "model.signature" });
        }
      }),
      { numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(place, async (length) => {
        expect(await failure(bytes.subarray(0, length), byKey)).toEqual(refused(/./));
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (noise) => {
        expect(await failure(Buffer.from(noise), NOBODY)).toEqual(refused(/./));
      }),
    );
  });
});

describe("a signature and the files", () => {
  it.each([
    [
      "a changed file",
      [...FILES.slice(0, 3), file("tokenizer.json", "changed")],
      /tokenizer\.json is not the file/,
    ],
    ["a file that was not signed", [...FILES, file("weights.bin")], /weights\.bin was not signed/],
  ])("do not fit with %s, whoever signed", async (_, files, reason) => {
    expect(await failure(signed(), byKey, files)).toEqual(refused(reason));
    expect(await failure(signed(), NOBODY, files)).toEqual(refused(reason));
  });

  it("fit where the pin holds one variant of many", async () => {
    const all = [...FILES, file("onnx/model_q4.onnx")];
    expect(await checkSignature(signed({ files: all }), FILES, byKey)).toMatchObject({ kind: "verified" });
  });

  it("name what the signer left out, since nobody vouches for it", async () => {
    const report = await checkSignature(
      signed({ ignored: ["notes"] }),
      [...FILES, file("notes/a.md")],
      byKey,
    );
    expect(report).toMatchObject({ kind: "verified", unsigned: ["notes/a.md"] });
    expect(describeSignature(report)).toMatch(/, but for notes\/a\.md$/);
  });

  it.each([
    ["whose root is not that of its files", { root: digest("other") }, /contradicts itself/],
    ["of another kind", { predicateType: "https://model_signing/Digests/v0.1" }, /no statement/],
    ["that names a file twice", { files: [...FILES, file("config.json", "again")] }, /twice/],
  ])("refuse a statement %s", async (_, more, reason) => {
    expect(await failure(signed(more), NOBODY)).toEqual(refused(reason));
  });

  it("are plainly unsigned where there is none, which is an error only for who asked for a signer", async () => {
    expect(describeSignature(await checkSignature(null, FILES, NOBODY))).toBe("not signed");
    expect(await failure(null, byKey)).toEqual(refused(/no model\.sig/));
  });
});

describe("a signature with a certificate", () => {
  const root = newKey();
  const middle = newKey();
  const rootCertificate = certificate({ subject: "Root", key: root, pathLength: "any", usage: "certify" });
  const trusted: Trust = { kind: "authorities", pem: pem(rootCertificate) };

  const middleOf = (more: Partial<CertificateParameters> = {}): Buffer =>
    certificate({
      subject: "Middle",
      key: middle,
      issuer: { subject: "Root", key: root },
      pathLength: 0,
      usage: "certify",
      ...more,
    });
  const leafOf = (more: Partial<CertificateParameters> = {}): Buffer =>
    certificate({
      subject: "Model team",
      key,
      issuer: { subject: "Middle", key: middle },
      usage: "sign",
      codeSigning: true,
      ...more,
    });

  it("is verified through the chain, and subject and issuer are shown", async () => {
    const leaf = leafOf();
    const report = await checkSignature(signed({ chain: [leaf, middleOf()] }), FILES, trusted);
    expect(report).toMatchObject({
      kind: "verified",
      signer: {
        kind: "certificate",
        subject: "CN=Model team",
        issuer: "CN=Middle",
        fingerprint: createHash("sha256").update(leaf).digest("hex"),
        validFrom: "2025-01-01T00:00:00.000Z",
      },
    });
    expect(new X509Certificate(leaf).fingerprint256.replaceAll(":", "").toLowerCase()).toBe(
      report.kind === "verified" ? report.signer.fingerprint : "",
    );
    expect(describeSignature(report)).toContain(
      "signed by CN=Model team (certificate by CN=Middle, 2025-01-01 to 2035",
    );
  });

  it("outlives its certificate: it is judged at the day on which that began", async () => {
    const leaf = leafOf({ from: "20250201000000Z", to: "20250202000000Z" });
    expect(await checkSignature(signed({ chain: [leaf, middleOf()] }), FILES, trusted)).toMatchObject({
      kind: "verified",
    });
  });

  it("is present and not checked without an authority", async () => {
    expect(await checkSignature(signed({ chain: [leafOf(), middleOf()] }), FILES, NOBODY)).toMatchObject({
      kind: "unchecked",
      reason: expect.stringContaining("authority"),
    });
  });

  it("is an error where an authority was asked for and a key signed", async () => {
    expect(await failure(signed(), trusted)).toEqual(refused(/not signed with a certificate/));
  });

  const stranger = newKey();
  it.each([
    ["without the link between", () => [leafOf()], /no chain/],
    [
      "through a link by somebody else of the same name",
      () => [leafOf(), middleOf({ issuer: { subject: "Root", key: stranger } })],
      /no chain/,
    ],
    [
      "through a link that is no authority",
      () => [
        leafOf(),
        certificate({
          subject: "Middle",
          key: middle,
          issuer: { subject: "Root", key: root },
          usage: "sign",
        }),
      ],
      /no chain/,
    ],
    ["through a link that may not certify", () => [leafOf(), middleOf({ usage: "sign" })], /no chain/],
    [
      "through a link that had ended before",
      () => [leafOf(), middleOf({ to: "20241231000000Z", from: "20240101000000Z" })],
      /no chain/,
    ],
    [
      "through a link with an unknown condition",
      () => [leafOf(), middleOf({ unknownCritical: true })],
      /no chain/,
    ],
    [
      "with an unknown condition",
      () => [leafOf({ unknownCritical: true }), middleOf()],
      /cannot be met here \(1\.3\.6\.1\.4\.1\.99999\.1\)/,
    ],
    [
      "that is not for signing",
      () => [leafOf({ usage: "encrypt", codeSigning: false }), middleOf()],
      /not meant for signing/,
    ],
    [
      "of another key than the one that signed",
      () => [leafOf({ key: stranger }), middleOf()],
      /not made by that signer/,
    ],
  ] as const)("does not count with a certificate %s", async (_, chain, reason) => {
    expect(await failure(signed({ chain: chain() }), trusted)).toEqual(refused(reason));
  });

  it("does not count through more authorities than the first one allows", async () => {
    const second = newKey();
    const short = certificate({
      subject: "Short",
      key: second,
      issuer: { subject: "Middle", key: middle },
      pathLength: 0,
      usage: "certify",
    });
    const leaf = leafOf({ issuer: { subject: "Short", key: second } });
    expect(await failure(signed({ chain: [leaf, short, middleOf({ pathLength: 0 })] }), trusted)).toEqual(
      refused(/no chain/),
    );
    expect(
      await failure(signed({ chain: [leaf, short, middleOf({ pathLength: 1 })] }), trusted),
    ).toMatchObject({
      kind: "verified",
    });
  });

  it("through Sigstore without a key of one's own is present and not checked, and no authority makes it good", async () => {
    const bundle = JSON.parse(signed().toString());
    bundle.verificationMaterial = { certificate: { rawBytes: leafOf().toString("base64") }, tlogEntries: [] };
    const bytes = Buffer.from(JSON.stringify(bundle));
    expect(await checkSignature(bytes, FILES, NOBODY)).toMatchObject({
      kind: "unchecked",
      reason: expect.stringContaining("Sigstore"),
    });
    expect(await failure(bytes, trusted)).toEqual(refused(/not signed with a certificate of an authority/));
  });
});
