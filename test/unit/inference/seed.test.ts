import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type SeedParameters, seedOf } from "../../../server/src/inference/decode/seed";
import { digestOf } from "../../support/digests";

const sha256 = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();

const parameters: SeedParameters = {
  prompt: { path: "a.ts", prefix: "x\n", suffix: "é", context: [] },
  manifestDigest: digestOf("ab"),
  profile: "native/v1",
  sampling: { method: "greedy", maxTokens: 96 },
  ordinal: 0,
};

describe("the seed", () => {
  it("is the chain that its documentation states", () => {
    const prompt = '{"context":[],"path":"a.ts","prefix":"x\\n","suffix":"é"}';
    const sampling = '{"maxTokens":96,"method":"greedy"}';
    const bytes = Buffer.concat([
      Buffer.from("proofline/seed/v1\0"),
      sha256(prompt),
      Buffer.from("ab".repeat(32), "hex"),
      sha256("native/v1"),
      sha256(sampling),
      Buffer.alloc(8),
    ]);
    expect(seedOf(parameters)).toBe(sha256(bytes).toString("hex"));
  });

  it("changes with every part", () => {
    const changes: SeedParameters[] = [
      parameters,
      { ...parameters, prompt: { ...parameters.prompt, path: null } },
      { ...parameters, prompt: { ...parameters.prompt, prefix: "x", suffix: "\né" } },
      { ...parameters, prompt: { ...parameters.prompt, context: [{ path: "b.ts", text: "" }] } },
      { ...parameters, manifestDigest: digestOf("cd") },
      { ...parameters, profile: "portable/v1" },
      { ...parameters, sampling: { method: "greedy", maxTokens: 95 } },
      { ...parameters, ordinal: 1 },
    ];
    const seeds = changes.map(seedOf);
    expect(new Set(seeds).size).toBe(seeds.length);
  });
});
