/**
 * Conformance vectors of the format's second version. What has nothing to do with how a claim travels gets the same verdict in
 * either version, so the same rules decide of the same claims, sealed anew; what only this version has stands here.
 */
import { digestNamed, type JsonObject, type MadeFile, makeBatch, pretty } from "../support/evidenceMaker";
import { all, BATCHES, batch, GOOD, GUARD, leaf, SUM, suggestion } from "./samples";
import type { ExpectedPiece, VectorExpectation } from "./vector";
import {
  FIRST_VECTORS,
  GUARD_FILE,
  GUARD_PLACE,
  pathOf,
  piece,
  SUM_BROKEN,
  SUM_FILE,
  SUM_PLACE,
  sum,
  sumLeaf,
  type Vector,
  vectorOf,
} from "./vectors";

/** Vectors of the first version whose claims are sealed anew. */
const SEALED_ANEW: readonly string[] = [
  "good/verbatim",
  "good/crlf",
  "good/not-ascii",
  "good/attested",
  "good/stated",
  "good/part-of-a-line",
  "good/word-by-word",
  "good/sealed-prompt",
  "good/withheld-lines",
  "good/withheld-moved",
  "good/in-a-docstring",
  "good/moved-after-its-lines",
  "good/reformatted-typescript",
  "good/formatted-before-sealing",
  "good/gap-in-the-sequence",
  "good/beside-a-copy",
  "edited/before-sealing",
  "edited/withheld-lines",
  "edited/out-of-a-docstring",
  "edited/beside-a-copy",
  "edited/one-character-inside",
  "edited/gone",
  "hostile/borrowed-replay",
  "hostile/copied-from-an-invented-prompt",
  "hostile/foreign",
  "hostile/mismatch",
  "hostile/enclave-contradicted",
  "hostile/two-first-batches",
  "hostile/number-that-does-not-follow",
  "hostile/two-after-one",
  "hostile/vanished",
];

const anew = new Map<MadeFile, MadeFile>();

/** The same batch in the second version, after that which it followed. */
function sealedAnew(file: MadeFile): MadeFile {
  const known = anew.get(file);
  if (known !== undefined) {
    return known;
  }
  const before = BATCHES.find(({ seal }) => seal === file.from.previousSeal);
  const previousSeal = before === undefined ? file.from.previousSeal : sealedAnew(before).seal;
  const made = makeBatch({ ...file.from, version: 2, previousSeal });
  anew.set(file, made);
  return made;
}

function again(vector: Vector): Vector {
  const isHere = ({ text }: MadeFile): boolean =>
    [vector.files, vector.base].some((files) => [...(files?.values() ?? [])].includes(text));
  const names = new Map<string, string>();
  const texts = new Map<string, string>();
  for (const file of BATCHES.filter(isHere)) {
    const made = sealedAnew(file);
    texts.set(file.text, made.text);
    names.set(file.batchRoot, made.batchRoot);
    for (const [claim, hash] of file.leaves) {
      names.set(hash, leaf(made, claim));
    }
  }
  const renamed = (text: string): string =>
    text.replace(/[0-9a-f]{64}/g, (digest) => names.get(digest) ?? digest);
  const filesOf = (files: Vector["files"]): Vector["files"] =>
    new Map([...files].map(([path, text]) => [renamed(path), texts.get(text) ?? renamed(text)]));
  const expected: VectorExpectation = JSON.parse(renamed(JSON.stringify(vector.expected)));
  const known: Vector["case"]["known"] = JSON.parse(renamed(JSON.stringify(vector.case.known)));
  return {
    name: `${vector.name}-v2`,
    case: { ...vector.case, rules: [...vector.case.rules, "versions"], known },
    expected: {
      ...expected,
      pieces: expected.pieces.toSorted(byPlace),
      problems: expected.problems.toSorted(),
    },
    files: filesOf(vector.files),
    base: vector.base && filesOf(vector.base),
  };
}

/** Of pieces on one line that whose claim's hash is less comes first. */
function byPlace(one: ExpectedPiece, other: ExpectedPiece): number {
  const isBeside = one.path === other.path && one.lines?.[0] === other.lines?.[0];
  return isBeside && one.claim !== other.claim ? (one.claim < other.claim ? -1 : 1) : 0;
}

const found: Vector[] = FIRST_VECTORS.filter(({ name }) => SEALED_ANEW.includes(name)).map(again);
export const SECOND_VECTORS: readonly Vector[] = found;

const second = batch([suggestion("sum", "src/sum.ts", SUM)], { version: 2 });
const secondLeaf = leaf(second, "sum");
const closed = batch([suggestion("sum", "src/sum.ts", SUM, { open: false })], { version: 2 });

