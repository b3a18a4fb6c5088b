import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  chainTo,
  MAX_SIGNATURE_CHECKS,
  nameOf,
  readCertificate,
  readCertificates,
} from "../../../server/src/models/signature/certificateChain";
import { checkSignature } from "../../../server/src/models/signature/signature";
import { digestOf } from "../../support/digests";
import {
  type CertificateParameters,
  certificate,
  element,
  extension,
  integer,
  modelSignature,
  newEdwardsKey,
  newKey,
  newRsaKey,
  oid,
  pem,
  sequence,
} from "./certificates";

const root = { subject: "Root", key: newKey() };
const middle = { subject: "Middle", key: newKey() };
const signer = newKey();

const ANY = { pathLength: "any", usage: "certify" } as const;
const rootOf = (more: Partial<CertificateParameters> = {}): Buffer =>
  certificate({ ...root, ...ANY, ...more });
const middleOf = (more: Partial<CertificateParameters> = {}): Buffer =>
  certificate({ ...middle, issuer: root, ...ANY, ...more });
const leafOf = (more: Partial<CertificateParameters> = {}): Buffer =>
  certificate({ subject: "Team", key: signer, issuer: middle, usage: "sign", ...more });

/** The names on the way to a trusted certificate, or why there is none. */
function way(trusted: Buffer | readonly Buffer[], ...offered: readonly Buffer[]): readonly string[] | string {
  const search = chainTo([trusted].flat().map(readCertificate), offered.map(readCertificate));
  return search.kind === "none" ? search.reason : search.chain.map(nameOf);
}

const GOOD = ["CN=Team", "CN=Middle", "CN=Root"];
const NONE = "no chain leads from CN=Team to a certificate that you trust";

const NOT_FOR_SIGNING = "the certificate of CN=Team is not meant for signing";

/** Key purposes, as an extension. */
const purposes = (critical: boolean, ...ids: readonly string[]): Buffer =>
  extension("2.5.29.37", critical, sequence(...ids.map(oid)));
const SERVER = "1.3.6.1.5.5.7.3.1";
const CODE = "1.3.6.1.5.5.7.3.3";
const ANYTHING = "2.5.29.37.0";
/** The key that issued, by an identifier that is anybody's to choose. */
const issuedBy = (id: string): Buffer =>
  extension("2.5.29.35", false, sequence(element(0x80, Buffer.from(id))));
const keyId = (id: string): Buffer => extension("2.5.29.14", false, element(0x04, Buffer.from(id)));
const basic = (value: Buffer): Buffer => extension("2.5.29.19", true, value);
const keyUsage = (bits: number): Buffer =>
  extension("2.5.29.15", true, element(0x03, Buffer.from([0, bits])));
