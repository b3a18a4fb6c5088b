/** The only reader of editor settings: it turns them into the `Settings` that the server is told. */
import { type Disposable, type WorkspaceConfiguration, workspace } from "vscode";
import type { ExecutionProfile } from "../../server/src/protocol/executionProfile";
import {
  DEFAULT_PROVIDER,
  EXECUTION_PROVIDERS,
  type ExecutionProvider,
} from "../../server/src/protocol/executionProvider";
import type { ChainSettings, Settings } from "../../server/src/protocol/settings";
import { DEFAULT_HUB } from "../../server/src/protocol/settings";
import type { VerifiedOnly } from "../../server/src/protocol/verifiedOnly";
import { strictest, VERIFIED_ONLY_LEVELS } from "../../server/src/protocol/verifiedOnly";
import { type Problem, readChain } from "./chainSettings";

const SECTION = "proofline";

/** Which badges are shown at the end of a line. */
export type Badges = "all" | "attention" | "off";

/** The settings for the server, or the first one that cannot be used. */
export function readSettings(): Settings | Problem {
  const section = workspace.getConfiguration(SECTION);
  const chain = readChain({
    kind: section.get("chain.kind"),
    id: section.get("chain.id"),
    rpcUrls: section.get("chain.rpcUrls"),
    contract: section.get("chain.contract"),
  });
  if ("problem" in chain) {
    return chain;
  }
  return {
    enabled: section.get("enabled", true),
    modelPath: section.get("modelPath", "") || null,
    modelHub: section.get("modelHub", "").trim() || DEFAULT_HUB,
    executionProfile: readProfile(section),
    executionProvider: readProvider(section),
    verifiedOnly: readVerifiedOnly(),
    chain: chain satisfies ChainSettings,
    maxTokens: whole(section, "maxTokens", 96, 1, 512),
    contextChunks: whole(section, "contextChunks", 2, 0, 16),
    cacheMegabytes: whole(section, "cacheMegabytes", 64, 0, 16_384),
    sealAfterSeconds: whole(section, "sealAfterSeconds", 30, 0, 3600),
    trusted: workspace.isTrusted,
  };
}

function readProfile(section: WorkspaceConfiguration): ExecutionProfile {
  return section.get<string>("executionProfile") === "portable/v1" ? "portable/v1" : "native/v1";
}

function readProvider(section: WorkspaceConfiguration): ExecutionProvider {
  return EXECUTION_PROVIDERS.find((name) => name === section.get("executionProvider")) ?? DEFAULT_PROVIDER;
}

export function readBadges(): Badges {
  const value = workspace.getConfiguration(SECTION).get<string>("badges");
  return value === "attention" || value === "off" ? value : "all";
}

/** Flips `proofline.enabled` where it takes effect: in the workspace if it is set there, else for the user. */
export async function toggleEnabled(): Promise<boolean> {
  const section = workspace.getConfiguration(SECTION);
  const enabled = !section.get("enabled", true);
  const inWorkspace = section.inspect("enabled")?.workspaceValue !== undefined;
  await section.update("enabled", enabled, !inWorkspace);
  return enabled;
}

export function onDidChangeSettings(listener: () => void): Disposable {
  return workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(SECTION)) {
      listener();
    }
  });
}

/**
 * The strictest level that user, workspace or any folder asks for. `WorkspaceConfiguration.get` would let the
 * narrowest scope win, so that a repository could loosen what a person decided.
 */
function readVerifiedOnly(): VerifiedOnly {
  const scopes = [undefined, ...(workspace.workspaceFolders ?? []).map((folder) => folder.uri)];
  const values = scopes.flatMap((scope) => {
    const found = workspace.getConfiguration(SECTION, scope).inspect<string>("verifiedOnly");
    return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue];
  });
  return strictest(...VERIFIED_ONLY_LEVELS.filter((level) => values.includes(level)));
}

function whole(
  section: WorkspaceConfiguration,
  name: string,
  fallback: number,
  least: number,
  most: number,
): number {
  const value = section.get<unknown>(name);
  return typeof value === "number" && Number.isFinite(value)
    ? Math.min(most, Math.max(least, Math.round(value)))
    : fallback;
}