function good(name: string, about: string, text: string): void {
  found.push(
    vectorOf(`good/${name}-v2`, about, {
      rules: ["versions", "oneSpelling"],
      files: SUM_FILE,
      evidence: [],
      also: { [pathOf(second)]: text },
      known: all([second]),
      pieces: [piece(secondLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
    }),
  );
}
good("indented", "The file with other white space between its tokens.", pretty(JSON.parse(second.text)));
good(
  "checked-out-with-crlf",
  "The file as git may check it out elsewhere.",
  second.text.replaceAll("\n", "\r\n"),
);
found.push(
  vectorOf(
    "good/sealed-copy-v2",
    "Of two copies of one claim the open one counts; the other names its sealed fields by one digest.",
    {
      rows: [16],
      rules: ["versions", "copies", "fileNames"],
      files: SUM_FILE,
      evidence: [],
      also: { ".proofline/evidence/0.json": closed.text, ".proofline/evidence/z.json": second.text },
      known: all([second]),
      pieces: [piece(secondLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
    },
  ),
);
const after = batch([suggestion("guard", "src/guard.py", GUARD)], {
  version: 2,
  sequence: 1,
  previousSeal: sum.seal,
});
found.push(
  vectorOf(
    "good/both-versions",
    "A batch of the second version follows one of the first, by the same device.",
    {
      rules: ["versions", "sequence"],
      files: { ...SUM_FILE, ...GUARD_FILE },
      evidence: [sum, after],
      known: all([sum, after]),
      pieces: [
        piece(leaf(after, "guard"), "src/guard.py", GUARD_PLACE, "verified", GOOD),
        piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD),
      ],
    },
  ),
);

type Broken = VectorExpectation["broken"][number];

/** A file about the sample claim that cannot be believed. */
function broken(
  name: string,
  about: string,
  file: MadeFile | string,
  evidence: Broken["evidence"],
  signature: Broken["signature"],
  rules: readonly string[] = ["reading"],
): void {
  found.push(
    vectorOf(`hostile/${name}-v2`, about, {
      rules: ["versions", ...rules],
      rows: [17],
      files: SUM_FILE,
      evidence: [],
      also: { [pathOf(second)]: typeof file === "string" ? file : file.text },
      known: all([second]),
      broken: [{ ...SUM_BROKEN, evidence, signature, summary: evidence === "newer" ? "unknown" : "failed" }],
      problems: [pathOf(second)],
    }),
  );
}

/** The sample file with something else of its claim. */
function withClaim(change: (claim: JsonObject, piece: JsonObject) => void, options = {}): MadeFile {
  return batch([suggestion("sum", "src/sum.ts", SUM, options)], {
    version: 2,
    bendOpenings: ({ claims }) => {
      const [claim] = claims as JsonObject[];
      const [own] = (claim?.pieces ?? []) as JsonObject[];
      if (claim !== undefined && own !== undefined) {
        change(claim, own);
      }
    },
  });
}
broken(
  "other-saved-lines",
  "The whole lines that travel lead to another root.",
  withClaim((_, own) => {
    own.lines = String(own.lines).replace("= 0", "= 1");
  }),
  "tampered",
  "invalid",
);
broken(
  "other-accepted-text",
  "The accepted text that travels leads to another root.",
  withClaim((_, own) => {
    own.accepted = String(own.accepted).replace("= 0", "= 1");
  }),
  "tampered",
  "invalid",
);
broken(
  "other-displayed-text",
  "The displayed text that travels leads to another root.",
  withClaim((claim) => {
    claim.displayed = `${String(claim.displayed)} `;
  }),
  "tampered",
  "invalid",
);
broken(
  "other-end",
  "The place that travels leads to another root.",
  withClaim((_, own) => {
    own.end = { line: 6, character: 14 };
  }),
  "tampered",
  "invalid",
);
broken(
  "other-salt",
  "The salt that travels leads to another root.",
  withClaim((claim) => {
    claim.salt = digestNamed("other salt");
  }),
  "tampered",
  "invalid",
);
broken(
  "other-sealed-fields",
  "The digest of the sealed fields leads to another root.",
  withClaim(
    (claim) => {
      claim.sealed = { digest: digestNamed("other fields"), tokens: 3 };
    },
    { open: false },
  ),
  "tampered",
  "invalid",
  ["reading", "sealedPrompt"],
);
broken(
  "other-count-of-sealed-tokens",
  "The count of sealed tokens leads to another root.",
  withClaim(
    (claim) => {
      claim.sealed = { ...(claim.sealed as JsonObject), tokens: 4 };
    },
    { open: false },
  ),
  "tampered",
  "invalid",
  ["reading", "sealedPrompt"],
);
broken(
  "open-and-sealed",
  "A prompt is open, and a digest stands for it as well.",
  withClaim((claim) => {
    claim.sealed = { digest: digestNamed("sealed"), tokens: 3 };
  }),
  "tampered",
  "invalid",
  ["reading", "sealedPrompt"],
);
broken(
  "neither-open-nor-sealed",
  "The opened prompts were taken away, and nothing stands for them.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    version: 2,
    bendOpenings: (openings) => {
      openings.prompts = null;
    },
  }),
  "tampered",
  "invalid",
  ["reading", "sealedPrompt"],
);
broken(
  "of-another-kind",
  "A claim says nothing of its output, and its batch is of a model's.",
  withClaim((claim) => {
    claim.trim = null;
  }),
  "tampered",
  "invalid",
);
broken(
  "beyond-its-line",
  "What its device signed adds up, and the place reaches beyond its line.",
  batch(
    [
      suggestion("sum", "src/sum.ts", SUM, {
        bend: (record) => {
          const [own] = record.pieces as JsonObject[];
          if (own !== undefined) {
            own.end = { line: 6, character: 99 };
          }
        },
      }),
    ],
    { version: 2 },
  ),
  "tampered",
  "valid",
);
broken(
  "wrong-count",
  "Its device signed one token more than there are, which nobody else arrives at.",
  batch(
    [
      suggestion("sum", "src/sum.ts", SUM, {
        bend: (record) => {
          record.counts = { ...(record.counts as JsonObject), tokens: 4 };
        },
      }),
    ],
    { version: 2 },
  ),
  "tampered",
  "invalid",
);
broken(
  "unknown-field",
  "A claim holds a field that no version before the next one can have.",
  withClaim((claim) => {
    claim.replaced = "nonsense";
  }),
  "malformed",
  "invalid",
  ["newer", "form"],
);
broken(
  "unsigned-field",
  "Somebody added a field to a file beside what is signed.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    version: 2,
    bendFile: (file) => {
      file.witnesses = [];
    },
  }),
  "malformed",
  "invalid",
  ["newer", "form"],
);
function signed(
  bendStatement: (statement: JsonObject, predicate: JsonObject) => void,
  signer?: string,
): MadeFile {
  return batch([suggestion("sum", "src/sum.ts", SUM)], {
    version: 2,
    bendStatement: (statement) => bendStatement(statement, statement.predicate as JsonObject),
    ...(signer !== undefined && { signer }),
  });
}
broken(
  "later-version",
  "Its device signed that the statement is of a later version of the format.",
  signed((statement) => {
    statement.predicateType = "urn:proofline:suggestions:v3";
  }),
  "newer",
  "valid",
  ["newer"],
);
broken(
  "later-profile",
  "Its device signed an execution profile that this version does not know.",
  signed((_, predicate) => {
    predicate.execution = { ...(predicate.execution as JsonObject), profile: "native/v9" };
  }),
  "newer",
  "valid",
  ["newer"],
);
broken(
  "later-and-wrong",
  "Its device signed a profile that nobody knows, and a sequence that is no number: no version says that.",
  signed((_, predicate) => {
    predicate.execution = { ...(predicate.execution as JsonObject), profile: "native/v9" };
    predicate.sequence = "first";
  }),
  "tampered",
  "invalid",
  ["newer", "reading"],
);
broken(
  "unlike-its-tree",
  "The signed root is not that of the claims.",
  signed((statement) => {
    statement.subject = [{ name: "suggestions", digest: { sha256: digestNamed("other root") } }];
  }),
  "tampered",
  "invalid",
);
broken(
  "signed-by-another",
  "The statement names one device, and another one signed it.",
  signed(() => {}, "stranger"),
  "tampered",
  "invalid",
);
broken(
  "changed-after-signing",
  "The statement was changed after it was signed.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    version: 2,
    bendFile: (file) => {
      const envelope = file.envelope as JsonObject;
      const text = Buffer.from(String(envelope.payload), "base64").toString("utf8");
      envelope.payload = Buffer.from(text.replace('"sequence":0', '"sequence":9')).toString("base64");
    },
  }),
  "tampered",
  "invalid",
);
broken(
  "under-a-first-statement",
  "The claims of the second version beside a signed statement of the first.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    version: 2,
    bendFile: (file) => {
      file.envelope = (JSON.parse(sum.text) as JsonObject).envelope ?? null;
    },
  }),
  "tampered",
  "invalid",
);
broken(
  "other-escapes",
  "A letter is spelt as an escape.",
  second.text.replace('"let total', '"\\u006cet total'),
  "malformed",
  "invalid",
  ["oneSpelling"],
);
broken(
  "keys-in-another-order",
  "The file holds the same, with its keys in another order.",
  (() => {
    const { claims, ...rest } = JSON.parse(second.text) as JsonObject;
    return `${JSON.stringify({ ...rest, claims: claims ?? null }, null, 2)}\n`;
  })(),
  "malformed",
  "invalid",
  ["oneSpelling"],
);