const UNKNOWN = extension("1.3.6.1.4.1.99999.2", false, integer(1));
const NAMES = extension(
  "2.5.29.30",
  false,
  sequence(element(0xa0, sequence(element(0x82, Buffer.from("example.com"))))),
);
const POLICIES = extension("2.5.29.36", true, sequence(element(0x80, Buffer.from([0]))));
/** An authority's, with a limit of 2⁴⁰. */
const LONG = basic(
  sequence(element(0x01, Buffer.from([0xff])), element(0x02, Buffer.from([1, 0, 0, 0, 0, 0]))),
);
const otherNames = (count: number, length: number): Buffer => {
  const one = element(0x82, Buffer.alloc(length, "a"));
  return extension("2.5.29.17", false, sequence(...Array.from({ length: count }, () => one)));
};
const EMPTY = basic(sequence(element(0x02, Buffer.alloc(0))));

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a chain", () => {
  it("leads over authorities to one that is trusted, in whatever order they come", () => {
    expect(way(rootOf(), leafOf(), middleOf())).toEqual(GOOD);
    expect(way([rootOf({ subject: "Other" }), rootOf()], leafOf(), rootOf(), middleOf())).toEqual(GOOD);
  });

  it("ends at any certificate that is trusted, if it is an authority's", () => {
    const trusted = middleOf();
    expect(way(trusted, leafOf())).toEqual(["CN=Team", "CN=Middle"]);
    const own = certificate({ subject: "Team", key: signer, usage: "sign" });
    expect(way(own, own)).toBe(NONE);
  });

  it("does not end at a root that came along and that nobody trusts", () => {
    const stranger = rootOf({ key: newKey() });
    expect(way(stranger, leafOf(), middleOf(), rootOf())).toBe(NONE);
    expect(way([], leafOf(), middleOf(), rootOf())).toBe(NONE);
  });

  it("is found past an issuer that leads nowhere, of the same name and key", () => {
    const astray = middleOf({ issuer: { subject: "Elsewhere", key: newKey() } });
    const ended = middleOf({ from: "20200101000000Z", to: "20201231000000Z" });
    expect(way(rootOf(), leafOf(), astray, ended, middleOf())).toEqual(GOOD);
  });

  it("is found in a ring of authorities, and a ring that leads nowhere ends", () => {
    const other = { subject: "Other", key: newKey() };
    const ring = [
      middleOf({ issuer: other }),
      certificate({ ...other, issuer: middle, ...ANY }),
      certificate({ ...other, ...ANY }),
    ];
    expect(way(rootOf(), leafOf(), ...ring)).toBe(NONE);
    expect(way(rootOf(), leafOf(), ...ring, certificate({ ...other, issuer: root, ...ANY }))).toEqual([
      "CN=Team",
      "CN=Middle",
      "CN=Other",
      "CN=Root",
    ]);
  });

  it("is found where a certificate came more than once", () => {
    const twice = middleOf();
    const leaf = leafOf();
    expect(way(rootOf(), leaf, leaf, twice, twice)).toEqual(GOOD);
  });

  it("has at most eight certificates below the trusted one", () => {
    const keys = Array.from({ length: 9 }, (_, at) => ({ subject: `Authority ${at}`, key: newKey() }));
    const line = (length: number): Buffer[] => {
      const names = [...keys.slice(0, length), root];
      return keys
        .slice(0, length)
        .map((own, at) => certificate({ ...own, issuer: names[at + 1] ?? root, ...ANY }));
    };
    const leaf = leafOf({ issuer: keys[0] ?? root });
    expect(way(rootOf(), leaf, ...line(7))).toHaveLength(9);
    expect(way(rootOf(), leaf, ...line(8))).toBe(NONE);
  });

  it("does not start where there is no certificate", () => {
    expect(way(rootOf())).toBe("it holds no certificate");
  });

  it.each([
    ["that is for other things", { usage: "encrypt" }, NOT_FOR_SIGNING],
    ["that does not say what it is for", { usage: undefined }, NOT_FOR_SIGNING],
    ["for another purpose", { usage: "encrypt", extensions: [purposes(false, SERVER)] }, NOT_FOR_SIGNING],
    [
      "that is critically for another purpose",
      { extensions: [purposes(true, SERVER)] },
      "its certificate has conditions that cannot be met here (2.5.29.37)",
    ],
    [
      "with an unknown condition",
      { unknownCritical: true },
      "its certificate has conditions that cannot be met here (1.3.6.1.4.1.99999.1)",
    ],
    ["that limits what may follow with an empty number", { extensions: [EMPTY] }, NONE],
    ["that ended before it began", { from: "20250102000000Z", to: "20250101000000Z" }, NONE],
    ["whose signature is made with SHA-1", { hash: "sha1" }, NONE],
    ["that names another algorithm inside than outside", { namedHash: "sha1" }, NONE],
    ["of another issuer's name", { issuer: { ...middle, subject: "Muddle" } }, NONE],
    ["of another issuer's key", { issuer: { ...middle, key: newKey() } }, NONE],
    ["of another issuer's key identifier", { extensions: [issuedBy("other")] }, NONE],
  ] as const)("does not start at a certificate %s", (_, more, reason) => {
    expect(way(rootOf(), leafOf(more), middleOf({ extensions: [keyId("middle")] }))).toBe(reason);
  });

  it.each([
    ["that is for signing by its key's usage", { usage: "sign" }],
    ["that is for code", { usage: "encrypt", extensions: [purposes(true, SERVER, CODE)] }],
    ["that is for anything", { usage: "encrypt", extensions: [purposes(false, ANYTHING)] }],
    ["that names its issuer's key", { extensions: [issuedBy("middle")] }],
    ["that holds for one instant", { to: "20250101000000Z" }],
  ] as const)("starts at a certificate %s", (_, more) => {
    expect(way(rootOf(), leafOf(more), middleOf({ extensions: [keyId("middle")] }))).toEqual(GOOD);
  });

  it.each([
    ["that is no authority", { pathLength: undefined }],
    ["that denies to be an authority", { pathLength: undefined, extensions: [basic(sequence())] }],
    ["whose key is for other things", { usage: "sign" }],
    ["whose key is for nothing", { usage: undefined, extensions: [keyUsage(0)] }],
    ["with an unknown condition", { unknownCritical: true }],
    ["with conditions on names that are not even marked as critical", { extensions: [NAMES] }],
    ["with critical conditions on policies", { extensions: [POLICIES] }],
    ["that is critically for another purpose", { extensions: [purposes(true, SERVER)] }],
    ["that had ended when the signing one began", { from: "20240101000000Z", to: "20241231235959Z" }],
    ["that began after the signing one", { from: "20250101000001Z" }],
    ["with an RSA key of 1024 bits", { key: newRsaKey(1024) }],
    ["with a key on a curve of 112 bits", { key: newKey("secp112r1") }],
  ] as const)("does not lead over a certificate %s, be it trusted or not", (_, more) => {
    const authority = { ...middle, ...more };
    const leaf = leafOf({ issuer: authority });
    expect(way(rootOf(), leaf, middleOf(authority))).toBe(NONE);
    expect(way(middleOf(authority), leaf)).toBe(NONE);
  });

  it.each([
    ["that says nothing of its key's use", { usage: undefined }],
    ["that ends when the signing one begins", { from: "20240101000000Z", to: "20250101000000Z" }],
    ["with conditions that are not critical", { extensions: [purposes(false, SERVER)] }],
    ["with an RSA key of 2048 bits", { key: newRsaKey(2048) }],
    ["with an Edwards key", { key: newEdwardsKey() }],
    ["that allows more to follow than do", { pathLength: 0 }],
    ["that allows more to follow than fit into four bytes", { pathLength: undefined, extensions: [LONG] }],
  ] as const)("leads over a certificate %s, be it trusted or not", (_, more) => {
    const authority = { ...middle, ...more };
    const leaf = leafOf({ issuer: authority });
    expect(way(rootOf(), leaf, middleOf(authority))).toEqual(GOOD);
    expect(way(middleOf(authority), leaf)).toEqual(GOOD.slice(0, 2));
  });

  it("leads over as many authorities as each of them, the trusted one included, allows to follow", () => {
    expect(way(rootOf({ pathLength: 1 }), leafOf(), middleOf({ pathLength: 0 }))).toEqual(GOOD);
    expect(way(rootOf({ pathLength: 0 }), leafOf(), middleOf({ pathLength: 0 }))).toBe(NONE);
  });
});

