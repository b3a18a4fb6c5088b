import { ProoflineError } from "../../platform/errors";
import type { ChainConfiguration, ChainIdentity } from "../chain";
import type { KnownChain } from "../knownChains";
import { DisputedError, type Witness, Witnesses } from "../trust/witnesses";
import { chainError } from "./chainError";
import { type Introduction, introductionOf } from "./chainIdentity";
import { operatedServers } from "./operators";
import { Rpc } from "./rpc";

/** Servers that speak for one chain. */
export interface Introduced {
  readonly witnesses: Witnesses;
  readonly identity: ChainIdentity;
  /** The time of block 0, in seconds since 1970. */
  readonly genesisTime: number;
  /**
   * Lets servers that could not be reached introduce themselves again, now and then. Waits for none of them.
   *
   * @throws DisputedError where one of them speaks for another chain.
   */
  readonly meet: () => void;
  /** Gives up introductions that are under way. */
  readonly close: () => void;
}

/** How long a server that could not be reached is left alone before it is asked again who it speaks for. */
const ABSENCE_MILLISECONDS = 10_000;

/**
 * How long the others are waited for once as many operators as make a quorum have introduced themselves. Honest servers
 * that take a little longer are still heard before anything is said, and one that never answers holds up nobody.
 */
const STRAGGLER_MILLISECONDS = 1_000;

/**
 * Asks all of the configured servers which chain they speak for. They must all say the same. Who has not answered when there
 * is a quorum is heard as soon as it does: what it confirms then counts for more, and what it contradicts for nothing.
 *
 * @param onHeard called whenever that happens
 * @throws ProoflineError `chain.wrong` where all speak for another chain, `chain.disputed` where only some do or they
 * contradict each other, `chain.unreachable` where none can be reached, naming what the first one did.
 */
export async function introduce(
  configuration: Extract<ChainConfiguration, { kind: "rpc" }>,
  chains: readonly KnownChain[],
  onHeard: () => void,
): Promise<Introduced> {
  const servers = operatedServers(configuration.rpcUrls).map(
    ({ url, operator }): IntroducedWitness => ({ operator, server: new Rpc(url) }),
  );
  const ask = (witness: IntroducedWitness): Promise<Outcome> => outcomeOf(witness, configuration, chains);
  const heard = new Map<IntroducedWitness, Outcome>();
  const asked = servers.map(async (witness) => {
    const outcome = await ask(witness);
    heard.set(witness, outcome);
    return outcome;
  });
  await enough(asked, () => isQuorum(servers, heard));
  const outcomes = servers.flatMap((witness) => heard.get(witness) ?? []);
  const met = outcomes.flatMap(({ witness, introduction }) =>
    introduction === null ? [] : [{ witness, introduction }],
  );
  const wrong = outcomes.filter(({ error }) => error?.code === "chain.wrong");
  const [first] = met;
  if (first === undefined) {
    const { error } = wrong[0] ?? outcomes[0] ?? { error: null };
    throw error ?? new ProoflineError("chain.configuration", "No RPC server is configured.", "correctChain");
  }
  const group = new Group(first, met, ask, onHeard);
  try {
    for (const outcome of outcomes) {
      group.hear(outcome);
    }
    group.meet();
  } catch (error) {
    group.close();
    throw error;
  }
  servers.forEach((witness, index) => {
    const late = asked[index];
    if (late !== undefined && !heard.has(witness)) {
      group.expect(witness, late);
    }
  });
  return {
    witnesses: group.witnesses,
    identity: group.identity,
    genesisTime: first.introduction.genesisTime,
    meet: () => group.meet(),
    close: () => group.close(),
  };
}

/** Resolves once all have answered, or enough of them have and the others had their time. */
async function enough(asked: readonly Promise<unknown>[], isEnough: () => boolean): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hadTheirTime = new Promise<void>((resolve) => {
    for (const one of asked) {
      void one.then(() => {
        if (timer === undefined && isEnough()) {
          timer = setTimeout(resolve, STRAGGLER_MILLISECONDS);
        }
      });
    }
  });
  await Promise.race([Promise.all(asked), hadTheirTime]);
  clearTimeout(timer);
}

/** Whether two operators have introduced themselves, or the only one that is configured. */
function isQuorum(servers: readonly Witness[], heard: ReadonlyMap<Witness, Outcome>): boolean {
  const configured = new Set(servers.map(({ operator }) => operator));
  const met = [...heard.values()].filter(({ introduction }) => introduction !== null);
  return new Set(met.map(({ witness }) => witness.operator)).size >= Math.min(2, configured.size);
}

