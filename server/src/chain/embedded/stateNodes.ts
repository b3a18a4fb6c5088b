import { type BatchDBOp, bytesToUnprefixedHex, type DB, unprefixedHexToBytes } from "@ethereumjs/util";

export type StateNode = readonly [key: Uint8Array, value: Uint8Array];

/**
 * All nodes of the state's tries and all contract code, by hash, for every block there is: a state never loses a node,
 * so that each block's state can be asked for and proved.
 */
export class StateNodes {
  private readonly nodes = new Map<string, Uint8Array>();

  add(nodes: readonly StateNode[]): void {
    for (const [key, value] of nodes) {
      this.nodes.set(bytesToUnprefixedHex(key), value);
    }
  }

  get(key: string): Uint8Array | undefined {
    return this.nodes.get(key);
  }

  /** Where one execution reads these nodes and keeps what it writes to itself. */
  draft(): NodeDraft {
    return new NodeDraft(this);
  }
}

/** The tries are told to use bytes; the library's type allows text, too. */
type Value = Uint8Array | string;

/** What one execution wrote on top of the nodes that there are. */
export class NodeDraft implements DB<string, Value> {
  private readonly added = new Map<string, Uint8Array>();

  constructor(private readonly base: StateNodes) {}

  written(): readonly StateNode[] {
    return [...this.added].map(([key, value]) => [unprefixedHexToBytes(key), value] as const);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    return this.added.get(key) ?? this.base.get(key);
  }

  async put(key: string, value: Value): Promise<void> {
    if (typeof value === "string") {
      throw new Error("a node of the state is bytes");
    }
    if (this.base.get(key) === undefined) {
      this.added.set(key, value);
    }
  }

  /** Under a hash lies one value for ever. */
  async del(): Promise<void> {}

  async batch(operations: BatchDBOp<string, Value>[]): Promise<void> {
    for (const operation of operations) {
      if (operation.type === "put") {
        await this.put(operation.key, operation.value);
      }
    }
  }

  shallowCopy(): NodeDraft {
    return this;
  }

  async open(): Promise<void> {}
}
