import { anchorFile, TIME } from "../conformance/samples";
import type { Json, JsonObject, MadeBatch, MadeFile, MadePiece } from "../support/evidenceMaker";
import type { World } from "./world";

/** What a claim truly is, as its maker knows it. */
export interface Truth {
  readonly leaf: string;
  readonly batchRoot: string;
  readonly device: string;
  readonly name: string;
  /** Whether the model yields this output from this prompt, so that a replay says so. */
  readonly isReplayed: boolean;
  /** Whether its pin is installed here, and the evidence names it as the pin does. */
  readonly isPinned: boolean;
  readonly repositoryId: string;
  /** Whether the prompt held the answer, and stands nowhere. */
  readonly isStuffed: boolean;
  readonly isHonest: boolean;
  readonly pieces: readonly Piece[];
}

interface Piece {
  readonly path: string;
  readonly accepted: string;
  readonly saved: readonly string[];
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
  readonly textParts?: MadePiece["textParts"];
  readonly copies?: number;
  readonly before?: MadePiece["before"];
}

/** Where a batch stands among its device's. */
export interface Link {
  readonly device: string;
  readonly sequence: number;
  readonly previousSeal: string | null;
  readonly seal: string;
  readonly batchRoot: string;
  readonly repositoryId: string;
}

/** A repository under attack, and what the attackers' world knows. */
export interface State {
  readonly sources: Map<string, string>;
  /** Evidence files by name. */
  readonly evidence: Map<string, string | Uint8Array>;
  readonly anchors: Map<string, string | Uint8Array>;
  models: string | Uint8Array;
  repositoryIds: readonly string[];
  /** By leaf hash; one claim may stand in several batches. */
  readonly truths: Map<string, readonly Truth[]>;
  readonly links: Link[];
  /** When the chain timestamped a batch root, in seconds since 1970. */
  readonly chain: Map<string, number>;
}

/** What stands before an attack. */
export function honestState(world: World): State {
  const state: State = {
    sources: new Map(world.sources),
    evidence: new Map(),
    anchors: new Map(),
    models: world.models,
    repositoryIds: [world.repositoryId],
    truths: new Map(),
    links: [],
    chain: new Map(),
  };
  for (const { made, from } of world.batches) {
    add(state, made, from, { isReplayed: true, isHonest: true, isStuffed: false, time: TIME });
  }
  return state;
}

export interface Added {
  readonly isReplayed: boolean;
  readonly isHonest: boolean;
  readonly isStuffed: boolean;
  /** When it is anchored; `null` where it is not. */
  readonly time: number | null;
  /** Whether evidence names model and files as the installed pin does. */
  readonly isPinned?: boolean;
}

/** Puts a batch into the repository, and what is true of it into the world's knowledge. */
export function add(state: State, made: MadeFile, from: MadeBatch, added: Added): void {
  state.evidence.set(`${made.batchRoot}.json`, made.text);
  for (const claim of from.claims) {
    const leaf = made.leaves.get(claim.name) ?? "";
    const { isReplayed, isHonest, isStuffed, isPinned = true } = added;
    const known: Truth = {
      leaf,
      batchRoot: made.batchRoot,
      device: made.device,
      name: claim.name,
      isReplayed,
      isPinned,
      repositoryId: from.repositoryId,
      isStuffed,
      isHonest,
      pieces: claim.pieces,
    };
    state.truths.set(leaf, [...(state.truths.get(leaf) ?? []), known]);
  }
  // A batch that may not be read contradicts nothing.
  const isBent =
    from.bendStatement !== undefined ||
    from.claims.some(({ bend, pieces }) => bend !== undefined || pieces.length > 1 || pieces.some(isOdd));
  if (!isBent) {
    state.links.push({
      device: made.device,
      sequence: from.sequence,
      previousSeal: from.previousSeal,
      seal: made.seal,
      batchRoot: made.batchRoot,
      repositoryId: from.repositoryId,
    });
  }
  if (added.time !== null) {
    state.chain.set(made.batchRoot, added.time);
    const block = { number: blockOf(added.time), hash: blockHash(added.time) };
    state.anchors.set(
      `${made.batchRoot}.8453.json`,
      anchorFile(made.batchRoot, { timestamp: added.time, block, transaction: `0x${made.batchRoot}` }),
    );
  }
}

/** Whether a reader may refuse a piece for its place. */
function isOdd({ path, start, end, saved, accepted }: Piece): boolean {
  return (
    path.includes("..") ||
    path.includes("//") ||
    saved.length !== end.line - start.line + 1 ||
    saved.length !== accepted.split("\n").length ||
    start.character > (saved[0] ?? "").length ||
    end.character > (saved.at(-1) ?? "").length
  );
}

/** One block for each second of the time in which the attacks play. */
export function blockOf(time: number): number {
  return 1000 + time - TIME;
}

export function blockHash(time: number): string {
  return `0x${blockOf(time).toString(16).padStart(64, "0")}`;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
