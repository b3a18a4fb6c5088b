/** The only reader of editor settings: it turns them into the `Settings` that the server is told. */
import { DEFAULT_HUB, DEFAULT_SETTINGS, Settings } from "../../server/src/protocol/settings";
import { strictest, VERIFIED_ONLY_LEVELS, type VerifiedOnly } from "../../server/src/protocol/verifiedOnly";
import { type Problem, readChain } from "./chainSettings";

/** Where settings are kept. A value is whatever a person typed into a JSON file, or `undefined`. */
export interface ConfigurationSource {
  /** The workspace is trusted; without that its settings do not count. */
  readonly trusted: boolean;
  /** The value in force, by the setting's name without `proofline.`. */
  get(name: string): unknown;
  /** Every value that the user, the workspace and each of its folders gives. */
  everyValue(name: string): readonly unknown[];
  /** Sets it where it takes effect: in the workspace if it is set there, else for the user. */
  set(name: string, value: unknown): Promise<void>;
}

/** Which badges are shown at the end of a line. */
export const BADGES = ["all", "attention", "off"] as const;
export type Badges = (typeof BADGES)[number];

/** The settings for the server, or the first one that cannot be used. */
export function readSettings(source: ConfigurationSource): Settings | Problem {
  const chain = readChain({
    kind: source.get("chain.kind"),
    id: source.get("chain.id"),
    rpcUrls: source.get("chain.rpcUrls"),
    contract: source.get("chain.contract"),
  });
  if ("problem" in chain) {
    return chain;
  }
  const { executionProfile, executionProvider } = Settings.shape;
  return {
    enabled: isEnabled(source),
    modelPath: text(source, "modelPath") || null,
    modelHub: text(source, "modelHub").trim() || DEFAULT_HUB,
    executionProfile: oneOf(source, "executionProfile", executionProfile.options),
    executionProvider: oneOf(source, "executionProvider", executionProvider.options),
    verifiedOnly: readVerifiedOnly(source),
    chain,
    maxTokens: whole(source, "maxTokens"),
    contextChunks: whole(source, "contextChunks"),
    cacheMegabytes: whole(source, "cacheMegabytes"),
    sealAfterSeconds: whole(source, "sealAfterSeconds"),
    trusted: source.trusted,
  };
}

export function readBadges(source: ConfigurationSource): Badges {
  return BADGES.find((value) => value === source.get("badges")) ?? "all";
}

/** Turns suggestions on where they are off, and off where they are on. */
export function toggleEnabled(source: ConfigurationSource): Promise<void> {
  return source.set("enabled", !isEnabled(source));
}

function isEnabled(source: ConfigurationSource): boolean {
  const value = source.get("enabled");
  return typeof value === "boolean" ? value : DEFAULT_SETTINGS.enabled;
}

/**
 * The strictest level that user, workspace or any folder asks for. The value in force would be that of the narrowest
 * scope, so that a repository could loosen what a person decided.
 */
function readVerifiedOnly(source: ConfigurationSource): VerifiedOnly {
  const values = source.everyValue("verifiedOnly");
  return strictest(...VERIFIED_ONLY_LEVELS.filter((level) => values.includes(level)));
}

function text(source: ConfigurationSource, name: string): string {
  const value = source.get(name);
  return typeof value === "string" ? value : "";
}

function oneOf<Name extends "executionProfile" | "executionProvider">(
  source: ConfigurationSource,
  name: Name,
  options: readonly Settings[Name][],
): Settings[Name] {
  const value = source.get(name);
  return options.find((option) => option === value) ?? DEFAULT_SETTINGS[name];
}

/** A whole number within the range that the server accepts. */
function whole(
  source: ConfigurationSource,
  name: "maxTokens" | "contextChunks" | "cacheMegabytes" | "sealAfterSeconds",
): number {
  const value = source.get(name);
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return DEFAULT_SETTINGS[name];
  }
  const { minValue, maxValue } = Settings.shape[name];
  return Math.min(maxValue ?? Number.MAX_SAFE_INTEGER, Math.max(minValue ?? 0, Math.round(value)));
}
