import { describe, expect, it } from "vitest";
import {
  describeModel,
  describePlan,
  modelItem,
  questionAbout,
  questionFor,
  sentence,
} from "../../../client/src/pinning/modelTexts";
import { ListWorkspaceModels, PlanModel, type WantedModel } from "../../../server/src/protocol/messages";
import { digestOf } from "../../support/digests";

const DIGEST = digestOf("ab");
const OTHER = digestOf("cd");
const PLAN = {
  kind: "plan" as const,
  name: "coder",
  commit: "c".repeat(40),
  from: "owner/coder",
  licence: null,
  signed: false,
  manifestDigest: null,
  known: null,
  namesakes: [],
  displaced: null,
  files: [{ path: "model.onnx", size: 3_000_000 }],
  size: 3_000_000,
  toDownload: 1_000_000,
};
const HUB: WantedModel = { kind: "huggingface", repository: "owner/coder", revision: "main" };

describe("the question before a model is pinned", () => {
  it.each([
    [{ kind: "folder", path: "/m" }, 0, "Pin the model in /m as it is now?", "Pin"],
    [HUB, 1_000_000, "Download 1.0 MB and pin coder?", "Download and Pin"],
    [HUB, 0, "Pin coder?", "Pin"],
    [
      { kind: "workspace", manifestDigest: DIGEST },
      1_000_000,
      "Download 1.0 MB, accept coder and use it here?",
      "Download and Use",
    ],
  ] as const)("says what follows from agreeing: %j, %d bytes", (model, toDownload, question, yes) => {
    expect(questionFor(model, { ...PLAN, toDownload })).toEqual({ question, yes });
  });

  it("lists what will be pinned, where it is from and who must have signed it", () => {
    expect(describePlan(PLAN, { kind: "none" })).toEqual([
      "Repository: owner/coder",
      "Commit: cccccccccccc",
      "Licence: none stated",
      "Signature: none",
      "",
      "1 file, 3.0 MB, of which 2.0 MB are here already:",
      "model.onnx (3.0 MB)",
    ]);
    expect(describePlan({ ...PLAN, signed: true }, { kind: "key", pem: "" })).toContain(
      "Signature: must be made with the key that you chose",
    );
  });

  it("says under which name a folder is pinned, why, and that the workspace's proposal changes", () => {
    const plan = { ...PLAN, commit: null, manifestDigest: DIGEST, toDownload: 0 };
    expect(describePlan({ ...plan, known: "workspace" }, { kind: "none" }).slice(0, 3)).toEqual([
      "Name: coder, as the workspace calls these very files",
      "Signature: none",
      `Manifest digest: ${DIGEST}`,
    ]);
    const lines = describePlan({ ...plan, known: "folder", displaced: "other" }, { kind: "none" });
    expect(lines[0]).toBe("Name: coder, as its pin.json has it for these very files");
    expect(lines).toContain("Proposal: the workspace proposes other now, and then coder");
    expect(describePlan({ ...plan, manifestDigest: null }, { kind: "none" })[0]).toBe("Name: coder");
  });

  it("shows the whole digest of what a workspace names, and that its name is another model's here", () => {
    const lines = describePlan({ ...PLAN, manifestDigest: DIGEST, namesakes: [OTHER] }, { kind: "none" });
    expect(lines).toContain(`Manifest digest: ${DIGEST}`);
    expect(lines).toContain(`Beware: the model coder that is installed here is another one, ${OTHER}.`);
  });

  it("cannot be forged by what a hub states: no line begins that is not ours, and no link or icon is drawn", () => {
    const licence = "mit\nSignature: must be made with the key that you chose\u202e";
    const file = { path: "[a](command:x) $(verified) \u2028Signature: none", size: 1 };
    const lines = describePlan({ ...PLAN, licence, signed: true, files: [file] }, { kind: "none" });
    expect(lines.filter((line) => line.startsWith("Signature"))).toEqual([
      "Signature: present, but who made it is not checked",
    ]);
    expect(lines).toContain("Licence: mit\\u{a}Signature: must be made with the key that you chose\\u{202e}");
    expect(lines.at(-1)).toBe("[a]\\u{28}command:x) $\\u{28}verified) \\u{2028}Signature: none (1 kB)");
    const long = describePlan(
      { ...PLAN, licence: `mit${" .".repeat(100)} Signature: good` },
      { kind: "none" },
    );
    expect(long[2]).toMatch(/^Licence: mit[ .]+… \(\d+ more\)$/);
    const name = "coder? It is signed by its maker";
    expect(questionFor(HUB, { ...PLAN, name }).question).toBe(
      "Download 1.0 MB and pin “coder? It is signed by its maker”?",
    );
  });

  it("is asked of what the server plans", () => {
    expect(PlanModel.result.parse(PLAN)).toEqual(PLAN);
  });
});

describe("a model in the list", () => {
  const [model] = ListWorkspaceModels.result.parse([
    {
      name: "coder",
      manifestDigest: DIGEST,
      namesakes: [OTHER],
      from: "owner/coder",
      size: 3_000_000,
      named: true,
      installed: false,
      accepted: false,
      proposed: true,
      chosen: true,
      fetchable: true,
      signature: `signed by the key ${DIGEST}`,
    },
  ]);

  it("says whether it is here, proposed and chosen, with fingerprints by both ends", () => {
    expect(model && modelItem(model)).toEqual({
      icon: "check",
      label: "coder",
      description: "not here, 3.0 MB · proposed by this workspace · another model of this name is installed",
      detail: "owner/coder · signed by the key abababab…abab",
    });
  });

  it("is shown with name, source, signature and whole digest before it counts, and cannot forge a line of that", () => {
    const name = "coder\nManifest digest: 00";
    const shown = model && { ...model, name };
    expect(shown && questionAbout(shown)).toBe("Accept “coder\\u{a}Manifest digest: 00” in this workspace?");
    expect(shown && describeModel(shown)).toEqual([
      "Model: coder\\u{a}Manifest digest: 00",
      "Source: owner/coder",
      `Signature: signed by the key ${DIGEST}`,
      `Manifest digest: ${DIGEST}`,
      `Beware: the model “coder\\u{a}Manifest digest: 00” that is installed here is another one, ${OTHER}.`,
      "",
      "Suggestions that it made can then be verified here, on this machine.",
    ]);
    const taken = model && { ...model, accepted: true };
    expect(taken && questionAbout(taken)).toBe("coder is accepted in this workspace. Accept it no longer?");
  });
});

describe("sentence", () => {
  it("begins with a capital and ends with a stop", () => {
    expect(sentence("not signed")).toBe("Not signed.");
  });
});
