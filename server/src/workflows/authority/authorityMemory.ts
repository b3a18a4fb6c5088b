import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { AnchorTrust } from "../../chain/chain";
import type { StoredWords } from "../../chain/trust/storedWords";
import { writeWhole } from "../../platform/durable";
import { makeOwnFolder } from "../../platform/home";
import { type Address, Count } from "../../platform/primitives";

/** Beyond that the oldest are forgotten. */
const MAX_WORDS = 20_000;
const MAX_BYTES = 8 * 1024 * 1024;

const RememberedWord = z.strictObject({
  /** As `0x` and hex digits. */
  word: z.string().regex(/^0x[0-9a-f]{1,64}$/),
  /** The time of the block by which it was so: seconds since 1970. */
  time: Count,
  trust: z.enum(["stateProof", "quorum", "singleRpc"]),
});
type RememberedWord = z.infer<typeof RememberedWord>;

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
  constructor(private readonly home: string) {}

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
  async keep(chain: AuthorityChain, { words, time, trust }: StoredWords): Promise<void> {
    if (!isRemembered(trust)) {
      return;
    }
    const all = new Map(await this.of(chain));
    for (const [key, word] of words) {
      all.delete(key);
      all.set(key, { word: `0x${word.toString(16)}`, time, trust });
    }
    const kept = [...all].slice(-MAX_WORDS);
    try {
      makeOwnFolder(join(this.home, "authority"));
      const memory = { format: "proofline/authority-memory/v1", words: Object.fromEntries(kept) };
      await writeWhole(this.pathOf(chain), JSON.stringify(memory), { mode: 0o600 });
    } catch {
      // A full disk or a read-only home costs a question, and no verdict.
    }
  }

  private pathOf({ id, contract }: AuthorityChain): string {
    return join(this.home, "authority", `${id}-${contract}.json`);
  }
}

function isRemembered(trust: AnchorTrust): trust is RememberedWord["trust"] {
  return trust === "stateProof" || trust === "quorum" || trust === "singleRpc";
}
