import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelSource } from "../../../../server/src/models/modelSource";
import { Bom } from "../../../../server/src/policy/interop/bom";
import { type BomParameters, bomOf } from "../../../../server/src/policy/interop/bomExport";
import type { Verdict } from "../../../../server/src/policy/verdict";
import { SUMMARIES } from "../../../../server/src/protocol/verdictWords";
import { digestOf } from "../../../support/digests";
import { embeddedManifest } from "../../../support/embeddedManifest";
import { bomComplaints } from "../../../support/publishedSchemas";
import { oneOfEach, sampleVerdict } from "../../../support/sampleVerdict";

const SOURCE: ModelSource = {
  kind: "huggingface",
  repository: "owner/coder",
  commit: "0".repeat(40),
  folder: "onnx models/q8",
};

function bom(verdicts: readonly Verdict[], changes: Partial<BomParameters> = {}): Bom {
  return bomOf({
    repository: "inventory",
    commit: "04c665297bcbb038a5c144d31039d6ed6badb84d",
    verdicts,
    pins: new Map([[digestOf("a1"), { manifest: embeddedManifest(), source: SOURCE }]]),
    version: "0.1.0",
    made: 1_790_000_000,
    ...changes,
  });
}

function propertiesOf(component: Bom["components"][number] | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries((component?.properties ?? []).map(({ name, value }) => [name, value]));
}

describe("a bill of materials", () => {
  it("is as CycloneDX has it, and as we publish it ourselves", () => {
    const made = bom(oneOfEach());
    expect(bomComplaints(made)).toEqual([]);
    expect(Bom.safeParse(made).success).toBe(true);
    expect(made.metadata).toMatchObject({
      timestamp: "2026-09-21T14:13:20Z",
      tools: { components: [{ name: "proofline", version: "0.1.0" }] },
      component: { name: "inventory", version: "04c665297bcbb038a5c144d31039d6ed6badb84d" },
    });
  });

  it("would be refused by that schema with a word that it does not know", () => {
    expect(bomComplaints({ ...bom(oneOfEach()), aggregate: "complete" })).not.toEqual([]);
    expect(bomComplaints({ ...bom(oneOfEach()), serialNumber: "one" })).not.toEqual([]);
  });

  it("has an installed model with its name, the digest of each file, and where its bytes are said to come from", () => {
    const [model, ...others] = bom([sampleVerdict()]).components;
    const manifest = embeddedManifest();
    expect(others).toEqual([]);
    expect(model).toMatchObject({
      type: "machine-learning-model",
      name: manifest.name,
      version: digestOf("a1"),
      externalReferences: [
        { url: `https://huggingface.co/owner/coder/tree/${"0".repeat(40)}/onnx%20models/q8` },
      ],
    });
    expect(model?.components?.map(({ name, hashes }) => [name, hashes[0]?.content])).toEqual(
      manifest.files.map(({ path, sha256 }) => [path, sha256]),
    );
    expect(propertiesOf(model)).toMatchObject({
      "proofline:manifestDigest": digestOf("a1"),
      "proofline:omsRoot": digestOf("a2"),
      "proofline:suggestions:verified": "1",
    });
  });

  it("names one whose pin is not installed by its digest, whatever the evidence calls it, and says so", () => {
    const made = bom([sampleVerdict()], { pins: new Map() });
    const [model] = made.components;
    expect(bomComplaints(made)).toEqual([]);
    expect(model).toMatchObject({ name: `sha256:${digestOf("a1")}` });
    expect(model?.description).toContain("not installed");
    expect([model?.components, model?.externalReferences]).toEqual([undefined, undefined]);
    expect(JSON.stringify(model)).not.toContain("proofline-code");
  });

  it("says of a model behind an enclave, or that another tool names, that nobody can check it", () => {
    const model = { name: null, told: "openai/gpt-5", manifestDigest: null, omsRoot: null };
    const { execution } = sampleVerdict().findings;
    const verdicts = (["attested", "stated"] as const).map((kind) =>
      sampleVerdict({ summary: kind }, { model, execution: { ...execution, kind } }),
    );
    const made = bom(verdicts);
    expect(bomComplaints(made)).toEqual([]);
    expect(
      made.components.map(({ name, description }) => [name, /[Nn]obody can check/.test(description)]),
    ).toEqual([
      ["openai/gpt-5", true],
      ["openai/gpt-5", true],
    ]);
  });

  it("counts by verdict, and takes nothing from evidence that is not believed", () => {
    const { components, metadata } = bom(oneOfEach());
    const counts = propertiesOf(components[0]);
    expect(components).toHaveLength(1);
    expect(counts["proofline:suggestions"]).toBe(String(SUMMARIES.length - 2));
    expect([counts["proofline:suggestions:failed"], counts["proofline:suggestions:edited"]]).toEqual([
      undefined,
      "1",
    ]);
    expect(metadata.properties).toContainEqual({ name: "proofline:suggestions:notBelieved", value: "2" });
    const failed = bom([sampleVerdict({ summary: "failed" })]);
    expect([failed.components, bomComplaints(failed)]).toEqual([[], []]);
  });

  it("has the same serial number for the same state, whenever it is made", () => {
    const { serialNumber } = bom(oneOfEach());
    expect(bom(oneOfEach(), { made: 1 }).serialNumber).toBe(serialNumber);
    expect(bom(oneOfEach().slice(0, 5)).serialNumber).not.toBe(serialNumber);
  });

  it("is as CycloneDX has it whatever a repository calls things", () => {
    const text = fc.string({ unit: "binary", maxLength: 400 });
    const kinds = fc.constantFrom("replayable", "attested", "stated");
    fc.assert(
      fc.property(text, text, kinds, (repository, told, kind) => {
        const { execution, model } = sampleVerdict().findings;
        const named = kind === "replayable" ? { ...model, told } : { ...model, told, manifestDigest: null };
        const made = bom([sampleVerdict({}, { execution: { ...execution, kind }, model: named })], {
          repository,
        });
        expect(bomComplaints(JSON.parse(JSON.stringify(made)))).toEqual([]);
      }),
    );
  });
});
