import * as z from "zod";
import { groupBy } from "../../platform/groupBy";
import { Count, Digest } from "../../platform/primitives";
import { SUMMARIES } from "../../protocol/verdictWords";
import { visibleText } from "../../protocol/visibleText";
import type { Verdict } from "../verdict";
import { isReserved } from "./reservedName";
import type { StandingSuggestion } from "./standingSuggestion";

const list = <Item extends z.ZodType>(item: Item) => z.array(item).readonly();

/** Whom a change has to name, in the form of the Linux kernel's trailer `Assisted-by: AGENT:MODEL`. */
export const Assistance = z
  .strictObject({
    trailers: list(
      z
        .strictObject({
          trailer: z.string().describe("One line, to be put at the end of a commit message by a person."),
          agent: z.string(),
          model: z.string(),
          manifestDigest: z.nullable(Digest).describe("Null where no pin is claimed."),
          verdicts: list(z.strictObject({ summary: z.enum(SUMMARIES), suggestions: Count }).readonly()),
        })
        .readonly(),
    ),
    notBelieved: Count.describe(
      "Suggestions in the change of which nothing is told: nobody can believe their evidence.",
    ),
  })
  .readonly();
export type Assistance = z.infer<typeof Assistance>;

/** The tool and the model to be named for one suggestion; one word each. */
interface Assistant {
  readonly agent: string;
  readonly model: string;
  readonly manifestDigest: Digest | null;
}

/**
 * Who assisted with some suggestions, each model once. An edited suggestion counts: a model had its part in it. Tools behind the model,
 * which the kernel has for analysis alone, are not named, and nobody is named who would sign the work off.
 */
export function assistedBy(suggestions: readonly StandingSuggestion[]): Assistance {
  const believed = suggestions.filter(({ isBelieved }) => isBelieved);
  const assistants = groupBy(
    believed.map(({ verdict }) => ({ verdict, assistant: assistantOf(verdict) })),
    ({ assistant: { agent, model, manifestDigest } }) => `${agent}:${model} ${manifestDigest ?? ""}`,
  );
  return {
    trailers: [...assistants]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, group]) => {
        const [first] = group;
        if (first === undefined) {
          return [];
        }
        const { agent, model } = first.assistant;
        return [{ trailer: `Assisted-by: ${agent}:${model}`, ...first.assistant, verdicts: countsOf(group) }];
      }),
    notBelieved: suggestions.length - believed.length,
  };
}

function assistantOf({ findings: { model, execution } }: Verdict): Assistant {
  const { name, manifestDigest, told, tool = "" } = model;
  if (manifestDigest === null) {
    const agent = execution.kind === "stated" ? toldWord(tool) : AGENT;
    return { agent, model: toldWord(told), manifestDigest };
  }
  const short = manifestDigest.slice(0, 12);
  // A name alone could be another model's, too.
  return {
    agent: AGENT,
    model: name === null ? `sha256-${short}` : `${word(name)}@${short}`,
    manifestDigest,
  };
}

/** A name that somebody gave, so that it cannot be taken for that of pinned weights, of Proofline, or for a person's address. */
function toldWord(name: string): string {
  const plain = word(name).replaceAll("@", "-");
  return isReserved(name) ? `unpinned-${plain}` : plain;
}

const AGENT = "Proofline";

/** The longest word, in UTF-16 code units. */
const LONGEST = 100;

/** A name as one word that neither ends its line nor hides anything. */
function word(name: string): string {
  // A colon would end the tool's name.
  const plain = visibleText(name, LONGEST).replace(/[^\p{L}\p{N}._/@+-]+/gu, "-");
  return plain.replace(/^-+|-+$/g, "") || "unknown";
}

function countsOf(group: readonly { readonly verdict: Verdict }[]) {
  return [...SUMMARIES].reverse().flatMap((summary) => {
    const suggestions = group.filter(({ verdict }) => verdict.summary === summary).length;
    return suggestions === 0 ? [] : [{ summary, suggestions }];
  });
}
