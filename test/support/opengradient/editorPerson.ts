/** A language server, and what a person in its editor does about enclaves. */
import { Digest } from "../../../server/src/platform/primitives";
import {
  ListEnclaves,
  ReviewEnclave,
  UseEnclave,
  UseLocalModel,
} from "../../../server/src/protocol/messages";
import { DEFAULT_SETTINGS, type Settings } from "../../../server/src/protocol/settings";
import { startProxy } from "../chainTest";
import { type StartOptions, uriOf } from "../languageClient";
import { Workspace } from "../workspace";
import type { OpenGradient, Surroundings } from "./startOpenGradient";

/** Settings by which a registry is asked. */
export function asking(
  { registry }: Pick<Surroundings, "registry">,
  rpcUrls: readonly string[] = registry.rpcUrls,
): Pick<Settings, "openGradient"> {
  return {
    openGradient: {
      ...DEFAULT_SETTINGS.openGradient,
      rpcUrls: [...rpcUrls],
      registryChain: registry.chainId,
      registry: registry.address,
    },
  };
}

/**
 * The registry's chain as a server shows it that keeps no transactions. Attestation documents are found in them, and those of a
 * stand-in are under a root of its own, which no setting can name.
 */
export function withoutDocuments({ registry }: Pick<Surroundings, "registry">): Promise<string> {
  const [url = ""] = registry.rpcUrls;
  return startProxy(url, (method, result) => (method === "eth_getTransactionByHash" ? null : result));
}

export async function editorPerson(options: Partial<StartOptions>, workspace = Workspace.create()) {
  const client = await workspace.start(options);
  const folder = uriOf(workspace.folder);
  const review = ({ enclave }: OpenGradient, model = "gpt-5") =>
    client.connection.sendRequest(ReviewEnclave.type, { folder, enclave: enclave.name, model });
  const digest = async (open: OpenGradient) => Digest.parse((await review(open)).digest);
  const use = ({ enclave }: OpenGradient, shown: Digest, model = "gpt-5") =>
    client.connection.sendRequest(UseEnclave.type, { folder, enclave: enclave.name, model, digest: shown });
  return {
    ...{ workspace, client, review, digest, use },
    list: () => client.connection.sendRequest(ListEnclaves.type),
    agree: async (open: OpenGradient) => use(open, await digest(open)),
    useLocal: () => client.connection.sendRequest(UseLocalModel.type, { folder }),
  };
}
