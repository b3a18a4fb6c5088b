import { Rpc } from "../../../server/src/chain/rpc/rpc";
import { Address, type Digest, Digest as DigestSchema } from "../../../server/src/platform/primitives";
import type { EnclaveRegistry } from "../../../server/src/workflows/enclaveRegistry";
import { afterwards, startNode } from "../chainTest";
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
  /** How many an entry of the registry has. */
  readonly fields?: 10 | 11;
  readonly clock?: Clock;
  /** Of image, kernel and application; zeros are those of debug mode. */
  readonly measurements?: readonly Buffer[];
  /** Whether the registry approves that code. */
  readonly isApproved?: boolean;
}

export interface OpenGradient {
  readonly gateway: Gateway;
  readonly enclave: StandInEnclave;
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
  /** When the enclave was registered, in seconds since 1970, and the attestation document of then. */
  readonly registration: { readonly at: number; readonly document: Buffer };
  readonly clock: Clock;
}

/** A gateway in an enclave that a registry on a real chain knows, with a facilitator, for the length of a test. */
export async function startOpenGradient({
  answer = () => "return a + b;",
  fields = 11,
  clock = standingClock(),
  measurements = MEASUREMENTS,
  isApproved = true,
}: OpenGradientOptions = {}): Promise<OpenGradient> {
  const node = await startNode("--chain-id", `${CHAIN}`, "--timestamp", `${clock.now()}`);
  const rpc = new Rpc(node.url);
  afterwards(async () => rpc.close());
  const contracts = await DeployedContracts.deploy(rpc, clock, fields);
  const [enclave, hypervisor, facilitator] = [newEnclave(), newHypervisor(), new Facilitator(clock)];
  const settlements = new Settlements(contracts);
  const sessions = new Sessions(clock, facilitator, PAYEE);
  const gateway = await Gateway.start({
    ...{ enclave, hypervisor, measurements, clock, sessions, settlements, answer },
  });
  afterwards(() => gateway.close());
  const document = hypervisor.attest({ enclave, measurements, at: clock.now() });
  await contracts.register({ enclave, measurements, document, paymentAddress: PAYEE, endpoint: gateway.url });
  const registration = { at: clock.now(), document };
  if (isApproved) {
    await contracts.approve(measurements);
  }
  return {
    ...{ gateway, enclave, contracts, facilitator, settlements, hypervisor, registration, clock },
    registry: { chainId: CHAIN, address: contracts.registry, rpcUrls: [node.url] },
    relay: contracts.relay,
    root: DigestSchema.parse(hypervisor.root),
  };
}
