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
function failure(bytes: Buffer | null, trust: Trust, files: readonly PinnedFile[] = FILES): unknown {
  try {
    return checkSignature(bytes, files, trust);
  } catch (error) {
    return error;
  }
}

describe("a signature with a key", () => {
  it.each(["P-256", "P-384", "P-521"] as const)(
    "on %s is verified with that key, and its fingerprint shown",
    (curve) => {
      const signer = newKey(curve);
      const report = checkSignature(signed({ key: signer }), FILES, { kind: "key", pem: publicPem(signer) });
      const fingerprint = createHash("sha256")
        .update(signer.publicKey.export({ type: "spki", format: "der" }))
        .digest("hex");
      expect(report).toEqual({ kind: "verified", signer: { kind: "key", fingerprint }, unsigned: [] });
      expect(describeSignature(report)).toBe(`signed by the key ${fingerprint}`);
    },
  );

  it("without a key to check it is present and not checked, never verified", () => {
    const report = checkSignature(signed(), FILES, NOBODY);
    expect(report).toMatchObject({ kind: "unchecked", reason: expect.stringContaining("public key") });
    expect(describeSignature(report)).toMatch(/present, not checked/);
    expect(describeSignature(report)).not.toMatch(/signed by|verified/);
  });

  it("by another key is an error, with and without the hint that tells", () => {
    const other: Trust = { kind: "key", pem: publicPem(newKey()) };
    expect(failure(signed(), other)).toEqual(refused(/another key/));
    const bundle = JSON.parse(signed().toString());
    bundle.verificationMaterial.publicKey = {};
    expect(failure(Buffer.from(JSON.stringify(bundle)), other)).toEqual(refused(/not made by that signer/));
  });

  it("of a curve that models are not signed on is refused, and so is a private key in the place of a public one", () => {
    const odd = newKey("secp256k1");
    expect(failure(signed({ key: odd }), { kind: "key", pem: publicPem(odd) })).toEqual(refused(/P-256/));
    const secret = key.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(failure(signed(), { kind: "key", pem: secret })).toEqual(refused(/no PEM public key/));
  });

  it("that was cut or changed anywhere is never taken for good", () => {
    const bytes = signed();
    const place = fc.integer({ min: 0, max: bytes.length - 1 });
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ change;
        const outcome = failure(changed, byKey);
        // White space, the key id and the unsigned log entries may change; what was signed and by whom may not.
        if (!(outcome instanceof Error)) {
          expect(outcome).toEqual(checkSignature(bytes, FILES, byKey));
          expect(JSON.parse(changed.toString()).dsseEnvelope.payload).toBe(
            JSON.parse(bytes.toString()).dsseEnvelope.payload,
          );
        } else {
          expect(outcome).toMatchObject({ code: "model.signature" });
        }
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(place, (length) => {
        expect(failure(bytes.subarray(0, length), byKey)).toEqual(refused(/./));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(failure(Buffer.from(noise), NOBODY)).toEqual(refused(/./));
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
  ])("do not fit with %s, whoever signed", (_, files, reason) => {
    expect(failure(signed(), byKey, files)).toEqual(refused(reason));
    expect(failure(signed(), NOBODY, files)).toEqual(refused(reason));
  });

  it("fit where the pin holds one variant of many", () => {
    const all = [...FILES, file("onnx/model_q4.onnx")];
    expect(checkSignature(signed({ files: all }), FILES, byKey)).toMatchObject({ kind: "verified" });
  });

  it("name what the signer left out, since nobody vouches for it", () => {
    const report = checkSignature(signed({ ignored: ["notes"] }), [...FILES, file("notes/a.md")], byKey);
    expect(report).toMatchObject({ kind: "verified", unsigned: ["notes/a.md"] });
    expect(describeSignature(report)).toMatch(/, but for notes\/a\.md$/);
  });

  it.each([
    ["whose root is not that of its files", { root: digest("other") }, /contradicts itself/],
    ["of another kind", { predicateType: "https://model_signing/Digests/v0.1" }, /no statement/],
    ["that names a file twice", { files: [...FILES, file("config.json", "again")] }, /twice/],
  ])("refuse a statement %s", (_, more, reason) => {
    expect(failure(signed(more), NOBODY)).toEqual(refused(reason));
  });

  it("are plainly unsigned where there is none, which is an error only for who asked for a signer", () => {
    expect(describeSignature(checkSignature(null, FILES, NOBODY))).toBe("not signed");
    expect(failure(null, byKey)).toEqual(refused(/no model\.sig/));
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

  it("is verified through the chain, and subject and issuer are shown", () => {
    const leaf = leafOf();
    const report = checkSignature(signed({ chain: [leaf, middleOf()] }), FILES, trusted);
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

  it("outlives its certificate: it is judged at the day on which that began", () => {
    const leaf = leafOf({ from: "20250201000000Z", to: "20250202000000Z" });
    expect(checkSignature(signed({ chain: [leaf, middleOf()] }), FILES, trusted)).toMatchObject({
      kind: "verified",
    });
  });

  it("is present and not checked without an authority", () => {
    expect(checkSignature(signed({ chain: [leafOf(), middleOf()] }), FILES, NOBODY)).toMatchObject({
      kind: "unchecked",
      reason: expect.stringContaining("authority"),
    });
  });

  it("is an error where an authority was asked for and a key signed", () => {
    expect(failure(signed(), trusted)).toEqual(refused(/not signed with a certificate/));
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
    ["with an unknown condition", () => [leafOf({ unknownCritical: true }), middleOf()], /does not know/],
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
  ] as const)("does not count with a certificate %s", (_, chain, reason) => {
    expect(failure(signed({ chain: chain() }), trusted)).toEqual(refused(reason));
  });

  it("does not count through more authorities than the first one allows", () => {
    const second = newKey();
    const short = certificate({
      subject: "Short",
      key: second,
      issuer: { subject: "Middle", key: middle },
      pathLength: 0,
      usage: "certify",
    });
    const leaf = leafOf({ issuer: { subject: "Short", key: second } });
    expect(failure(signed({ chain: [leaf, short, middleOf({ pathLength: 0 })] }), trusted)).toEqual(
      refused(/no chain/),
    );
    expect(failure(signed({ chain: [leaf, short, middleOf({ pathLength: 1 })] }), trusted)).toMatchObject({
      kind: "verified",
    });
  });

  it("through Sigstore without a key of one's own is present and not checked, and no authority makes it good", () => {
    const bundle = JSON.parse(signed().toString());
    bundle.verificationMaterial = { certificate: { rawBytes: leafOf().toString("base64") }, tlogEntries: [] };
    const bytes = Buffer.from(JSON.stringify(bundle));
    expect(checkSignature(bytes, FILES, NOBODY)).toMatchObject({
      kind: "unchecked",
      reason: expect.stringContaining("Sigstore"),
    });
    expect(failure(bytes, trusted)).toEqual(refused(/not signed with a certificate of an authority/));
  });
});
