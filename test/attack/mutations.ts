/** What attackers do to a repository, by kind. */

import { OTHER_REPOSITORY, PIN, REPLAYABLE, suggestion, TIME } from "../conformance/samples";
import {
  addressOf,
  digestNamed,
  idOf,
  type Json,
  type JsonObject,
  type MadeBatch,
  type MadeClaim,
  type MadePiece,
  makeBatch,
  pretty,
} from "../support/evidenceMaker";
import { mutateJson, type Pool, poolOf } from "./mutateJson";
import type { Random } from "./random";
import { add, isObject, type State } from "./state";
import type { World } from "./world";
import { wrappersOf } from "./wrappers";

/** One way to attack. It changes the state, and says whether an honest line may lose its word by it. */
export interface Mutation {
  readonly kind: string;
  readonly apply: (state: State, random: Random, world: World) => { readonly mayLower: boolean };
}

const MAY_LOWER = { mayLower: true } as const;
const MAY_NOT_LOWER = { mayLower: false } as const;

function mutation(kind: string, apply: Mutation["apply"]): Mutation {
  return { kind, apply };
}

function textOf(content: string | Uint8Array | undefined): string {
  return typeof content === "string" ? content : Buffer.from(content ?? []).toString("utf8");
}

/** Changes one file of a folder of `.proofline` and leaves the others. */
function changeOne(
  files: Map<string, string | Uint8Array>,
  random: Random,
  change: (text: string) => string | Uint8Array,
): void {
  const name = random.of([...files.keys()]);
  files.set(name, change(textOf(files.get(name))));
}

function flipped(text: string, random: Random): Uint8Array {
  const bytes = Buffer.from(text, "utf8");
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
}

function cut(text: string, random: Random): string {
  const at = random.below(text.length);
  const length = 1 + random.below(200);
  return random.of([
    text.slice(0, at),
    text.slice(0, at) + text.slice(at + length),
    text.slice(0, at) + text.slice(at, at + length) + text.slice(at),
    text.slice(0, at) + random.of(['"', "{", "[", ",", "\u0000", "\\", "9".repeat(400)]) + text.slice(at),
  ]);
}

/** Reads a file's JSON, lets it be changed, and writes it in canonical spelling where that is possible. */
function reshaped(text: string, change: (value: JsonObject) => void): string {
  const value: Json = JSON.parse(text);
  if (isObject(value)) {
    change(value);
  }
  return pretty(value);
}

function child(value: JsonObject, ...keys: readonly string[]): JsonObject {
  let here = value;
  for (const key of keys) {
    const next = here[key];
    if (!isObject(next)) {
      throw new Error(`no ${key}`);
    }
    here = next;
  }
  return here;
}

let pool: Pool | null = null;

/** What can be borrowed from other claims, batches and devices. */
function lenders(world: World): Pool {
  pool ??= poolOf(
    world.batches.flatMap(({ made }): Json[] => {
      const file: JsonObject = JSON.parse(made.text);
      const payload = String(child(file, "envelope").payload);
      return [file, JSON.parse(Buffer.from(payload, "base64").toString("utf8"))];
    }),
  );
  return pool;
}

/** A batch of an attacker; honest claims may be in it, for whoever has read them can claim them again. */
function attackersBatch(
  random: Random,
  claims: readonly MadeClaim[],
  change: Partial<MadeBatch> = {},
): MadeBatch {
  return {
    version: random.of([1, 2]),
    device: random.of(["stranger", "stranger", "another stranger"]),
    repositoryId: idOf("repository"),
    execution: structuredClone(REPLAYABLE),
    claims: structuredClone([...claims]),
    sequence: 0,
    previousSeal: null,
    ...change,
  };
}

/** When an attacker anchors: not at all, before all others, or after them. */
function anchorTime(random: Random): { readonly time: number | null; readonly isFirst: boolean } {
  const choice = random.below(5);
  return choice === 0
    ? { time: null, isFirst: false }
    : choice === 1
      ? { time: TIME - 1 - random.below(100), isFirst: true }
      : { time: TIME + 1 + random.below(100), isFirst: false };
}

