import { ProoflineError } from "../../platform/errors";
import type { ChainConfiguration, ChainIdentity } from "../chain";
import type { KnownChain } from "../knownChains";
import { DisputedError, type Witness, Witnesses } from "../trust/witnesses";
import { chainError } from "./chainError";
import { type Introduction, introductionOf } from "./chainIdentity";
import { operatedServer } from "./operators";
import { Rpc } from "./rpc";

/** Servers that speak for one chain. */
export interface Introduced {
  readonly witnesses: Witnesses;
  readonly identity: ChainIdentity;
  /** The time of block 0, in seconds since 1970. */
  readonly genesisTime: number;
  /**
   * Lets servers that could not be reached introduce themselves again, now and then.
   *
   * @throws DisputedError where one of them speaks for another chain.
   */
  readonly meet: () => Promise<void>;
}

/** How long a server that could not be reached is left alone before it is asked again who it speaks for. */
const ABSENCE_MILLISECONDS = 10_000;

/**
 * Asks all of the configured servers which chain they speak for. They must all say the same.
 *
 * @throws ProoflineError `chain.wrong` where all speak for another chain, `chain.disputed` where only some do or they
 * contradict each other, `chain.unreachable` where none can be reached, naming what the first one did.
 */
export async function introduce(
  configuration: Extract<ChainConfiguration, { kind: "rpc" }>,
  chains: readonly KnownChain[],
): Promise<Introduced> {
  const servers = configuration.rpcUrls.map((entry): Witness => {
    const { url, operator } = operatedServer(entry);
    return { operator, server: new Rpc(url) };
  });
  const outcomes = await Promise.all(servers.map((witness) => outcomeOf(witness, configuration, chains)));
  const met = outcomes.flatMap(({ witness, introduction }) =>
    introduction === null ? [] : [{ witness, introduction }],
  );
  const wrong = outcomes.filter(({ error }) => error?.code === "chain.wrong");
  const [first] = met;
  if (first === undefined) {
    const { error } = wrong[0] ?? outcomes[0] ?? { error: null };
    throw error ?? new ProoflineError("chain.configuration", "No RPC server is configured.", "correctChain");
  }
  const contradiction = wrong[0]?.error ?? null;
  if (contradiction !== null) {
    throw otherChain(first.witness, contradiction);
  }
  for (const other of met.slice(1)) {
    compare(first, other);
  }
  const absent = new Set(outcomes.flatMap(({ witness, error }) => (error === null ? [] : [witness])));
  let lookedAt = performance.now();
  let dispute: DisputedError | null = null;
  const lookAgain = async (): Promise<void> => {
    for (const witness of absent) {
      const { introduction, error } = await outcomeOf(witness, configuration, chains);
      if (introduction !== null) {
        compare(first, { witness, introduction });
        absent.delete(witness);
        witnesses.add(witness);
      } else if (error?.code === "chain.wrong") {
        throw otherChain(first.witness, error);
      }
    }
  };
  const witnesses = new Witnesses(met.map(({ witness }) => witness));
  return {
    witnesses,
    identity: {
      ...first.introduction.identity,
      // Where one of them is a developer's node, the chain is.
      ...(met.find(({ introduction }) => introduction.identity.local)?.introduction.identity ?? {}),
    },
    genesisTime: first.introduction.genesisTime,
    meet: async () => {
      if (absent.size > 0 && performance.now() - lookedAt > ABSENCE_MILLISECONDS) {
        lookedAt = performance.now();
        // Whoever asks does not wait for servers that are away.
        void lookAgain().catch((error: unknown) => {
          dispute = error instanceof DisputedError ? error : null;
        });
      }
      if (dispute !== null) {
        throw dispute;
      }
    },
  };
}

interface Outcome {
  readonly witness: Witness;
  readonly introduction: Introduction | null;
  readonly error: ProoflineError | null;
}

async function outcomeOf(
  witness: Witness,
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
  readonly witness: Witness;
  readonly introduction: Introduction;
}

/** @throws DisputedError where two servers do not speak for one chain with one contract. */
function compare(one: Met, other: Met): void {
  const facts: readonly { readonly about: string; readonly of: (met: Introduction) => string }[] = [
    {
      about: "block 0",
      of: ({ identity, genesisTime }) => `that it is ${identity.genesisHash}, of time ${genesisTime}`,
    },
    { about: "the contract", of: ({ codeHash }) => `that the hash of its code is ${codeHash}` },
  ];
  for (const { about, of } of facts) {
    if (of(one.introduction) !== of(other.introduction)) {
      throw DisputedError.between(
        about,
        [one, other].map(({ witness, introduction }) => ({
          host: witness.server.host,
          says: of(introduction),
        })),
      );
    }
  }
}

function otherChain({ server }: Witness, { reason }: ProoflineError): DisputedError {
  return new DisputedError(
    `The servers contradict each other about the chain: ${server.host} speaks for the one that is configured, but another does not. ${reason}`,
  );
}
