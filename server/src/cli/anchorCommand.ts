import { IS_LOCAL } from "../chain/chainKinds";
import { openWriter } from "../chain/chainWriter";
import { openJournal, readJournals } from "../evidence/journal/journal";
import { anchorBatches, dueBatches } from "../workflows/anchor";
import { finishSealing, sealPending } from "../workflows/seal";
import type { Answer } from "./answers";
import { type ChainFlags, transactionKey } from "./chainOptions";
import { commandText } from "./commandRemedies";
import type { CommandResult } from "./output";
import type { Session } from "./session";
import { withWorkspace } from "./workspace";

/** `proofline anchor`: seals and anchors what is pending in this repository, and waits until it is onchain. */
export async function anchor(session: Session, flags: ChainFlags): Promise<CommandResult<Answer<"anchor">>> {
  return withWorkspace(session, flags, async (workspace) => {
    const { repository, thread, grammarThread, chain } = workspace;
    const journal = await openJournal(session.home);
    try {
      await finishSealing(journal, repository);
      const { sealed, dropped } = await sealPending({
        home: session.home,
        journal,
        repository,
        thread,
        grammarThread,
      });
      const writer = openWriter(chain, { key: transactionKey(flags) });
      try {
        const contents = await workspace.contents();
        // A local chain is a rehearsal: what is anchored anywhere already, perhaps by others, gains nothing from it.
        const scope = IS_LOCAL[chain.kind] ? "unclaimed" : "everything";
        const due = dueBatches(contents, journal, scope);
        const { anchors } = contents;
        const { anchored, problem } = await anchorBatches({ repository, due, anchors, writer, journal });
        const elsewhere = (await readJournals(session.home)).pending.filter(
          ({ repository: repositoryPath }) => repositoryPath === repository.folder,
        ).length;
        const open = [
          ...(problem === null ? [] : [commandText(problem)]),
          ...(elsewhere === 0 ? [] : [`${elsewhere} more are held by an open editor; use Anchor Now there.`]),
        ];
        return {
          exitCode: problem === null ? 0 : 2,
          json: {
            sealed,
            dropped,
            anchored: anchored.map(({ suggestions, anchor: where }) => ({
              suggestions,
              ...where,
            })),
            problems: open,
          },
          text: [
            ...sealed.map(({ batchRoot, ids }) => `Sealed ${ids.length} as ${batchRoot}.`),
            ...dropped.map(({ id, reason }) => `Dropped ${id}: ${reason}`),
            ...anchored.map(
              ({ batchRoot, anchor: where }) =>
                `Anchored ${batchRoot} on chain ${where.chainId}, block ${where.block.number}.`,
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
