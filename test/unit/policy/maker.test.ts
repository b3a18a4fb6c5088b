import { describe, expect, it } from "vitest";
import { type Subject, subjectKey } from "../../../server/src/chain/authority/subjects";
import { factsDigest } from "../../../server/src/evidence/format/leaf";
import { Address, type Digest } from "../../../server/src/platform/primitives";
import { PolicyFile } from "../../../server/src/policy/file/policyFile";
import { policyUnder } from "../../../server/src/policy/file/policyUnder";
import { type AnchoringChain, makerOf, makerRefusal } from "../../../server/src/policy/maker";
import { type Policy, WITHOUT_KEY } from "../../../server/src/policy/policy";
import { underAuthority } from "../../../server/src/policy/underAuthority";
import { verify } from "../../../server/src/policy/verifyEvidence";
import { digestOf } from "../../support/digests";
import { device, execution, sealed } from "../../support/sampleBatch";
import { accepted, parameters } from "./goodCase";

const TEAM = `0x${"1".repeat(40)}`;
const ANOTHER = { digest: digestOf("99"), address: `0x${"9".repeat(40)}` };
const environment: Digest = factsDigest(execution.environment);

const before = "export function add(a: number, b: number): number {\n  ";
const answer = "const total = a + b;\n  return total;";
const after = "\n}\n";
const suggestion = accepted(answer, { line: 1, character: 2 }, { before, after });
const good = parameters(before + answer + after, [sealed([suggestion])], [suggestion.id]);
const CHAIN = { id: 31337, contract: null, isLocal: true } as const;
const maker = makerOf(device, execution, CHAIN);

/** What the rules and their authority say of one thing: whether it is listed, another one is, or nothing is, and how it stands. */
const LISTED = ["nothing", "this", "another"] as const;
const STANDINGS = ["unnamed", "approved", "lost", "compromised"] as const;
type Word = readonly [listed: (typeof LISTED)[number], standing: (typeof STANDINGS)[number]];
const WORDS: readonly Word[] = LISTED.flatMap((listed) =>
  STANDINGS.map((standing) => [listed, standing] as const),
);

const SUBJECTS = [
  { kind: "model", id: execution.model.manifestDigest },
  { kind: "device", id: device },
  { kind: "environment", id: environment },
] as const satisfies readonly Subject[];

function rules(words: readonly [Word, Word, Word]): Policy {
  const lists = SUBJECTS.map(({ kind, id }, index) => {
    const listed = words[index]?.[0];
    const named = kind === "device" ? ANOTHER.address : ANOTHER.digest;
    const entry = { name: "one", [kind === "device" ? "address" : "digest"]: listed === "this" ? id : named };
    return listed === "nothing" ? {} : { [`${kind}s`]: [entry] };
  });
  const ofStanding = (...wanted: readonly string[]) =>
    SUBJECTS.filter((_, index) => wanted.includes(words[index]?.[1] ?? ""));
  const file = PolicyFile.parse({
    format: "proofline/policy/v1",
    name: "team",
    chain: { id: 31337, contract: `0x${"77".repeat(20)}` },
    authority: {
      addresses: [{ name: "team", address: TEAM }],
      decides: ofStanding("approved").map(({ kind }) => `${kind}s`),
    },
    ...Object.assign({}, ...lists),
  });
  const time = 1_700_000_000;
  return underAuthority(policyUnder(file, good.policy), {
    asOf: time,
    approvals: new Map(
      ofStanding("approved").map((subject) => [subjectKey(subject), { subject, name: "one", until: null }]),
    ),
    denials: new Map(
      ofStanding("lost", "compromised").map((subject) => [
        subjectKey(subject),
        ofStanding("lost").includes(subject)
          ? { lostAt: time, compromised: null }
          : { lostAt: null, compromised: { since: null } },
      ]),
    ),
  });
}

describe("what makes a suggestion is refused", () => {
  it("exactly where what it makes could not become verified, under any lists and any word of an authority", () => {
    const seen = { refused: 0, verified: 0 };
    for (const model of WORDS) {
      for (const signer of WORDS) {
        for (const place of WORDS) {
          const policy = rules([model, signer, place]);
          const [verdict] = verify({ ...good, policy }).suggestions;
          const refusal = makerRefusal(policy, maker);
          expect([verdict?.summary === "verified", [model, signer, place]]).toEqual([
            refusal === null,
            [model, signer, place],
          ]);
          seen[refusal === null ? "verified" : "refused"] += 1;
        }
      }
    }
    // Of the twelve ways each passes in five: where nothing is asked, where it is listed, and wherever it is approved.
    expect(seen).toEqual({ verified: 5 ** 3, refused: 12 ** 3 - 5 ** 3 });
  });

  it("with what to do about it, and never for the lack of a key, which comes with the first batch", () => {
    const strangers = rules([
      ["nothing", "unnamed"],
      ["another", "unnamed"],
      ["nothing", "unnamed"],
    ]);
    expect(makerRefusal(strangers, maker)).toBe(
      `What this computer signs does not count under the policy team: its device, ${device}, is neither listed nor enrolled. Send that address to whoever keeps the policy.`,
    );
    expect(makerRefusal(strangers, makerOf(WITHOUT_KEY, execution, CHAIN))).toBeNull();
  });

  it("where no anchor that would be made here counts", () => {
    const contract = Address.parse(`0x${"77".repeat(20)}`);
    const other = Address.parse(`0x${"66".repeat(20)}`);
    const refusal = (file: object, chain: AnchoringChain): string | null => {
      const rulesFile = PolicyFile.parse({ format: "proofline/policy/v1", name: "team", ...file });
      return makerRefusal(policyUnder(rulesFile, good.policy), makerOf(device, execution, chain));
    };
    const base = { id: 8453, contract, isLocal: false };
    const asked = { chain: { id: 8453, contract } };
    expect(refusal({}, CHAIN)).toBeNull();
    expect(refusal(asked, base)).toBeNull();
    expect(refusal(asked, { ...base, contract: other })).toContain("on chain 8453 count");
    expect(refusal(asked, { ...base, id: 84532 })).toContain("made on chain 84532");
    expect(refusal(asked, CHAIN)).toContain("a chain of this computer");
    for (const witnesses of ["any", "several", "proved"]) {
      expect(refusal({ anchors: { witnesses } }, base)).toBeNull();
      expect(refusal({ anchors: { witnesses } }, CHAIN) === null).toBe(witnesses === "any");
    }
  });

  it("by the device alone where only an answer tells what wrote it", () => {
    const another = rules([
      ["another", "unnamed"],
      ["nothing", "unnamed"],
      ["another", "unnamed"],
    ]);
    expect(makerRefusal(another, makerOf(device, null, CHAIN))).toBeNull();
    expect(makerRefusal(another, maker)).toMatch(
      /^What the model sample-model writes does not count under the policy team: its pin, [0-9a-f]{64}, is neither listed nor approved\./,
    );
  });
});
