import { chainState, type EmbeddedConfiguration, startChain, stopChain } from "../chain/embedded/host";
import type { HostStatus } from "../chain/embedded/hostMessages";
import { type Recovery, recoverySentence } from "../chain/embedded/recovery";
import type { Answer } from "./answers";
import type { CommandResult } from "./output";
import type { Session } from "./session";

function configurationOf({ home, installation }: Session): EmbeddedConfiguration {
  return { kind: "embedded", home, hostPath: installation.chainHost };
}

/** `proofline chain start`: runs the local chain until `chain stop`, and makes one if there is none. */
export async function chainStart(session: Session): Promise<CommandResult<Answer<"chain start">>> {
  const status = await startChain(configurationOf(session));
  return { exitCode: 0, json: { running: true, ...status }, text: describe(status) };
}

/** `proofline chain stop`: stops the local chain even if others use it; its state is kept. */
export async function chainStop(session: Session): Promise<CommandResult<Answer<"chain stop">>> {
  const stopped = await stopChain(configurationOf(session));
  return {
    exitCode: 0,
    json: { running: false, stopped },
    text: [stopped ? "The local chain is stopped; its state is kept." : "The local chain was not running."],
  };
}

/** `proofline chain status`: says whether the local chain runs, without starting anything. */
export async function chainStatus(session: Session): Promise<CommandResult<Answer<"chain status">>> {
  const state = await chainState(configurationOf(session));
  switch (state.kind) {
    case "running":
      return { exitCode: 0, json: { running: true, ...state.status }, text: describe(state.status) };
    case "stopped":
      return {
        exitCode: 0,
        json: { running: false, exists: state.exists, recovery: state.recovery },
        text: [
          state.exists
            ? "The local chain is not running; it starts when something is anchored or verified."
            : "There is no local chain on this machine yet; the first anchor makes one.",
          ...told(state.recovery),
        ],
      };
  }
}

function describe(status: HostStatus): string[] {
  return [
    `The local chain runs${status.held ? " until `proofline chain stop`" : ""}.`,
    `chain id      ${status.chainId}`,
    `genesis hash  ${status.genesisHash}`,
    `EAS contract  ${status.contract}`,
    `block         ${status.block}`,
    ...told(status.recovery),
  ];
}

function told(recovery: Recovery | null): string[] {
  return recovery === null ? [] : [recoverySentence(recovery)];
}
