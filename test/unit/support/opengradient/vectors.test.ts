/** The stand-in gateway's own formulas against vectors that it had no part in. */
import { spawnSync } from "node:child_process";
import { constants, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { importsOf } from "../../../support/imports";
import { batchTree } from "../../../support/opengradient/batchTree";
import { keccak, newEnclave, signedMessage, statement } from "../../../support/opengradient/enclave";
import { readJson, writeJson } from "../../../support/opengradient/gatewayJson";
import { hashedRequest } from "../../../support/opengradient/hashedRequest";

const folder = join(import.meta.dirname, "../../../fixtures/opengradient");
const read = (name: string): string => readFileSync(join(folder, name), "utf8");
const hash = (text: string): string => keccak(Buffer.from(text)).toString("hex");

const { requests }: { requests: { wire: string; canonical: string; request_hash: string }[] } = JSON.parse(
  read("canonicalRequests.json"),
);

interface SignedVector {
  readonly signing_key_spki_pem: string;
  readonly tee_id: string;
  readonly responses: readonly {
    readonly name: string;
    readonly canonical_request_json: string;
    readonly output_content: string;
    readonly tee_timestamp: number;
    readonly tee_request_hash: string;
    readonly tee_output_hash: string;
    readonly msg_hash: string;
    readonly tee_signature: string;
  }[];
  readonly pcr: Readonly<Record<"PCR0" | "PCR1" | "PCR2" | "pcrHash", string>>;
}
const signed: SignedVector = JSON.parse(read("signedAnswer.json"));

describe("the stand-in gateway", () => {
  it.each(requests)("hashes as OpenGradient's gateway: $wire", ({ wire, canonical, request_hash }) => {
    expect(hashedRequest(wire)).toBe(canonical);
    expect(hash(hashedRequest(wire))).toBe(request_hash);
  });

  it.each(signed.responses)("states the hashes that were stated with $name", (response) => {
    const { canonical_request_json: canonical, output_content: output, tee_timestamp: time } = response;
    const stated = statement(newEnclave(), canonical, output, time);
    expect(stated.tee_request_hash).toBe(response.tee_request_hash);
    expect(stated.tee_output_hash).toBe(response.tee_output_hash);
    const [requestHash, outputHash] = [stated.tee_request_hash, stated.tee_output_hash].map((digest) =>
      Buffer.from(digest, "hex"),
    );
    const message = signedMessage(requestHash ?? Buffer.of(), outputHash ?? Buffer.of(), time);
    expect(`0x${message.toString("hex")}`).toBe(response.msg_hash);
  });

  it("signs so that one check passes its signature and the published one", () => {
    const enclave = newEnclave();
    const own = statement(enclave, "{}", "text", 7);
    const ownKey = createPublicKey({ key: enclave.signingKey, format: "der", type: "spki" });
    const ownMessage = signedMessage(keccak(Buffer.from("{}")), keccak(Buffer.from("text")), 7);
    const theirKey = createPublicKey(signed.signing_key_spki_pem);
    const isSigned = (key: typeof ownKey, message: Buffer, signature: string): boolean =>
      verify(
        "sha256",
        message,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        Buffer.from(signature, "base64"),
      );
    expect(isSigned(ownKey, ownMessage, own.tee_signature)).toBe(true);
    for (const { msg_hash, tee_signature } of signed.responses) {
      const message = Buffer.from(msg_hash.slice(2), "hex");
      expect(isSigned(theirKey, message, tee_signature)).toBe(true);
      expect(isSigned(ownKey, message, tee_signature)).toBe(false);
    }
    const spki = theirKey.export({ format: "der", type: "spki" });
    expect(`0x${keccak(spki).toString("hex")}`).toBe(signed.tee_id);
  });

  it("names code as the registry does", () => {
    const { PCR0, PCR1, PCR2, pcrHash } = signed.pcr;
    expect(`0x${codeHash(PCR0, PCR1, PCR2)}`).toBe(pcrHash);
  });

  const Trees = z.object({
    batches: z.array(
      z.object({
        dump: z.looseObject({ values: z.array(z.looseObject({ value: z.array(z.string()).length(5) })) }),
        proofs: z.array(z.array(z.string())),
      }),
    ),
  });

  it.each(Trees.parse(JSON.parse(read("batchTrees.json"))).batches)(
    "makes the trees of OpenZeppelin's own code, which dumps them so: %#",
    ({ dump, proofs }) => {
      const batch = dump.values.map(
        ({ value: [enclave = "", request = "", output = "", signature = "", time = ""] }) => ({
          tee_id: `0x${enclave.slice(2)}` as const,
          tee_request_hash: request.slice(2),
          tee_output_hash: output.slice(2),
          tee_signature: Buffer.from(signature.slice(2), "hex").toString("base64"),
          tee_timestamp: Number(time),
        }),
      );
      const tree = batchTree(batch);
      expect(JSON.parse(tree.dump())).toEqual(dump);
      expect(batch.map((settled) => tree.proofOf(settled))).toEqual(proofs);
    },
  );

  const hasPython = spawnSync("python3", ["--version"]).status === 0;
  it.skipIf(!hasPython)("spells JSON like Python itself (skipped where there is no python3)", () => {
    const texts = fc.sample(fc.json({ maxDepth: 4, stringUnit: "binary" }), { numRuns: 2_000, seed: 7 });
    const input = texts.map((text) => `json ${Buffer.from(text).toString("base64")}\n`).join("");
    const { stdout } = spawnSync("python3", [join(folder, "gateway.py")], { input, encoding: "utf8" });
    const lines = stdout.split("\n");
    expect(texts.map((text) => writeJson(readJson(text)))).toEqual(lines.slice(0, -1));
  });
});

describe("what hashes and signs", () => {
  const top = join(import.meta.dirname, "../../../..");
  const reached = (path: string, seen = new Set<string>()): Set<string> => {
    if (!seen.has(path) && path.endsWith(".ts")) {
      seen.add(path);
      for (const imported of importsOf(top, path)) {
        reached(imported, seen);
      }
    }
    return seen;
  };

  it.each(["enclave", "hashedRequest", "signedReply", "sentAnswer", "batchTree", "attestationDocument"])(
    "shares no line with the product, so that both cannot be wrong alike: %s",
    (module) => {
      const paths = [...reached(`test/support/opengradient/${module}.ts`)];
      expect(paths.length).toBeGreaterThan(1);
      expect(paths.filter((path) => !path.startsWith("test/"))).toEqual([]);
    },
  );

  it("would be told of sharing one", () => {
    expect([...reached("test/support/opengradient/facilitator.ts")]).toContain(
      "server/src/platform/primitives.ts",
    );
  });
});

function codeHash(...measurements: readonly string[]): string {
  return keccak(...measurements.map((one) => Buffer.from(one, "hex"))).toString("hex");
}
