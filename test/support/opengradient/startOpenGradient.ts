import { Rpc } from "../../../server/src/chain/rpc/rpc";
import { Address, Digest } from "../../../server/src/platform/primitives";
import type { EnclaveRegistry } from "../../../server/src/workflows/enclaveRegistry";
import { afterwards } from "../cleanups";
import { startNode } from "../node";
import { type Hypervisor, MEASUREMENTS, newHypervisor } from "./attestationDocument";
import { type Clock, standingClock } from "./clock";
import { DeployedContracts } from "./deployedContracts";
import { newEnclave, type StandInEnclave } from "./enclave";
import { Facilitator } from "./facilitator";
import { Gateway, type GatewayOptions } from "./gateway";
import { Sessions } from "./sessions";
import { Settlements } from "./settlements";

/** The chain that OpenGradient's registry is on. */
const CHAIN = 10_740;
/** Whom the registry names as the payee of the enclave's answers. */
export const PAYEE = Address.parse("0x9deebb5d1b22e4a6e027977cead13893a7e4cc1a");

export interface OpenGradientOptions {
  /** What the model answers: a text, or tool calls. */
  readonly answer?: GatewayOptions["answer"];
  /** Of image, kernel and application; zeros are those of debug mode. */
  readonly measurements?: readonly Buffer[];
  /** Whether the registry approves that code. */
  readonly isApproved?: boolean;
  /** How many an entry of the registry has. */
  readonly fields?: 10 | 11;
  readonly clock?: Clock;
  /** Nobody has to pay. */
  readonly isFree?: boolean;
  /** Another one whose registry, facilitator, hypervisor and clock it shares. */
  readonly beside?: Surroundings;
}

/** What several enclaves share. */
export interface Surroundings {
  /** Where `askRegistry` asks. */
  readonly registry: EnclaveRegistry;
  /** The settlement relay, on the registry's chain. */
  readonly relay: Address;
  /** The registry and the relay, for whoever may change them. */
  readonly contracts: DeployedContracts;
  readonly facilitator: Facilitator;
  readonly settlements: Settlements;
  readonly hypervisor: Hypervisor;
  /** What is pinned in place of Amazon's root certificate. */
  readonly root: Digest;
  readonly clock: Clock;
}

export interface OpenGradient extends Surroundings {
  readonly gateway: Gateway;
  readonly enclave: StandInEnclave;
  /** When the enclave was registered, in seconds since 1970, and the attestation document of then. */
  readonly registration: { readonly at: number; readonly document: Buffer };
}

/** A gateway in an enclave that a registry on a real chain knows, with a facilitator, for the length of a test. */
export async function startOpenGradient({
  answer = () => "return a + b;",
  measurements = MEASUREMENTS,
  isApproved = true,
  fields = 11,
  clock = standingClock(),
  isFree = false,
  beside,
}: OpenGradientOptions = {}): Promise<OpenGradient> {
  const surroundings = beside ?? (await newSurroundings(clock, fields));
  const { contracts, facilitator, settlements, hypervisor } = surroundings;
  const enclave = newEnclave();
  const sessions = new Sessions(surroundings.clock, facilitator, PAYEE, isFree);
  const gateway = await Gateway.start({
    ...{ enclave, hypervisor, measurements, clock: surroundings.clock, sessions, settlements, answer },
  });
  afterwards(() => gateway.close());
  const document = hypervisor.attest({ enclave, measurements, at: surroundings.clock.now() });
  await contracts.register({ enclave, measurements, document, paymentAddress: PAYEE, endpoint: gateway.url });
  const registration = { at: surroundings.clock.now(), document };
  if (isApproved) {
    await contracts.approve(measurements);
  }
  return { ...surroundings, gateway, enclave, registration };
}

async function newSurroundings(clock: Clock, fields: 10 | 11): Promise<Surroundings> {
  const node = await startNode(
    ...["--chain-id", `${CHAIN}`, "--timestamp", `${clock.now()}`],
    // Whoever asks about an older answer asks for the state of an older block.
    ...["--prune-history", "1000"],
  );
  const rpc = new Rpc(node.url);
  afterwards(async () => rpc.close());
  const contracts = await DeployedContracts.deploy(rpc, clock, fields);
  const hypervisor = newHypervisor();
  return {
    registry: { chainId: CHAIN, address: contracts.registry, rpcUrls: [node.url] },
    relay: contracts.relay,
    ...{ contracts, hypervisor, clock },
    facilitator: new Facilitator(clock),
    settlements: new Settlements(contracts),
    root: Digest.parse(hypervisor.root),
  };
}