describe("a search among many certificates", () => {
  /** Certificates of one name and one key, each of which may have issued every other. */
  const crowd = (count: number): Buffer[] =>
    Array.from({ length: count }, () => middleOf({ issuer: middle }));

  it("tries each of a hundred that have all signed each other once", () => {
    const verify = vi.spyOn(X509Certificate.prototype, "verify");
    expect(way(rootOf(), leafOf(), ...crowd(100))).toBe(NONE);
    expect(verify.mock.calls.length).toBeLessThanOrEqual(MAX_SIGNATURE_CHECKS);
  });

  it("finds the one that leads on, wherever it stands among them", () => {
    for (const at of [0, 40, 80]) {
      const offered = crowd(80);
      offered.splice(at, 0, middleOf());
      expect(way(rootOf(), leafOf(), ...offered)).toEqual(GOOD);
    }
  });

  it("gives up, and says so, where a hundred signatures did not decide it", () => {
    const verify = vi.spyOn(X509Certificate.prototype, "verify");
    const forged = Array.from({ length: 60 }, () => middleOf({ key: newKey() }));
    expect(way(rootOf(), leafOf(), ...crowd(1), ...forged)).toBe(
      "too many of its certificates could have issued each other",
    );
    expect(verify.mock.calls.length).toBe(MAX_SIGNATURE_CHECKS);
  });
});

