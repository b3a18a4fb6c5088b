import { secp256k1 } from "@noble/curves/secp256k1.js";
import { privateKeyToAccount } from "viem/accounts";
import { describe, expect, it } from "vitest";
import {
  Envelope,
  openEnvelope,
  signPayload,
  toEnvelope,
} from "../../../server/src/evidence/format/envelope";
import { CanonicalBase64, pae } from "../../../server/src/platform/dsse";
import {
  addressOf,
  personalMessageHash,
  recoverSigner,
  signPersonalMessage,
} from "../../../server/src/platform/ecdsa";
import { device, sign } from "../../support/sampleBatch";

const utf8 = (text: string): Uint8Array => Buffer.from(text, "utf8");

describe("pae", () => {
  it("encodes the example of the DSSE specification", () => {
    expect(Buffer.from(pae("http://example.com/HelloWorld", utf8("hello world"))).toString()).toBe(
      "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
    );
  });

  it("counts bytes, not characters", () => {
    expect(Buffer.from(pae("ü", utf8("€"))).toString()).toBe("DSSEv1 2 ü 3 €");
  });
});

describe("EIP-191 signatures", () => {
  // The published example of web3.eth.accounts.hashMessage and sign, which ethers and geth share.
  const key = Buffer.from("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318", "hex");
  const hash = "1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655";
  const signature =
    "b91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd" +
    "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c";

  it("hash as published", () => {
    expect(Buffer.from(personalMessageHash(utf8("Some data"))).toString("hex")).toBe(hash);
  });

  it("sign and recover as published", () => {
    expect(addressOf(key)).toBe("0x2c7536e3605d9c16a7a3d7b1898e529396a65c23");
    expect(Buffer.from(signPersonalMessage(utf8("Some data"), key)).toString("hex")).toBe(signature);
    expect(recoverSigner(utf8("Some data"), Buffer.from(signature, "hex"))).toBe(addressOf(key));
  });

  it("agree with another implementation", async () => {
    for (const message of ["", "proofline", "ü€😀"]) {
      const account = privateKeyToAccount(`0x${key.toString("hex")}`);
      const theirs = await account.signMessage({ message: { raw: utf8(message) } });
      expect(`0x${Buffer.from(signPersonalMessage(utf8(message), key)).toString("hex")}`).toBe(theirs);
    }
  });

  it("are refused with a high s, another v or another length", () => {
    const good = Buffer.from(signature, "hex");
    const s = BigInt(`0x${good.subarray(32, 64).toString("hex")}`);
    const high = (secp256k1.Point.Fn.ORDER - s).toString(16).padStart(64, "0");
    const flipped = Buffer.concat([good.subarray(0, 32), Buffer.from(high, "hex"), Buffer.from([27])]);
    expect(recoverSigner(utf8("Some data"), flipped)).toBeNull();
    for (const v of [0, 1, 26, 29, 37]) {
      expect(
        recoverSigner(utf8("Some data"), Buffer.concat([good.subarray(0, 64), Buffer.from([v])])),
      ).toBeNull();
    }
    expect(recoverSigner(utf8("Some data"), good.subarray(0, 64))).toBeNull();
    expect(recoverSigner(utf8("Some data"), Buffer.concat([good, Buffer.from([0])]))).toBeNull();
    expect(recoverSigner(utf8("Some data"), Buffer.concat([Buffer.alloc(64), Buffer.from([27])]))).toBeNull();
  });
});

describe("envelope", () => {
  const payload = utf8('{"a":1}');
  const envelope = toEnvelope(signPayload(payload, device, sign));

  it("opens to what was signed", () => {
    expect(openEnvelope(Envelope.parse(envelope))).toMatchObject({ signer: device });
  });

  it("does not open with another payload, signature or key id", () => {
    const [{ sig }] = envelope.signatures;
    const otherKey = `0x${"11".repeat(20)}` as const;
    expect(openEnvelope({ ...envelope, payload: Buffer.from('{"a":2}').toString("base64") })).toBeNull();
    expect(openEnvelope({ ...envelope, signatures: [{ keyid: otherKey, sig }] })).toBeNull();
    expect(openEnvelope({ ...envelope, signatures: [{ keyid: device, sig: "AAAA" }] })).toBeNull();
  });

  it("refuses to sign for a device whose key it does not have", () => {
    expect(() => signPayload(payload, `0x${"11".repeat(20)}`, sign)).toThrow(/device/);
  });

  it.each(["QQ", "QR==", "QQ==\n", " QQ==", "Q-_=", "QQ=", "QQ==QQ=="])(
    "takes %j for no canonical base64",
    (text) => {
      expect(CanonicalBase64.safeParse(text).success).toBe(false);
    },
  );

  it.each(["", "QQ==", "QUI=", "QUJD", "+/8="])("takes %j for canonical base64", (text) => {
    expect(CanonicalBase64.safeParse(text).success).toBe(true);
  });

  it("takes exactly one signature", () => {
    const [one] = envelope.signatures;
    expect(Envelope.safeParse({ ...envelope, signatures: [] }).success).toBe(false);
    expect(Envelope.safeParse({ ...envelope, signatures: [one, one] }).success).toBe(false);
  });
});
