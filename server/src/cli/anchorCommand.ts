import { openWriter } from "../chain/chainWriter";
import { openJournal, readJournals } from "../evidence/journal/journal";
import { anchorBatches, dueBatches, identityIfThere } from "../workflows/anchor";
import { finishSealing, sealPending } from "../workflows/seal";
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
}

/** `proofline anchor`: seals and anchors what is pending in this repository, and waits until it is onchain. */
export async function anchor(session: Session, flags: AnchorFlags): Promise<CommandResult<Answer<"anchor">>> {
  return withWorkspace(session, flags, async (workspace) => {
    const { repository, thread, grammarThread, chain } = workspace;
    const journal = await openJournal(session.home);
    try {
      await finishSealing(journal, repository);
      const { sealed, dropped, held } = await sealPending({
        home: session.home,
        journal,
        repository,
        thread,
        grammarThread,
      });
      const confirm = async (): Promise<boolean> => flags.pay === true;
      const writer = openWriter(chain, { key: transactionKey(flags), confirm });
      try {
        const contents = await workspace.contents();
        const scope = flags.everything === true ? "everything" : "unclaimed";
        const { due, unchecked } = dueBatches(contents, journal, await identityIfThere(writer), scope);
        const { anchors } = contents;
        const { anchored, problem } = await anchorBatches({ repository, due, anchors, writer, journal });
        const elsewhere = (await readJournals(session.home)).pending.filter(
          ({ repository: repositoryPath }) => repositoryPath === repository.folder,
        ).length;
        const open = [
          ...(problem === null ? [] : [commandText(problem)]),
          ...new Set(held.map(({ reason }) => `Not sealed yet: ${reason}`)),
          ...(unchecked === null ? [] : [`${unchecked} --everything anchors them here as well.`]),
          ...(elsewhere === 0 ? [] : [`${elsewhere} more are held by an open editor; use Anchor Now there.`]),
        ];
        return {
          exitCode: problem === null && held.length === 0 ? 0 : 2,
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
