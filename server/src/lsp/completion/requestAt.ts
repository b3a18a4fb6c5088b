import type { CompletionRequest, Trigger } from "../../inference/engine/engine";
import type { OpenDocument } from "../documents/openDocument";
import type { ServerContext } from "../serverContext";

/** The text around a cursor in a document. */
export interface Around {
  readonly before: string;
  readonly after: string;
}

/** What a provider is asked for at a place. Whoever asks for it waits for the longest prompt; others have no time. */
export async function requestAt(
  { locations, sources, settings }: Pick<ServerContext, "locations" | "sources" | "settings">,
  document: OpenDocument,
  { before, after }: Around,
  trigger: Trigger,
): Promise<CompletionRequest> {
  const { repositoryPath, path } = await locations.of(document);
  const { maxTokens, latencyMilliseconds } = settings.current;
  return {
    path: repositoryPath === null ? null : path,
    prefix: before,
    suffix: after,
    context: repositoryPath === null ? [] : sources.chunksFor(document, repositoryPath, before.length),
    trigger,
    extent: "auto",
    maxTokens,
    ...(trigger === "automatic" && latencyMilliseconds > 0
      ? { withinMilliseconds: latencyMilliseconds }
      : {}),
  };
}
