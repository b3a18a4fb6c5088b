/** What the vectors are made of: small files, claims on marked text, and what a reader may know. */
import {
  canonical,
  digestNamed,
  idOf,
  type JsonObject,
  type MadeBatch,
  type MadeClaim,
  type MadeFile,
  type MadePiece,
  makeBatch,
  marked,
  pretty,
  sha256,
} from "../support/evidenceMaker";
import type { ExpectedChecks, VectorCase } from "./vector";

export const REPOSITORY = idOf("repository");
export const OTHER_REPOSITORY = idOf("another repository");

/** The pin that readers of most vectors have installed. */
export const PIN = {
  name: "sample-model",
  manifestDigest: digestNamed("manifest"),
  omsRoot: digestNamed("oms"),
};

export const ENVIRONMENT: JsonObject = {
  serverDigest: digestNamed("server"),
  engine: { name: "onnxruntime-node", version: "1.30.0", libraryDigest: digestNamed("library") },
  executionProvider: "cpu",
  threads: 2,
  platform: { os: "linux", arch: "x64" },
  cpu: { model: "Sample CPU", features: ["avx2", "fma"] },
};
export const ENVIRONMENT_DIGEST = sha256(canonical(ENVIRONMENT)).toString("hex");

export const REPLAYABLE: JsonObject = {
  kind: "replayable",
  model: { ...PIN },
  environment: ENVIRONMENT,
  profile: "native/v1",
};
export const ATTESTED: JsonObject = {
  kind: "attested",
  scheme: "opengradient/v1",
  enclave: digestNamed("enclave"),
  model: { name: "enclave-model" },
};
export const STATED: JsonObject = { kind: "stated" };

/** Accepted text stands between `«` and `»`. */
export const SUM = `// Adds numbers.
export function sum(values: number[]): number {
  «let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;»
}
`;
export const GUARD = `def handle(user, request):
    «if not user.is_admin:
        return "denied"
    delete_everything(request)»
    return "done"
`;
export const AREA = `package shapes

// Area of a rectangle.
func Area(width int, height int) int {
	«result := width * height
	return result»
}
`;

export function plain(text: string): string {
  return text.replace(/[«»]/g, "");
}

/** A claim of the pinned model on marked text; its prompt is the text around the mark. */
export function suggestion(
  name: string,
  path: string,
  text: string,
  options: Partial<MadeClaim> & {
    readonly values?: JsonObject;
    readonly travels?: boolean;
    readonly textParts?: MadePiece["textParts"];
  } = {},
): MadeClaim {
  const { piece, before, after } = marked(path, text);
  const { values, travels, textParts, ...rest } = options;
  return {
    name,
    kind: "replayable",
    pieces: [
      {
        ...piece,
        ...(travels !== undefined && { travels }),
        ...(textParts !== undefined && { textParts }),
      },
    ],
    displayed: piece.accepted,
    values: {
      promptPath: path,
      promptPrefix: before,
      promptSuffix: after,
      promptContext: [],
      tokens: [17, 4711, 65_536],
      raw: `${piece.accepted}\n`,
      sampling: { method: "greedy", maxTokens: 96 },
      ordinal: 0,
      seed: digestNamed("seed"),
      stop: "block",
      ...values,
    },
    ...rest,
  };
}

/** Pieces of one output in several places, from an enclave or as a tool states it. */
export function pieces(name: string, kind: "attested" | "stated", places: readonly MadePiece[]): MadeClaim {
  return {
    name,
    kind,
    pieces: [...places],
    displayed: kind === "attested" ? places.map(({ accepted }) => accepted).join("\n…\n") : null,
    values:
      kind === "attested"
        ? {
            request: Buffer.from("the request").toString("base64"),
            answer: Buffer.from("the answer").toString("base64"),
            signature: Buffer.from("the enclave's signature").toString("base64"),
            timestamp: 1_790_000_000,
            settlement: "none",
          }
        : { tool: "some agent", session: "a session", model: "some model" },
  };
}

const made: MadeFile[] = [];
/** All batches that vectors are made of. */
export const BATCHES: readonly MadeFile[] = made;

/** A first batch of a device, unless said otherwise. */
export function batch(claims: readonly MadeClaim[], options: Partial<MadeBatch> = {}): MadeFile {
  const [first] = claims;
  const executions = { replayable: REPLAYABLE, attested: ATTESTED, stated: STATED };
  const file = makeBatch({
    device: "author",
    repositoryId: REPOSITORY,
    execution: executions[first?.kind ?? "replayable"],
    claims: [...claims],
    sequence: 0,
    previousSeal: null,
    ...options,
  });
  made.push(file);
  return file;
}

/** The hash of a claim's leaf. */
export function leaf(file: MadeFile, name: string): string {
  const found = file.leaves.get(name);
  if (found === undefined) {
    throw new Error(`no claim ${name}`);
  }
  return found;
}

export function anchorFile(batchRoot: string, change: JsonObject = {}): string {
  return pretty({
    batchRoot,
    chainId: 8453,
    genesisHash: `0x${digestNamed("genesis")}`,
    contract: "0x4200000000000000000000000000000000000021",
    block: { number: 5, hash: `0x${digestNamed("block")}` },
    transaction: `0x${digestNamed("transaction")}`,
    timestamp: TIME,
    ...change,
  });
}

export const TIME = 1_800_000_000;

type Known = VectorCase["known"];

export const NOTHING: Known = {
  devices: [],
  revokedDevices: [],
  pins: [],
  approvedModels: [],
  revokedModels: [],
  approvedEnvironments: [],
  chain: {},
  replays: {},
  enclaves: {},
};

/** A reader who knows the device, has the pin, has replayed all claims exactly, and finds all batches in final blocks. */
export function all(files: readonly MadeFile[], change: Partial<Known> = {}): Known {
  return {
    ...NOTHING,
    devices: [...new Set(files.map(({ device }) => device))],
    pins: [PIN],
    chain: Object.fromEntries(files.map(({ batchRoot }) => [batchRoot, answer("finalized")])),
    replays: Object.fromEntries(
      files.flatMap(({ leaves }) => [...leaves.values()].map((hash) => [hash, "exact"])),
    ),
    ...change,
  };
}

export function answer(
  anchor: Known["chain"][string]["anchor"],
  { trust = "singleRpc", time = TIME }: Partial<Omit<Known["chain"][string], "anchor">> = {},
): Known["chain"][string] {
  return { anchor, trust, time: anchor === "finalized" || anchor === "included" ? time : null };
}

/** What is found of a good claim by a reader who knows all. */
export const GOOD: ExpectedChecks = {
  content: "verbatim",
  evidence: "intact",
  signature: "valid",
  anchor: "finalized",
  anchorTrust: "singleRpc",
  execution: "exact",
  model: "pinOnly",
  environment: "declaredUnknown",
  prompt: "bound",
  copied: "no",
};

/** What is found of it by a reader who knows nothing. */
export const BARE: ExpectedChecks = {
  ...GOOD,
  signature: "unknownDevice",
  anchor: "pending",
  anchorTrust: "local",
  execution: "notRun",
  model: "unapproved",
};