/** Lets a claim say something else about itself, with all commitments made anew. */
function bendClaim(claim: MadeClaim, random: Random, world: World, state: State): string {
  const piece = random.of(claim.pieces);
  const other = random.of(world.claims);
  const [lender] = other.pieces;
  if (lender === undefined) {
    throw new Error("a claim has a piece");
  }
  switch (random.below(13)) {
    case 0:
      piece.accepted = piece.accepted.slice(0, 1 + random.below(3));
      piece.end = endOf(piece);
      piece.saved = piece.saved.slice(0, piece.end.line - piece.start.line + 1);
      return "shrunk";
    case 1: {
      const length = 1 + random.below(piece.accepted.length);
      piece.accepted = piece.accepted.slice(0, length);
      piece.end = endOf(piece);
      piece.saved = piece.saved.slice(0, piece.end.line - piece.start.line + 1);
      return "partial";
    }
    case 2:
      piece.start = { ...piece.start, character: Math.max(0, piece.start.character - random.below(4)) };
      return "stretched before";
    case 3:
      piece.end = { ...piece.end, character: piece.end.character + random.below(3) };
      return "stretched after";
    case 4: {
      // The lines are those of today, whatever was accepted.
      const lines = (state.sources.get(piece.path) ?? "").split("\n");
      const count = piece.end.line - piece.start.line;
      const first = random.below(Math.max(1, lines.length - count));
      piece.saved = lines.slice(first, first + count + 1);
      piece.start = { line: first, character: piece.start.character };
      piece.end = { line: first + count, character: piece.end.character };
      return "other lines";
    }
    case 5:
      piece.path = random.of([...state.sources.keys(), "src/none.ts", "../outside.ts", "src//a.ts"]);
      return "another path";
    case 6:
      claim.id = idOf(other.name);
      return "borrowed id";
    case 7:
      piece.saved = [...lender.saved];
      piece.start = { ...lender.start };
      piece.end = { ...lender.end };
      return "borrowed lines";
    case 8:
      piece.travels = false;
      return "withheld lines";
    case 9:
      claim.open = false;
      return "sealed prompt";
    case 10:
      claim.pieces.push(structuredClone(lender));
      return "one more piece";
    case 11:
      claim.bend = (record) => {
        mutateJson(record, random, lenders(world));
      };
      return "bent record";
    default:
      claim.pieces.push({ ...structuredClone(piece) });
      return "the same piece twice";
  }
}

function endOf({ start, accepted }: MadePiece): MadePiece["end"] {
  const lines = accepted.split("\n");
  const last = lines.at(-1)?.length ?? 0;
  return {
    line: start.line + lines.length - 1,
    character: lines.length === 1 ? start.character + last : last,
  };
}

/** A place of today's text that nobody accepted, as text that a model might well yield. */
function anyText(state: State, random: Random): { path: string; marked: string } {
  const path = random.of([...state.sources.keys()]);
  const text = state.sources.get(path) ?? "";
  const from = random.below(text.length - 1);
  const to = Math.min(text.length, from + 1 + random.below(random.of([4, 40, 200])));
  return { path, marked: `${text.slice(0, from)}«${text.slice(from, to)}»${text.slice(to)}` };
}

