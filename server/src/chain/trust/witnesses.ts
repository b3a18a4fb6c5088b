import { setTimeout as delay } from "node:timers/promises";
import type * as z from "zod";
import { ProoflineError } from "../../platform/errors";
import type { ChainServer } from "../rpc/chainServer";
import { RpcFailure } from "../rpc/rpc";

/** One server and whose word it is. */
export interface Witness {
  readonly operator: string;
  readonly server: ChainServer;
}

/** A question that every server must answer alike. */
export interface ChainQuestion<T> {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly schema: z.ZodType<T>;
  /** What it is about, within a sentence: `block 5`. */
  readonly about: string;
  /**
   * What an answer says, within a sentence; equal where two answers say the same. `null` where it says nothing, as a server
   * does that has not reached a block.
   */
  says(answer: T): string | null;
  /**
   * Whether a server has said that it knows this. Of several computers behind its address another may not know it yet, so
   * that it is asked again for a moment where it says nothing. Missing where no server has said so.
   */
  isKnownTo?(witness: Witness): boolean;
}

/** An answer that nobody contradicted, and the operators who gave it. */
export interface Agreed<T> {
  readonly value: T;
  readonly operators: ReadonlySet<string>;
  /**
   * The servers that can be reached and did not say it, of operators none of whose servers did. Whoever rests on the value
   * alone lets the others choose what these cannot speak about.
   */
  readonly silent: readonly Witness[];
}

/** What one server answered. */
export interface Testimony<T> {
  readonly witness: Witness;
  readonly answer: T;
}

/** What came of asking all servers; those that could not be reached are in neither list. */
export interface Heard<T> {
  readonly testimonies: readonly Testimony<T>[];
  /** Who answered, but with nothing that can be used. */
  readonly refused: readonly Witness[];
}

/** Servers contradict each other, or themselves, so that nobody can tell what is true. */
export class DisputedError extends ProoflineError {
  constructor(reason: string) {
    super("chain.disputed", reason, "compareServers");
  }

  /** Names who says what. */
  static between(
    about: string,
    testimonies: readonly { readonly host: string; readonly says: string }[],
  ): DisputedError {
    const told = testimonies.map(({ host, says }) => `${host} says ${says}`).join("; ");
    return new DisputedError(`The servers contradict each other about ${about}: ${told}.`);
  }
}

/** How long a server that could not be reached is left alone while others answer: twice as long each time, up to a bound. */
const FIRST_REST_MILLISECONDS = 5_000;
const LAST_REST_MILLISECONDS = 300_000;

/** How long to wait before a server is asked again for what it has said that it knows: twice as long each time, up to a bound. */
const FIRST_PAUSE_MILLISECONDS = 50;
const LAST_PAUSE_MILLISECONDS = 400;

/** A server that could not be reached. */
interface Rest {
  /** By `performance.now()`. */
  readonly until: number;
  readonly milliseconds: number;
}

/** The servers of one chain, each asked everything that a verdict rests on. */
export class Witnesses {
  private readonly rests = new Map<Witness, Rest>();
  private readonly all: Witness[];

  constructor(witnesses: readonly Witness[]) {
    this.all = [...witnesses];
  }

  /** One more server that is known to speak for this chain. */
  add(witness: Witness): void {
    this.all.push(witness);
  }

  get witnesses(): readonly Witness[] {
    return this.all;
  }

  /**
   * Asks every server.
   *
   * @throws DisputedError where two answers differ; the first server's failure where nobody answers.
   */
  async ask<T>(question: ChainQuestion<T>): Promise<Agreed<T>> {
    const { testimonies, refused } = await this.hear((witness) => answerOf(witness, question));
    return agreed(question, testimonies, refused);
  }

  /** What every server that can be reached comes to. @throws the first server's failure where none comes to anything. */
  async each<T>(work: (witness: Witness) => Promise<T>): Promise<readonly Testimony<T>[]> {
    return (await this.hear(work)).testimonies;
  }

