import { touchedBy } from "../policy/changes";
import { type Assistance, assistedBy } from "../policy/interop/assistedBy";
import type { Answer } from "./answers";
import { type ChangeFlags, changedSuggestions } from "./changedSuggestions";
import { type CommandResult, note } from "./output";
import type { Session } from "./session";

/**
 * `proofline trailer [PATH…]`: the lines that name who assisted with what is changed and not committed yet. They are printed; whether they
 * come into a commit message, its author decides.
 */
export async function trailer(
  session: Session,
  paths: readonly string[],
  flags: ChangeFlags,
): Promise<CommandResult<Answer<"trailer">>> {
  const { changes, suggestions } = await changedSuggestions(session, paths, flags);
  const assistance = assistedBy(suggestions.filter(touchedBy(changes)));
  const { trailers, notBelieved } = assistance;
  for (const { trailer, verdicts } of trailers) {
    note(`${trailer.replace("Assisted-by: ", "")} had a part in ${countWords(verdicts)}.`);
  }
  if (trailers.length === 0) {
    note(`No accepted suggestion stands in what is ${flags.staged ? "staged" : "changed"}.`);
  }
  if (notBelieved > 0) {
    note(
      `Nothing is told of ${notBelieved} whose evidence cannot be believed; \`proofline verify\` says why.`,
    );
  }
  note("Of all other lines nobody can tell who or what wrote them. No commit message was changed.");
  return {
    exitCode: trailers.length === 0 ? 1 : 0,
    json: assistance,
    text: trailers.map(({ trailer }) => trailer),
  };
}

function countWords(verdicts: Assistance["trailers"][number]["verdicts"]): string {
  const total = verdicts.reduce((sum, { suggestions }) => sum + suggestions, 0);
  const words = verdicts.map(({ summary, suggestions }) => `${suggestions} ${summary}`).join(", ");
  return `${total} accepted suggestion${total === 1 ? "" : "s"} (${words})`;
}