const EVIDENCE: readonly Mutation[] = [
  mutation("evidence: bits flipped", (state, random) => {
    changeOne(state.evidence, random, (text) => flipped(text, random));
    return MAY_LOWER;
  }),
  mutation("evidence: cut, doubled, filled", (state, random) => {
    changeOne(state.evidence, random, (text) => cut(text, random));
    return MAY_LOWER;
  }),
  mutation("evidence: structure of the file", (state, random, world) => {
    changeOne(state.evidence, random, (text) =>
      reshaped(text, (file) => mutateJson(file, random, lenders(world))),
    );
    return MAY_LOWER;
  }),
  mutation("evidence: structure of the openings", (state, random, world) => {
    changeOne(state.evidence, random, (text) =>
      reshaped(text, (file) => mutateOpenings(file, random, lenders(world))),
    );
    return MAY_LOWER;
  }),
  mutation("evidence: statement changed, signature left", (state, random, world) => {
    changeOne(state.evidence, random, (text) => resigned(text, random, world, null));
    return MAY_LOWER;
  }),
  mutation("evidence: statement changed, signed by a stranger", (state, random, world) => {
    changeOne(state.evidence, random, (text) => resigned(text, random, world, "stranger"));
    return MAY_LOWER;
  }),
  mutation("evidence: files renamed, copied, stripped", (state, random, world) => {
    const [name = "", text = ""] = random.of([...state.evidence]);
    const stripped = withoutPrompts(textOf(text), world);
    switch (random.below(4)) {
      case 0:
        state.evidence.delete(name);
        state.evidence.set("renamed.json", text);
        break;
      case 1:
        state.evidence.set("0.json", stripped);
        break;
      case 2:
        state.evidence.set("zzzz.json", stripped);
        break;
      default:
        state.evidence.set("zzzz.json", text);
    }
    return MAY_NOT_LOWER;
  }),
  mutation("evidence: files taken away or swapped", (state, random) => {
    const names = [...state.evidence.keys()];
    const [one, other] = [random.of(names), random.of(names)];
    const text = state.evidence.get(one) ?? "";
    if (random.chance(0.5)) {
      state.evidence.delete(one);
      return MAY_LOWER;
    }
    state.evidence.set(one, state.evidence.get(other) ?? "");
    state.evidence.set(other, text);
    return MAY_NOT_LOWER;
  }),
  mutation("evidence: one more repository id", (state) => {
    state.repositoryIds = [...state.repositoryIds, OTHER_REPOSITORY].sort();
    return MAY_NOT_LOWER;
  }),
  mutation("evidence: no or another repository id", (state, random) => {
    state.repositoryIds = random.chance(0.5) ? [] : [OTHER_REPOSITORY];
    return MAY_LOWER;
  }),
];

/** Changes something that travels beside the envelope. */
function mutateOpenings(file: JsonObject, random: Random, pool: Pool): void {
  if (isObject(file.openings)) {
    mutateJson(file.openings, random, pool);
    return;
  }
  const { envelope, ...beside } = file;
  mutateJson(beside, random, pool);
  for (const key of Object.keys(file)) {
    delete file[key];
  }
  Object.assign(file, beside, { envelope });
}

/** The same batch as whoever keeps its prompts would hand it on; of a file that nobody sealed so, one that says nothing of them. */
function withoutPrompts(text: string, world: World): string {
  const sealed = world.batches.find(({ made }) => made.text === text);
  if (sealed === undefined) {
    return reshaped(text, (file) => {
      (isObject(file.openings) ? file.openings : file).prompts = null;
    });
  }
  const claims = sealed.from.claims.map((claim) => ({ ...claim, open: false }));
  return makeBatch({ ...sealed.from, claims }).text;
}

/** The same file with a changed statement; signed by nobody anew, or by a stranger. */
function resigned(text: string, random: Random, world: World, signer: string | null): string {
  return reshaped(text, (file) => {
    const envelope = child(file, "envelope");
    const statement: JsonObject = JSON.parse(
      Buffer.from(String(envelope.payload), "base64").toString("utf8"),
    );
    if (random.chance(0.8)) {
      mutateJson(statement, random, lenders(world));
    }
    if (signer !== null) {
      const predicate = statement.predicate;
      if (isObject(predicate) && random.chance(0.5)) {
        predicate.device = addressOf(signer);
      }
      envelope.signatures = signedAgain(statement, signer);
    }
    envelope.payload = Buffer.from(canonicalOrNot(statement)).toString("base64");
  });
}