/** Those who speak for one chain, and those of whom it is not known yet. */
class Group {
  readonly witnesses: Witnesses;
  readonly identity: ChainIdentity;
  /** Nothing has been heard of them that counts. */
  private readonly absent = new Set<IntroducedWitness>();
  private readonly underWay = new Set<IntroducedWitness>();
  private readonly disputes = new Map<IntroducedWitness, DisputedError>();
  private lookedAt = performance.now();
  private closed = false;

  constructor(
    private readonly first: Met,
    private readonly met: readonly Met[],
    private readonly ask: (witness: IntroducedWitness) => Promise<Outcome>,
    /** Somebody was heard late, who confirms or contradicts. */
    private readonly onHeard: () => void,
  ) {
    this.witnesses = new Witnesses(met.map(({ witness }) => witness));
    this.identity = {
      ...first.introduction.identity,
      // Where one of them is a developer's node, the chain is.
      ...(met.find(({ introduction }) => introduction.identity.local)?.introduction.identity ?? {}),
    };
  }

  /** Takes what came of asking a server, whenever it comes. */
  hear({ witness, introduction, error }: Outcome): void {
    this.disputes.delete(witness);
    this.absent.delete(witness);
    const dispute = this.disputeWith({ witness, introduction, error });
    if (dispute !== null) {
      this.disputes.set(witness, dispute);
    }
    if (introduction === null || dispute !== null) {
      this.absent.add(witness);
    } else if (!this.met.some((one) => one.witness === witness)) {
      this.witnesses.add(witness);
    }
  }

  /** Hears a server as soon as it answers. */
  expect(witness: IntroducedWitness, outcome: Promise<Outcome>): void {
    this.absent.add(witness);
    this.underWay.add(witness);
    void outcome.then((found) => {
      this.underWay.delete(witness);
      if (!this.closed) {
        this.hear(found);
        if (!this.absent.has(witness) || this.disputes.has(witness)) {
          this.onHeard();
        }
      }
    });
  }

  meet(): void {
    if (performance.now() - this.lookedAt > ABSENCE_MILLISECONDS) {
      this.lookedAt = performance.now();
      for (const witness of [...this.absent].filter((one) => !this.underWay.has(one))) {
        this.expect(witness, this.ask(witness));
      }
    }
    for (const dispute of this.disputes.values()) {
      throw dispute;
    }
  }

  close(): void {
    this.closed = true;
    for (const { server } of this.absent) {
      server.close();
    }
  }

  private disputeWith({ witness, introduction, error }: Outcome): DisputedError | null {
    if (introduction === null) {
      return error?.code === "chain.wrong" ? otherChain(this.first.witness, error) : null;
    }
    return contradiction(this.first, { witness, introduction }) ?? this.localDispute(introduction);
  }

  /** What is said already was not said of a rehearsal. */
  private localDispute({ identity }: Introduction): DisputedError | null {
    return identity.local && !this.identity.local
      ? new DisputedError(
          "The servers contradict each other about the chain: one of them is a developer's own node.",
        )
      : null;
  }
}

/** A server that is asked who it speaks for. */
interface IntroducedWitness extends Witness {
  readonly server: Rpc;
}

interface Outcome {
  readonly witness: IntroducedWitness;
  readonly introduction: Introduction | null;
  readonly error: ProoflineError | null;
}

async function outcomeOf(
  witness: IntroducedWitness,
  expected: Parameters<typeof introductionOf>[1],
  chains: readonly KnownChain[],
): Promise<Outcome> {
  try {
    return { witness, introduction: await introductionOf(witness.server, expected, chains), error: null };
  } catch (error) {
    return { witness, introduction: null, error: chainError(error) };
  }
}

interface Met {
  readonly witness: IntroducedWitness;
  readonly introduction: Introduction;
}

/** How two servers do not speak for one chain with one contract; `null` where they do. */
function contradiction(one: Met, other: Met): DisputedError | null {
  const facts: readonly { readonly about: string; readonly of: (met: Introduction) => string }[] = [
    {
      about: "block 0",
      of: ({ identity, genesisTime }) => `that it is ${identity.genesisHash}, of time ${genesisTime}`,
    },
    { about: "the contract", of: ({ codeHash }) => `that the hash of its code is ${codeHash}` },
  ];
  const differing = facts.find(({ of }) => of(one.introduction) !== of(other.introduction));
  return differing === undefined
    ? null
    : DisputedError.between(
        differing.about,
        [one, other].map(({ witness, introduction }) => ({
          host: witness.server.host,
          says: differing.of(introduction),
        })),
      );
}

function otherChain({ server }: Witness, { reason }: ProoflineError): DisputedError {
  return new DisputedError(
    `The servers contradict each other about the chain: ${server.host} speaks for the one that is configured, but another does not. ${reason}`,
  );
}
