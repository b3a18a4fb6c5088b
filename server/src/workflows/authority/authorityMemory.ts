import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { AnchorTrust } from "../../chain/chain";
import type { StoredWords } from "../../chain/trust/storedWords";
import { writeWhole } from "../../platform/durable";
import { makeOwnFolder } from "../../platform/home";
import { withLock } from "../../platform/lock";
import { type Address, Count } from "../../platform/primitives";

/** So many words of which nothing was ever said but that there is none; beyond that the oldest are forgotten. */
const MAX_EMPTY_WORDS = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;

const Word = z.string().regex(/^0x[0-9a-f]{1,64}$/);

const RememberedWord = z.strictObject({
  /** As it was read last: `0x` and hex digits. */
  word: Word,
  /** The time of the block by which it was so: seconds since 1970. */
  time: Count,
  trust: z.enum(["stateProof", "quorum", "singleRpc"]),
  /** As two operators or a proof had it last, which no single operator takes back; missing where none ever did. */
  agreed: Word.exactOptional(),
});
export type RememberedWord = z.infer<typeof RememberedWord>;

const Memory = z.strictObject({
  format: z.literal("proofline/authority-memory/v1"),
  words: z.record(z.string().max(256), RememberedWord),
});

/** On which chain and contract an authority speaks. */
export interface AuthorityChain {
  readonly id: number;
  readonly contract: Address;
}

/**
 * What authorities have said, as this computer read it last, below `<home>/authority`: for times without a network, and so that nobody can
 * take back a denial by showing an older state. What a developer's own chain says is not kept.
 */
export class AuthorityMemory {
  private readonly folder: string;

  constructor(home: string) {
    this.folder = join(home, "authority");
  }

  /** Everything that is remembered of one chain; nothing where it cannot be read. */
  async of(chain: AuthorityChain): Promise<ReadonlyMap<string, RememberedWord>> {
    try {
      const text = await readFile(this.pathOf(chain), "utf8");
      const memory = text.length > MAX_BYTES ? null : Memory.safeParse(JSON.parse(text));
      return new Map(Object.entries(memory?.success === true ? memory.data.words : {}));
    } catch {
      // What cannot be read is as good as nothing.
      return new Map();
    }
  }

  /** Remembers what was read. Where that cannot be done, it is asked about again another time. */
  async keep(chain: AuthorityChain, read: StoredWords): Promise<void> {
    const { trust } = read;
    if (!isRemembered(trust)) {
      return;
    }
    try {
      makeOwnFolder(this.folder);
      await withLock(join(this.folder, "lock"), async () => {
        const words = bounded(merged(await this.of(chain), read, trust));
        const memory = { format: "proofline/authority-memory/v1", words: Object.fromEntries(words) };
        await writeWhole(this.pathOf(chain), JSON.stringify(memory), { mode: 0o600 });
      });
    } catch {
      // A full disk or a read-only home costs a question, and no verdict.
    }
  }

  private pathOf({ id, contract }: AuthorityChain): string {
    return join(this.folder, `${id}-${contract}.json`);
  }
}

function isRemembered(trust: AnchorTrust): trust is RememberedWord["trust"] {
  return trust === "stateProof" || trust === "quorum" || trust === "singleRpc";
}

function merged(
  before: ReadonlyMap<string, RememberedWord>,
  { words, time }: StoredWords,
  trust: RememberedWord["trust"],
): ReadonlyMap<string, RememberedWord> {
  const all = new Map(before);
  for (const [key, value] of words) {
    const word = `0x${value.toString(16)}`;
    const agreed = trust === "singleRpc" ? before.get(key)?.agreed : word;
    // The latest ones last.
    all.delete(key);
    all.set(key, { word, time, trust, ...(agreed !== undefined && { agreed }) });
  }
  return all;
}

/** Without the oldest of the words that say nothing: to push out one that says something, nobody can name enough. */
function bounded(all: ReadonlyMap<string, RememberedWord>): readonly (readonly [string, RememberedWord])[] {
  const empty = [...all].filter(([, { word, agreed = "0x0" }]) => word === "0x0" && agreed === "0x0");
  const forgotten = new Set(empty.slice(0, -MAX_EMPTY_WORDS).map(([key]) => key));
  return [...all].filter(([key]) => !forgotten.has(key));
}
