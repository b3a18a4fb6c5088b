import { openWriter } from "../chain/chainWriter";
import { openJournal, readJournals } from "../evidence/journal/journal";
import { anchorBatches, dueBatches, identityIfThere } from "../workflows/anchor";
import { finishSealing, type SealOutcome, sealPending } from "../workflows/seal";
import type { Answer } from "./answers";
import { type ChainFlags, transactionKey } from "./chainOptions";
import { commandText } from "./commandRemedies";
import type { CommandResult } from "./output";
import type { Session } from "./session";
import { withWorkspace } from "./workspace";

export interface AnchorFlags extends ChainFlags {
  /** Agrees to the first payment of an account on a chain. */
  readonly pay?: boolean;
  /** Also what another chain holds already. */
  readonly everything?: boolean;
  /** Gives up what stands in no saved file. */
  readonly dropGone?: boolean;
}

/** `proofline anchor`: seals and anchors what is pending in this repository, and waits until it is onchain. */
export async function anchor(session: Session, flags: AnchorFlags): Promise<CommandResult<Answer<"anchor">>> {
  return withWorkspace(session, flags, async (workspace) => {
    const { repository, thread, grammarThread, chain } = workspace;
    const journal = await openJournal(session.home);
    try {
      await finishSealing(journal, repository);
      const { sealed, dropped, held, missing } = await sealPending({
        home: session.home,
        journal,
        repository,
        thread,
        grammarThread,
        whenGone: flags.dropGone === true ? "drop" : "wait",
      });
      const confirm = async (): Promise<boolean> => flags.pay === true;
      const writer = openWriter(chain, { key: transactionKey(flags), confirm });
      try {
        const contents = await workspace.contents();
        const scope = flags.everything === true ? "everything" : "unclaimed";
        const { due, unchecked } = dueBatches(contents, journal, await identityIfThere(writer), scope);
        const { anchors } = contents;
        const { anchored, problem } = await anchorBatches({ repository, due, anchors, writer, journal });
        const own = new Set(journal.pending().map(({ id }) => id));
        const elsewhere = (await readJournals(session.home)).pending.filter(
          ({ id, repository: repositoryPath }) => repositoryPath === repository.folder && !own.has(id),
        ).length;
        const open = [
          ...(problem === null ? [] : [commandText(problem)]),
          ...new Set(held.map(({ reason }) => `Not sealed yet: ${reason}`)),
          ...missingText(missing),
          ...(unchecked === null ? [] : [`${unchecked} --everything anchors them here as well.`]),
          ...(elsewhere === 0 ? [] : [`${elsewhere} more are held by an open editor; use Anchor Now there.`]),
        ];
        return {
          exitCode: problem === null && held.length + missing.length === 0 ? 0 : 2,
          json: {
            sealed,
            dropped,
            anchored: anchored.map(({ suggestions, repaired, anchor: where }) => ({
              suggestions,
              repaired,
              ...where,
            })),
            problems: open,
          },
          text: [
            ...sealed.map(({ batchRoot, ids }) => `Sealed ${ids.length} as ${batchRoot}.`),
            ...dropped.map(({ id, reason }) => `Dropped ${id}: ${reason}`),
            ...anchored.map(
              ({ batchRoot, anchor: where, repaired }) =>
                `${repaired ? "Anchored again, for the chain contradicted its anchor file:" : "Anchored"} ${batchRoot} on chain ${where.chainId}, block ${where.block.number}.`,
            ),
            ...(sealed.length + anchored.length + open.length === 0 ? ["Nothing is pending."] : []),
            ...open,
          ],
        };
      } finally {
        await writer.close();
      }
    } finally {
      await journal.close();
    }
  });
}

/** After a crash an editor may hold unsaved what no file on the disk does, and this command cannot ask it. */
function missingText(missing: SealOutcome["missing"]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { path } of missing) {
    counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return [
    ...[...counts].map(
      ([path, count]) =>
        `Not sealed yet: ${path} does not hold ${count === 1 ? "a suggestion that was" : `${count} suggestions that were`} accepted in it.`,
    ),
    ...(counts.size === 0
      ? []
      : ["Save the file where an editor has it unsaved; --drop-gone gives up what no saved file holds."]),
  ];
}