describe("a certificate that is malformed", () => {
  it.each<[string, Partial<CertificateParameters>, RegExp]>([
    ["has an extension twice", { extensions: [keyId("one"), keyId("two")] }, /2\.5\.29\.14 twice/],
    ["has an unknown extension twice", { extensions: [UNKNOWN, UNKNOWN] }, /twice/],
    ["is longer than any honest one", { extensions: [otherNames(1, 66_000)] }, /longer than 65536 bytes/],
    ["has more parts than any honest one", { extensions: [otherNames(2_000, 1)] }, /node count/],
    ["names a thirteenth month", { from: "20251301000000Z" }, /time/],
    ["ends in the year 49 of our era", { from: "00010101000000Z", to: "00490101000000Z" }, /time/],
    ["has constraints that are no sequence", { extensions: [basic(integer(1))] }, /./],
    [
      "has a usage that is no bit string",
      { usage: undefined, extensions: [extension("2.5.29.15", true, integer(1))] },
      /./,
    ],
    [
      "has a key of no kind that is known",
      { publicKey: sequence(sequence(oid("1.2.3")), element(0x03, Buffer.alloc(3))) },
      /./,
    ],
  ])("is refused where it %s", async (_, more, reason) => {
    const leaf = leafOf(more);
    expect(() => readCertificate(leaf)).toThrow(reason);
    await expect(checked([leaf, middleOf()])).rejects.toMatchObject({
      code: "model.signature",
      reason: expect.stringMatching(/^model\.sig holds a certificate that cannot be read \(.+\)\.$/),
    });
  });

  it("is refused among the trusted ones, too", async () => {
    const odd = rootOf({ extensions: [UNKNOWN, UNKNOWN] });
    expect(() => readCertificates(`${pem(rootOf())}${pem(odd)}`)).toThrow(/twice/);
    await expect(checked([leafOf(), middleOf()], odd)).rejects.toMatchObject({
      code: "model.signature",
      reason: expect.stringMatching(/^The file of the trusted authority holds a certificate that cannot be/),
    });
  });

  it("anywhere in its bytes is an error that says so, and never counts", async () => {
    const chain = [leafOf({ extensions: [purposes(false, CODE), issuedBy("middle")] }), middleOf(), rootOf()];
    const [leaf = Buffer.alloc(0)] = chain;
    const changes = fc.array(fc.tuple(fc.nat({ max: 1 << 16 }), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 1 }), changes, async (which, flips) => {
        const offered = chain.map((der) => Buffer.from(der));
        const changed = offered[which] ?? leaf;
        for (const [at, flip] of flips) {
          const place = at % changed.length;
          changed[place] = (changed[place] ?? 0) ^ flip;
        }
        fc.pre(!offered.every((der, at) => chain[at]?.equals(der)));
        await expect(checked(offered)).rejects.toMatchObject({ code: "model.signature" });
      }),
      { numRuns: 200 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (noise) => {
        await expect(checked([Buffer.from(noise)])).rejects.toMatchObject({ code: "model.signature" });
      }),
      { numRuns: 50 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: leaf.length - 1 }), async (length) => {
        await expect(checked([leaf.subarray(0, length)])).rejects.toMatchObject({ code: "model.signature" });
      }),
      { numRuns: 50 },
    );
  });

  it("in an extension that an authority has signed is an error, or changes nothing", async () => {
    const kinds = fc.constantFrom(
      "2.5.29.14",
      "2.5.29.15",
      "2.5.29.17",
      "2.5.29.19",
      "2.5.29.35",
      "2.5.29.37",
    );
    await fc.assert(
      fc.asyncProperty(kinds, fc.boolean(), fc.uint8Array({ maxLength: 24 }), async (id, critical, bytes) => {
        const odd = { usage: undefined, extensions: [extension(id, critical, Buffer.from(bytes))] };
        const outcome = await checked([
          leafOf({ ...odd, codeSigning: id !== "2.5.29.37" }),
          middleOf(),
        ]).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ code: "model.signature" });
        } else {
          expect(outcome).toMatchObject({ kind: "verified", signer: { subject: "CN=Team" } });
        }
      }),
      { numRuns: 150 },
    );
  });
});

/** Checks a model that the signer signed with these certificates. */
function checked(chain: readonly Buffer[], trusted = rootOf()) {
  const files = [{ path: "config.json", size: 0, sha256: digestOf("ab") }];
  const signature = modelSignature({ files, key: signer, chain });
  return checkSignature(signature, files, { kind: "authorities", pem: pem(trusted) });
}
