/** A language server, and what a person in its editor does about enclaves. */
import { Digest } from "../../../server/src/platform/primitives";
import {
  ListEnclaves,
  ReviewEnclave,
  UseEnclave,
  UseLocalModel,
} from "../../../server/src/protocol/messages";
import type { SettlementKind } from "../../../server/src/protocol/settlementKinds";
import { type StartOptions, uriOf } from "../languageClient";
import { Workspace } from "../workspace";
import type { OpenGradient } from "./startOpenGradient";

/** What they choose beside the enclave. */
const CHOSEN: { readonly model: string; readonly settlement: SettlementKind } = {
  model: "gpt-5",
  settlement: "private",
};

export async function editorPerson(options: Partial<StartOptions>, workspace = Workspace.create()) {
  const client = await workspace.start(options);
  const folder = uriOf(workspace.folder);
  const wanted = ({ enclave }: OpenGradient, other: Partial<typeof CHOSEN>) => ({
    ...{ folder, enclave: enclave.name, ...CHOSEN, ...other },
  });
  const review = (open: OpenGradient, other: Partial<typeof CHOSEN> = {}) =>
    client.connection.sendRequest(ReviewEnclave.type, wanted(open, other));
  const digest = async (open: OpenGradient, other: Partial<typeof CHOSEN> = {}) =>
    Digest.parse((await review(open, other)).digest);
  const use = (open: OpenGradient, shown: Digest, other: Partial<typeof CHOSEN> = {}) =>
    client.connection.sendRequest(UseEnclave.type, { ...wanted(open, other), digest: shown });
  return {
    ...{ workspace, client, review, digest, use },
    list: () => client.connection.sendRequest(ListEnclaves.type),
    agree: async (open: OpenGradient, other: Partial<typeof CHOSEN> = {}) =>
      use(open, await digest(open, other), other),
    useLocal: () => client.connection.sendRequest(UseLocalModel.type, { folder }),
  };
}