  /**
   * What every server that can be reached comes to, and which of them come to nothing. Who was out of reach a moment ago is
   * asked only where nobody else is left.
   *
   * @throws the first server's failure where none comes to anything.
   */
  async hear<T>(work: (witness: Witness) => Promise<T>): Promise<Heard<T>> {
    const now = performance.now();
    const awake = this.all.filter((witness) => (this.rests.get(witness)?.until ?? 0) <= now);
    const asked = awake.length === 0 ? this.all : awake;
    const failures: unknown[] = [];
    const refused: Witness[] = [];
    const testimonies: Testimony<T>[] = [];
    await Promise.all(
      asked.map(async (witness) => {
        try {
          testimonies.push({ witness, answer: await work(witness) });
          this.rests.delete(witness);
        } catch (error) {
          if (error instanceof RpcFailure && !error.answered) {
            this.letRest(witness);
          } else {
            refused.push(witness);
          }
          failures.push(error);
        }
      }),
    );
    if (testimonies.length === 0) {
      throw failures[0];
    }
    testimonies.sort((a, b) => this.all.indexOf(a.witness) - this.all.indexOf(b.witness));
    return { testimonies, refused };
  }

  private letRest(witness: Witness): void {
    const now = performance.now();
    const before = this.rests.get(witness);
    // Questions that were under way together fail together.
    if (before !== undefined && before.until > now) {
      return;
    }
    const milliseconds = Math.min(
      before === undefined ? FIRST_REST_MILLISECONDS : before.milliseconds * 2,
      LAST_REST_MILLISECONDS,
    );
    this.rests.set(witness, { until: now + milliseconds, milliseconds });
  }
}

/** One server's answer. Where it says nothing of what it knows, it is asked again for a moment. */
async function answerOf<T>(witness: Witness, question: ChainQuestion<T>): Promise<T> {
  const { method, params, schema } = question;
  for (let pause = FIRST_PAUSE_MILLISECONDS; ; pause *= 2) {
    const answer = await witness.server.call(method, params, schema);
    const isMissing = question.says(answer) === null && question.isKnownTo?.(witness) === true;
    if (!isMissing || pause > LAST_PAUSE_MILLISECONDS) {
      return answer;
    }
    await delay(pause);
  }
}

/**
 * The one answer that some testimonies come to.
 *
 * @throws DisputedError where two of them differ.
 */
export function agreed<T>(
  { about, says }: Pick<ChainQuestion<T>, "about" | "says">,
  testimonies: readonly Testimony<T>[],
  refused: readonly Witness[] = [],
): Agreed<T> {
  const told = testimonies.flatMap(({ witness, answer }) => {
    const text = says(answer);
    return text === null ? [] : [{ witness, answer, text }];
  });
  const operators = operatorsOf(told);
  const silent = [...testimonies.map(({ witness }) => witness), ...refused].filter(
    ({ operator }) => !operators.has(operator),
  );
  const [first] = told;
  if (first === undefined) {
    const [nothing] = testimonies;
    if (nothing === undefined) {
      throw new RpcFailure("nobody was asked");
    }
    return { value: nothing.answer, operators: operatorsOf(testimonies), silent };
  }
  if (told.some(({ text }) => text !== first.text)) {
    throw DisputedError.between(
      about,
      told.map(({ witness, text }) => ({ host: witness.server.host, says: text })),
    );
  }
  return { value: first.answer, operators, silent };
}

function operatorsOf(told: readonly { readonly witness: Witness }[]): ReadonlySet<string> {
  return new Set(told.map(({ witness }) => witness.operator));
}

/** The operators who said all of several things. */
export function common(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const [first = new Set<string>(), ...others] = sets;
  return new Set([...first].filter((operator) => others.every((set) => set.has(operator))));
}

/** A height that an operator names; `null` where it names none. */
export interface NamedHeight {
  readonly operator: string;
  readonly height: number | null;
}

/**
 * The height that every operator who names one has reached: however many invent a higher one, an honest one can still speak
 * there. `null` where it is not known.
 */
export function reachedByAll(heights: readonly NamedHeight[]): number | null {
  const named = highestOfEach(heights).filter((height) => height >= 0);
  return named.length === 0 ? null : Math.min(...named);
}

/**
 * The height up to which every operator who names one agrees, where at least two do, or the only one that is there: however many
 * invent a higher one, the honest one is lower. `null` where it is not known.
 */
export function agreedByAll(heights: readonly NamedHeight[]): number | null {
  const all = highestOfEach(heights);
  const named = all.filter((height) => height >= 0);
  return named.length < Math.min(2, all.length) || named.length === 0 ? null : Math.min(...named);
}

/** The highest of each operator's servers, -1 where they name none. */
function highestOfEach(heights: readonly NamedHeight[]): number[] {
  const highest = new Map<string, number>();
  for (const { operator, height } of heights) {
    highest.set(operator, Math.max(highest.get(operator) ?? -1, height ?? -1));
  }
  return [...highest.values()];
}
