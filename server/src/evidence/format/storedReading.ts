import { deserialize, serialize } from "node:v8";
import { type BatchOutline, outlineIsKnown, outlineOf } from "./batchOutline";
import type { EvidenceReading } from "./readEvidence";
import type { SealedBatch, SealedClaim } from "./sealedBatch";

/** The bytes, as they are stored, of claims that are held ready; those that were asked for longest ago are forgotten first. */
const MOST_BYTES_READY = 48 * 1024 * 1024;

const LENGTH_BYTES = 4;

/** All of a batch but its claims. */
type BatchHead = Omit<SealedBatch, "claims"> & { readonly outline: BatchOutline };

/** All of a reading but its claims. */
type Head =
  | { readonly kind: "intact"; readonly batch: BatchHead }
  | (Omit<Exclude<EvidenceReading, { kind: "intact" }>, "batch"> & { readonly batch: BatchHead | null });

/**
 * A reading as bytes that this build alone understands: the length of the head as 32 bits, most significant byte first ‖ the head ‖
 * the claims, both as `node:v8` serializes them. Whoever wants few of many readings' claims need not make objects of all.
 */
export function storeReading(reading: EvidenceReading): Uint8Array {
  const head = serialize(headOf(reading));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, serialize(reading.batch?.claims ?? [])]);
}

function headOf(reading: EvidenceReading): Head {
  return reading.kind === "intact"
    ? { kind: reading.kind, batch: batchHeadOf(reading.batch) }
    : { ...reading, batch: reading.batch && batchHeadOf(reading.batch) };
}

function batchHeadOf(batch: SealedBatch): BatchHead {
  const { claims: _, ...rest } = batch;
  return { ...rest, outline: outlineOf(batch) };
}

/**
 * The reading of `storeReading`'s bytes, which are kept: its claims become objects when somebody asks for them.
 *
 * @param ready who holds claims that were asked for
 */
export function storedReading(stored: Uint8Array, ready = READY): EvidenceReading {
  const length = new DataView(stored.buffer, stored.byteOffset).getUint32(0);
  const head: Head = deserialize(stored.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
  const claims = stored.subarray(LENGTH_BYTES + length);
  const batchOf = (batch: BatchHead): SealedBatch => new StoredBatch(batch, claims, ready);
  return head.kind === "intact"
    ? { ...head, batch: batchOf(head.batch) }
    : { ...head, batch: head.batch && batchOf(head.batch) };
}

/** Holds the claims of the batches that were asked for last, as far as they fit. */
export class ReadyClaims {
  /** The batch that was asked for longest ago first. */
  private readonly held = new Map<StoredBatch, readonly SealedClaim[]>();
  private bytes = 0;

  /** @param mostBytes of all held claims as they are stored; those that were asked for last are held in any case */
  constructor(private readonly mostBytes: number) {}

  /** How many batches' claims are held. */
  get size(): number {
    return this.held.size;
  }

  of(batch: StoredBatch): readonly SealedClaim[] {
    const known = this.held.get(batch);
    const claims = known ?? batch.read();
    this.bytes += known === undefined ? batch.bytes : 0;
    this.held.delete(batch);
    this.held.set(batch, claims);
    for (const oldest of this.held.keys()) {
      if (this.bytes <= this.mostBytes || oldest === batch) {
        break;
      }
      this.held.delete(oldest);
      this.bytes -= oldest.bytes;
    }
    return claims;
  }
}

const READY = new ReadyClaims(MOST_BYTES_READY);

/** A batch of which only the claims that somebody needs are objects. */
class StoredBatch implements SealedBatch {
  readonly facts: SealedBatch["facts"];
  readonly device: SealedBatch["device"];
  readonly batchRoot: SealedBatch["batchRoot"];
  readonly suggestionsRoot: SealedBatch["suggestionsRoot"];
  readonly seal: SealedBatch["seal"];
  readonly sequence: number;
  readonly previousSeal: SealedBatch["previousSeal"];
  /** Whoever still has claims that are not held any more gets the same again. */
  private last: WeakRef<readonly SealedClaim[]> | null = null;

  constructor(
    { outline, ...head }: BatchHead,
    private readonly stored: Uint8Array,
    private readonly ready: ReadyClaims,
  ) {
    this.facts = head.facts;
    this.device = head.device;
    this.batchRoot = head.batchRoot;
    this.suggestionsRoot = head.suggestionsRoot;
    this.seal = head.seal;
    this.sequence = head.sequence;
    this.previousSeal = head.previousSeal;
    outlineIsKnown(this, outline);
  }

  get claims(): readonly SealedClaim[] {
    return this.ready.of(this);
  }

  get bytes(): number {
    return this.stored.length;
  }

  /** The claims as objects, whether or not they are held. */
  read(): readonly SealedClaim[] {
    const claims: readonly SealedClaim[] = this.last?.deref() ?? deserialize(this.stored);
    this.last = new WeakRef(claims);
    return claims;
  }
}