function canonicalOrNot(statement: JsonObject): string {
  return pretty(statement).replace(/\n */g, "").replace(/": /g, '":');
}

/** Signs a statement as a stranger, whatever it says. */
function signedAgain(statement: JsonObject, signer: string): Json {
  const made = makeBatch({
    device: signer,
    repositoryId: "",
    execution: {},
    claims: [],
    sequence: 0,
    previousSeal: null,
    bendStatement: (own) => {
      for (const key of Object.keys(own)) {
        delete own[key];
      }
      Object.assign(own, statement);
    },
  });
  const file: JsonObject = JSON.parse(made.text);
  return child(file, "envelope").signatures ?? null;
}

const CLAIMS: readonly Mutation[] = [
  mutation("claims: an honest one claimed by a stranger", (state, random, world) => {
    const from = attackersBatch(random, [random.of(world.claims)]);
    const { time, isFirst } = anchorTime(random);
    add(state, makeBatch(from), from, { isReplayed: true, isHonest: false, isStuffed: false, time });
    return { mayLower: isFirst };
  }),
  mutation("claims: an honest one bent and committed anew", (state, random, world) => {
    const claim = structuredClone(random.of(world.claims));
    for (let count = 1 + random.below(2); count > 0; count -= 1) {
      bendClaim(claim, random, world, state);
    }
    const bend = claim.bend;
    delete claim.bend;
    const from = attackersBatch(random, [claim]);
    if (bend !== undefined) {
      const [own] = from.claims;
      if (own !== undefined) {
        own.bend = bend;
      }
    }
    const { time, isFirst } = anchorTime(random);
    add(state, makeBatch(from), from, { isReplayed: true, isHonest: false, isStuffed: false, time });
    return { mayLower: isFirst };
  }),
  mutation("claims: arbitrary text under an honest id", (state, random, world) => {
    const { path, marked } = anyText(state, random);
    const honest = random.of(world.claims);
    const from = attackersBatch(random, [suggestion("forged", path, marked, { id: idOf(honest.name) })]);
    const { time } = anchorTime(random);
    add(state, makeBatch(from), from, { isReplayed: false, isHonest: false, isStuffed: false, time });
    return MAY_NOT_LOWER;
  }),
  mutation("claims: true text of the model's on any place", (state, random) => {
    const { path, marked } = anyText(state, random);
    const from = attackersBatch(random, [suggestion("true", path, marked)]);
    const { time, isFirst } = anchorTime(random);
    add(state, makeBatch(from), from, { isReplayed: true, isHonest: false, isStuffed: false, time });
    return { mayLower: isFirst };
  }),
  mutation("claims: true text, bent and committed anew", (state, random, world) => {
    const { path, marked } = anyText(state, random);
    const claim = suggestion("true", path, marked);
    bendClaim(claim, random, world, state);
    const from: MadeBatch = { ...attackersBatch(random, []), claims: [claim] };
    const { time, isFirst } = anchorTime(random);
    add(state, makeBatch(from), from, { isReplayed: true, isHonest: false, isStuffed: false, time });
    return { mayLower: isFirst };
  }),
  mutation("claims: copied from an invented prompt", (state, random) => {
    const { path, marked } = anyText(state, random);
    const accepted = marked.slice(marked.indexOf("«") + 1, marked.indexOf("»"));
    const stuffing = `// invented ${random.below(1000)}\n${accepted}\n`;
    const values: JsonObject = random.of<JsonObject>([
      { promptPrefix: stuffing },
      { promptSuffix: stuffing },
      { promptContext: [{ path: "src/invented.ts", text: stuffing }] },
    ]);
    const from = attackersBatch(random, [suggestion("stuffed", path, marked, { values })]);
    const { time, isFirst } = anchorTime(random);
    const isStuffed = /\S/.test(accepted);
    add(state, makeBatch(from), from, { isReplayed: true, isHonest: false, isStuffed, time });
    // It may truly repeat other lines of its file.
    return { mayLower: isFirst };
  }),
  mutation("claims: another model, name, kind or facts", (state, random, world) => {
    const execution = structuredClone(REPLAYABLE);
    const model = child(execution, "model");
    const field = random.of(["name", "manifestDigest", "omsRoot"]);
    model[field] = field === "name" ? "Qwen2.5-Coder-32B (approved by Security)" : digestNamed("other");
    const from = attackersBatch(random, [random.of(world.claims)], { execution });
    const { time } = anchorTime(random);
    const isPinned =
      model.manifestDigest === PIN.manifestDigest && model.name === PIN.name && model.omsRoot === PIN.omsRoot;
    add(state, makeBatch(from), from, {
      isReplayed: true,
      isHonest: false,
      isStuffed: false,
      isPinned,
      time,
    });
    return MAY_NOT_LOWER;
  }),
  mutation("claims: of another repository", (state, random, world) => {
    const from = attackersBatch(random, [random.of(world.claims)], { repositoryId: OTHER_REPOSITORY });
    const { time } = anchorTime(random);
    add(state, makeBatch(from), from, { isReplayed: true, isHonest: false, isStuffed: false, time });
    return MAY_NOT_LOWER;
  }),
  mutation("claims: sequence and predecessor", (state, random, world) => {
    const seals = [null, ...world.batches.map(({ made }) => made.seal), digestNamed("none")];
    for (let count = 1 + random.below(2); count > 0; count -= 1) {
      const from = attackersBatch(random, [random.of(world.claims)], {
        sequence: random.below(4),
        previousSeal: random.of(seals),
      });
      const made = makeBatch(from);
      if (!state.links.some(({ batchRoot }) => batchRoot === made.batchRoot)) {
        add(state, made, from, {
          isReplayed: true,
          isHonest: false,
          isStuffed: false,
          time: TIME + 1 + count,
        });
      }
    }
    return MAY_NOT_LOWER;
  }),
  mutation("claims: anything in the statement, tree rebuilt", (state, random, world) => {
    const from = attackersBatch(
      random,
      [random.of(world.claims), ...(random.chance(0.3) ? [random.of(world.claims)] : [])],
      {
        bendStatement: (statement) => {
          mutateJson(statement, random, lenders(world));
        },
      },
    );
    const { time, isFirst } = anchorTime(random);
    add(state, makeBatch(from), from, { isReplayed: true, isHonest: false, isStuffed: false, time });
    return { mayLower: isFirst };
  }),
];

const CHAIN: readonly Mutation[] = [
  mutation("anchors: bits flipped", (state, random) => {
    changeOne(state.anchors, random, (text) => flipped(text, random));
    return MAY_LOWER;
  }),
  mutation("anchors: structure, fields borrowed", (state, random) => {
    const values = [...state.anchors.values()].map((text): Json => JSON.parse(textOf(text)));
    changeOne(state.anchors, random, (text) =>
      reshaped(text, (file) => mutateJson(file, random, poolOf(values))),
    );
    return MAY_LOWER;
  }),
  mutation("anchors: claimed for what the chain does not hold", (state, random) => {
    const root = random.of([...state.chain.keys()]);
    state.chain.delete(root);
    return MAY_LOWER;
  }),
  mutation("anchors: taken away or renamed", (state, random) => {
    const name = random.of([...state.anchors.keys()]);
    const text = state.anchors.get(name) ?? "";
    state.anchors.delete(name);
    if (random.chance(0.5)) {
      state.anchors.set("any.json", text);
    }
    return MAY_NOT_LOWER;
  }),
  mutation("models.json: bits, structure", (state, random) => {
    state.models = random.chance(0.4)
      ? flipped(textOf(state.models), random)
      : reshaped(textOf(state.models), (file) => mutateJson(file, random, poolOf([file])));
    return MAY_NOT_LOWER;
  }),
];

const BLANKS = [
  " ",
  "  ",
  "\t",
  "\f",
  "\v",
  "\u00a0",
  "\u2028",
  "\u2029",
  "\u200b",
  "\ufeff",
  "\u3000",
  "\u0085",
  "\r",
];

/** Changes one line of a source, mostly one that a claim touches; several lines may come of it, or none. */
function changeLine(
  kind: string,
  change: (line: string, random: Random, path: string) => readonly string[],
): Mutation {
  return mutation(`source: ${kind}`, (state, random, world) => {
    const claim = random.of(world.claims);
    const [piece] = claim.pieces;
    const path =
      piece !== undefined && random.chance(0.9) ? piece.path : random.of([...state.sources.keys()]);
    const lines = (state.sources.get(path) ?? "").split("\n");
    const own =
      piece !== undefined && piece.path === path
        ? piece.start.line + random.below(piece.end.line - piece.start.line + 1)
        : random.below(lines.length);
    lines.splice(own, 1, ...change(lines[own] ?? "", random, path));
    state.sources.set(path, lines.join("\n"));
    return MAY_LOWER;
  });
}

function inside(line: string, random: Random, put: string, taken = 0): string {
  const at = random.below(line.length + 1);
  return line.slice(0, at) + put + line.slice(at + taken);
}

const SOURCES: readonly Mutation[] = [
  changeLine("one character before", (line, random) => [
    line.replace(/^(\s*)/, `$1${random.of(["!", "x", "(", "~", "0", "#", "'", "-"])}`),
  ]),
  changeLine("one character after", (line, random) => [
    line + random.of([";", "x", ")", "!", "\\", "0", "'", ","]),
  ]),
  changeLine("one character in it", (line, random) => [
    inside(line, random, random.of(["", "!", "x", "=", "0", "-", '"']), random.below(2)),
  ]),
  changeLine("commented out", (line, _random, path) => [
    path.endsWith(".py") ? line.replace(/^(\s*)/, "$1# ") : line.replace(/^(\s*)/, "$1// "),
  ]),
  mutation("source: lines put into a comment or string", (state, random, world) => {
    const [piece] = random.of(world.claims).pieces;
    const wrappers = wrappersOf(piece?.path ?? "");
    if (piece !== undefined && wrappers.length > 0) {
      const lines = (state.sources.get(piece.path) ?? "").split("\n");
      const { opening, closing } = random.of(wrappers);
      const first = Math.max(0, piece.start.line - random.below(2));
      lines.splice(piece.end.line + 1 + random.below(2), 0, closing);
      lines.splice(first, 0, opening);
      state.sources.set(piece.path, lines.join("\n"));
    }
    return MAY_LOWER;
  }),
  mutation("source: lines brought out of their string", (state, random, world) => {
    const [piece] = random.of(
      world.claims.filter(({ pieces }) => pieces.some(({ textParts }) => textParts !== undefined)),
    ).pieces;
    if (piece !== undefined) {
      const lines = (state.sources.get(piece.path) ?? "").split("\n");
      const quoted = lines.flatMap((line, index) => (line.includes('"""') ? [index] : []));
      const at = quoted.length === 0 ? 0 : random.of(quoted);
      lines[at] = (lines[at] ?? "").replace('"""', random.of(["", "# ", "'''", 'f"""', '""""""', '"""\\']));
      state.sources.set(piece.path, lines.join("\n"));
    }
    return MAY_LOWER;
  }),
  changeLine("white space of any kind", (line, random) => [inside(line, random, random.of(BLANKS))]),
  changeLine("white space beside white space", (line, random) => {
    const places = [...line.matchAll(/(?<=\s)|(?=\s)|$/g)].map(({ index }) => index);
    const at = random.of(places);
    return [line.slice(0, at) + random.of(BLANKS.slice(0, 3)) + line.slice(at)];
  }),
  changeLine("white space taken away", (line, random) => {
    const places = [...line.matchAll(/[ \t]/g)].map(({ index }) => index);
    const at = places.length === 0 ? 0 : random.of(places);
    return [places.length === 0 ? line : line.slice(0, at) + line.slice(at + 1)];
  }),
  changeLine("indented otherwise", (line, random) => [
    line.replace(/^[ \t]*/, (blanks) =>
      random.of([
        blanks.slice(2),
        blanks.slice(4),
        blanks.slice(1),
        `${blanks}  `,
        `${blanks}\t`,
        `\t${blanks}`,
        blanks.replaceAll("    ", "\t"),
        "",
      ]),
    ),
  ]),
  changeLine("split at a blank", (line, random) => {
    const places = [...line.matchAll(/[ \t]+/g)].filter(({ index }) => index > 0);
    if (places.length === 0) {
      return [line];
    }
    const place = random.of(places);
    return [
      line.slice(0, place.index),
      random.of(["", "  ", "\t"]) + line.slice(place.index + place[0].length),
    ];
  }),
  changeLine("split anywhere", (line, random) => {
    const at = random.below(line.length + 1);
    return [line.slice(0, at), random.of(["", " ", "    "]) + line.slice(at)];
  }),
  changeLine("deleted", () => []),
  mutation("source: a copy by hand where the accepted lines were", (state, random, world) => {
    const pieces = world.claims.flatMap((claim) => claim.pieces.filter(({ copies = 1 }) => copies > 1));
    const { path, start, saved } = random.of(pieces);
    const lines = (state.sources.get(path) ?? "").split("\n");
    const isCopy = (at: number): boolean => saved.every((line, index) => lines[at + index] === line);
    const copy = lines.findIndex((_, at) => at !== start.line && isCopy(at));
    // With its function, or without: what is left may look as before.
    const [above, below] = random.of([
      [0, 0],
      [1, 1],
    ]);
    lines.splice(start.line - above, saved.length + above + below);
    const slide = random.chance(0.7) ? Math.max(0, start.line - copy) : random.below(4);
    lines.splice(
      random.chance(0.5) ? 1 : copy - 1,
      0,
      ...Array.from({ length: slide }, (_, at) => `// ${at}`),
    );
    state.sources.set(path, lines.join("\n"));
    return MAY_LOWER;
  }),
  changeLine("doubled", (line) => [line, line]),
  changeLine("a line before", (line, random) => [
    random.of(["", "  ", "return;", "pass", "// x", "# x"]),
    line,
  ]),
  mutation("source: joined with the next line", (state, random, world) => {
    const [piece] = random.of(world.claims).pieces;
    if (piece === undefined) {
      return MAY_LOWER;
    }
    const lines = (state.sources.get(piece.path) ?? "").split("\n");
    const at = piece.start.line + random.below(piece.end.line - piece.start.line + 1);
    lines.splice(at, 2, (lines[at] ?? "") + random.of(["", " "]) + (lines[at + 1] ?? "").trimStart());
    state.sources.set(piece.path, lines.join("\n"));
    return MAY_LOWER;
  }),
  mutation("source: lines moved or swapped", (state, random, world) => {
    const [piece] = random.of(world.claims).pieces;
    if (piece === undefined) {
      return MAY_LOWER;
    }
    const lines = (state.sources.get(piece.path) ?? "").split("\n");
    const from = piece.start.line + random.below(piece.end.line - piece.start.line + 1);
    const count = random.of([1, 1, piece.end.line - piece.start.line + 1]);
    const taken = lines.splice(from, count);
    lines.splice(random.below(lines.length + 1), 0, ...taken);
    state.sources.set(piece.path, lines.join("\n"));
    return MAY_LOWER;
  }),
  mutation("source: file renamed, copied, spelled otherwise", (state, random) => {
    const path = random.of([...state.sources.keys()]);
    const text = state.sources.get(path) ?? "";
    switch (random.below(4)) {
      case 0:
        state.sources.delete(path);
        state.sources.set(path.replace(/(\w+)(\.\w+)$/, "renamed$2"), text);
        return MAY_LOWER;
      case 1:
        state.sources.set(path.replace(/(\w+)(\.\w+)$/, "copy$2"), text);
        return MAY_NOT_LOWER;
      case 2:
        state.sources.set(path, text.replaceAll("\n", "\r\n"));
        // Done twice, each line ends with a carriage return of its own.
        return text.includes("\r") ? MAY_LOWER : MAY_NOT_LOWER;
      default:
        state.sources.set(path, `\uFEFF${text}`);
        // A second one is no mark of byte order but a character, which no grammar here allows.
        return text.startsWith("\uFEFF") ? MAY_LOWER : MAY_NOT_LOWER;
    }
  }),
];

/** Attackers do not stop at one thing. */
const TOGETHER: readonly Mutation[] = [
  together("claims and sources", [CLAIMS, SOURCES]),
  together("sources and claims", [SOURCES, CLAIMS]),
  together("two sources", [SOURCES, SOURCES]),
  together("claims, claims and sources", [CLAIMS, CLAIMS, SOURCES]),
  together("evidence and sources", [EVIDENCE, SOURCES]),
  together("claims and chain", [CLAIMS, CHAIN]),
];

function together(kind: string, groups: readonly (readonly Mutation[])[]): Mutation {
  return mutation(`together: ${kind}`, (state, random, world) => {
    let mayLower = false;
    for (const group of groups) {
      const outcome = random.of(group).apply(state, random, world);
      mayLower ||= outcome.mayLower;
    }
    return { mayLower };
  });
}

export const MUTATIONS: readonly Mutation[] = [...EVIDENCE, ...CLAIMS, ...CHAIN, ...SOURCES, ...TOGETHER];
