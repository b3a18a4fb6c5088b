import { SerialQueue } from "../../platform/serialQueue";
import type { AnchorNow } from "../../protocol/messages";
import type { RepositoryReader } from "../../workflows/readRepository";
import type { VerificationThread } from "../../workflows/thread/verificationThread";
import type { ChainAccess } from "../chains/chainAccess";
import type { DocumentListener } from "../documents/documentEvents";
import type { Tracking } from "../documents/tracking";
import type { ServerContext } from "../serverContext";
import type { Status } from "../status";
import { anchorAll } from "./anchorAll";
import { Anchoring } from "./anchoring";
import { HeldBack } from "./heldBack";
import { Sealer } from "./sealer";
import { SealScheduler } from "./sealScheduler";

export interface SealingParts {
  readonly thread: VerificationThread;
  readonly grammarThread: VerificationThread;
  readonly reader: RepositoryReader;
  readonly chain: ChainAccess;
  readonly tracking: Tracking;
  readonly status: Status;
}

/** How accepted suggestions become evidence that is onchain. */
export interface Sealing {
  readonly heldBack: DocumentListener;
  readonly scheduler: DocumentListener;
  /** Seals and anchors all that is pending, at once. */
  now(signal: AbortSignal): Promise<AnchorNow.Result>;
  close(): Promise<void>;
}

/** Puts sealing and anchoring together; they take turns. What comes of it, the suggestion store tells. */
export function startSealing(context: ServerContext, parts: SealingParts): Sealing {
  const { connection, documents, locations, settings, store, log } = context;
  const { thread, grammarThread, reader, chain, tracking, status } = parts;
  const steps = new SerialQueue();
  // What a dead window left of another repository is sealed in the background, or, where nothing is, with the rest.
  const isMeant = (repository: string): boolean =>
    locations.isHere(repository) || settings.current.sealAfterSeconds === 0;
  const heldBack = new HeldBack(documents, locations);
  const sealer = new Sealer({ settings, store, heldBack, tracking, thread, grammarThread, log });
  const anchoring = new Anchoring({
    connection,
    settings,
    store,
    isMeant,
    reader,
    chain,
    status,
    steps,
    log,
  });
  const scheduler = new SealScheduler({ settings, store, sealer, anchoring, steps, log });
  return {
    heldBack,
    scheduler,
    now: (signal) => anchorAll({ documents, locations, store, sealer, anchoring, isMeant, steps }, signal),
    close: () => scheduler.close(),
  };
}
