import { setTimeout as delay } from "node:timers/promises";
import type * as z from "zod";
import type { AnchorTrust } from "../chain";
import type { ContractFacts } from "../knownChains";
import { quantity } from "../rpc/blocks";
import type { Connection, Head } from "../rpc/connection";
import { CATCH_UP_MILLISECONDS, trustIn } from "./checkRoot";
import { proveSlots } from "./takeProof";
import { type Agreed, agreed, common, DisputedError, type Testimony } from "./witnesses";

/** A word that EAS stores, which is 0 at first and says more at most twice: what was said before stays. */
export interface WordQuestion {
  /** Names it among others. */
  readonly key: string;
  /** The call that shows it. */
  call(): `0x${string}`;
  readonly schema: z.ZodType<bigint>;
  /** When it last said something new: seconds since 1970, 0 for never. */
  changedAt(word: bigint): number;
  slot(facts: ContractFacts): `0x${string}`;
}

/** What several words are by the word of all servers, or by proof. */
export interface StoredWords {
  /** The time of the block by which they are so: seconds since 1970. */
  readonly time: number;
  readonly words: ReadonlyMap<string, bigint>;
  readonly trust: AnchorTrust;
  /** Who says all of it; none for a local chain. */
  readonly operators: readonly string[];
}

/**
 * Reads words of EAS from all servers, each at the block that it has reached itself, and has them proved where that can be done.
 *
 * @throws DisputedError where two servers differ, one keeps silent, or both say something else than what is proved; and what the network
 * does where none answers
 */
export async function storedWords(
  connection: Connection,
  questions: readonly WordQuestion[],
): Promise<StoredWords> {
  for (const milliseconds of [...CATCH_UP_MILLISECONDS, null]) {
    const head = await connection.head();
    const answers = await Promise.all(questions.map((question) => ask(connection, question, head)));
    const silent = answers.find((answer) => answer.silent.length > 0)?.silent[0];
    if (silent === undefined) {
      return judged(connection, head, questions, answers);
    }
    if (milliseconds === null) {
      throw new DisputedError(`${silent.server.host} does not say what EAS stores, and others do.`);
    }
    await delay(milliseconds);
  }
  throw new Error("the last attempt ends in an answer");
}

async function judged(
  connection: Connection,
  head: Head,
  questions: readonly WordQuestion[],
  answers: readonly Agreed<bigint>[],
): Promise<StoredWords> {
  const { identity, facts, witnesses } = connection;
  const words = new Map(questions.map(({ key }, index) => [key, answers[index]?.value ?? 0n]));
  const read = { time: head.timestamp, words };
  const said = common([head.operators, ...answers.map((answer) => answer.operators)]);
  const { trust, operators = [] } = trustIn({ operators: said }, identity);
  if (trust !== "quorum") {
    return { ...read, trust, operators };
  }
  const isProved = facts !== null && (await areProved(questions, words, head, facts, witnesses.witnesses));
  return { ...read, trust: isProved ? "stateProof" : trust, operators };
}

async function areProved(
  questions: readonly WordQuestion[],
  words: ReadonlyMap<string, bigint>,
  head: Head,
  facts: ContractFacts,
  witnesses: Parameters<typeof proveSlots>[3],
): Promise<boolean> {
  const slots = questions.map((question) => question.slot(facts));
  const proved = await proveSlots(slots, head, facts, witnesses);
  if (proved === null) {
    return false;
  }
  let areAll = true;
  for (const [index, question] of questions.entries()) {
    const said = words.get(question.key) ?? 0n;
    if (proved[index] === said) {
      continue;
    }
    // A server that has got further than the head may know of something newer than the proof.
    if (question.changedAt(said) <= head.timestamp) {
      throw new DisputedError(
        "The servers say something else about the authority than the chain's state shows.",
      );
    }
    areAll = false;
  }
  return areAll;
}

interface Seen {
  readonly word: bigint;
  readonly reachedTime: number;
}

async function ask(
  { witnesses, identity }: Connection,
  { call, schema, changedAt }: WordQuestion,
  head: Head,
): Promise<Agreed<bigint>> {
  const { testimonies, refused } = await witnesses.hear(async (witness): Promise<Seen> => {
    const { number, timestamp } = head.reached.get(witness) ?? head;
    const word = await witness.server.call(
      "eth_call",
      [{ to: identity.contract, data: call() }, identity.local ? "latest" : quantity(number)],
      schema,
    );
    return { word, reachedTime: timestamp };
  });
  const latest = Math.max(0, ...testimonies.map(({ answer }: Testimony<Seen>) => changedAt(answer.word)));
  const { value, operators, silent } = agreed(
    {
      about: "what the authority said",
      // One that has not got so far as others know of a change says nothing of it.
      says: ({ word, reachedTime }: Seen) =>
        changedAt(word) < latest && reachedTime < latest ? null : `that it is 0x${word.toString(16)}`,
    },
    testimonies,
    refused,
  );
  return { value: value.word, operators, silent };
}
