/**
 * The only reader of editor settings: it turns them into the `Settings` that the server is told. A workspace's settings
 * come with the repository, so each setting takes a side: what a workspace may do to it.
 */
import { unreachable } from "../../server/src/protocol/caught";
import { type Problem, readChain, readOpenGradient } from "../../server/src/protocol/chainSettings";
import {
  DEFAULT_ENCLAVE_USE,
  EnclaveUse,
  LoopbackAddress,
} from "../../server/src/protocol/openGradientSettings";
import { DEFAULT_HUB, DEFAULT_SETTINGS, Settings } from "../../server/src/protocol/settings";
import { strictest, VERIFIED_ONLY_LEVELS, type VerifiedOnly } from "../../server/src/protocol/verifiedOnly";
import type { Offers } from "./editor/offers";

/** Where settings are kept. A value is whatever a person typed into a JSON file, or `undefined`. */
export interface ConfigurationSource {
  /** The workspace is trusted; without that its settings do not count. */
  readonly trusted: boolean;
  /** The value in force, by the setting's name without `proofline.`; a workspace's goes before the person's. */
  get(name: string): unknown;
  /** The value of the user or machine settings, else the default; whatever the workspace says. */
  own(name: string): unknown;
  /** Every value that the user, the workspace and each of its folders gives. */
  everyValue(name: string): readonly unknown[];
  /** The value of one scope alone; `undefined` where it gives none. */
  valueIn(scope: SettingScope, name: string): unknown;
  /** Sets it in one scope; `undefined` takes it out. */
  set(scope: SettingScope, name: string, value: unknown): Promise<void>;
}

export type SettingScope = "user" | "workspace";

/**
 * What a workspace may do to a setting.
 *
 * - `person`: nothing. It shows or hides verdicts, decides whom to trust, or spends.
 * - `strictest`: tighten. Of all values that any scope gives, the strictest counts.
 * - `workspace`: set it. It decides how suggestions are made, hides no verdict and loosens no check.
 */
export type Side = "person" | "strictest" | "workspace";

export const SIDES = {
  enabled: "strictest",
  automatic: "strictest",
  languages: "strictest",
  exclude: "strictest",
  modelPath: "person",
  modelHub: "person",
  executionProfile: "workspace",
  executionProvider: "person",
  maxTokens: "workspace",
  latencyMilliseconds: "workspace",
  workAhead: "person",
  contextChunks: "strictest",
  cacheMegabytes: "person",
  "chain.kind": "person",
  "chain.id": "person",
  "chain.rpcUrls": "person",
  "chain.contract": "person",
  "openGradient.rpcUrls": "person",
  "openGradient.registryChain": "person",
  "openGradient.registry": "person",
  "openGradient.relay": "person",
  "openGradient.automatic": "person",
  "openGradient.requestsPerHour": "person",
  "openGradient.address": "person",
  sealAfterSeconds: "person",
  badges: "person",
  markModelText: "person",
  fileDecorations: "person",
  codeLens: "person",
  verifiedOnly: "strictest",
} as const satisfies Readonly<Record<string, Side>>;

type SettingName = keyof typeof SIDES;
type NameOn<Wanted extends Side> = {
  [Name in SettingName]: (typeof SIDES)[Name] extends Wanted ? Name : never;
}[SettingName];

/**
 * Which badges are shown at the end of a line. `compact`: an icon, and the words on the cursor's line and wherever they
 * say more than the icon. `full`: the words everywhere. `attention`: only what is not verified.
 */
export const BADGES = ["compact", "full", "attention", "off"] as const;
export type Badges = (typeof BADGES)[number];

/** The settings for the server, or the first one that cannot be used. */
export function readSettings(source: ConfigurationSource): Settings | Problem {
  const chain = readChain({
    kind: countingValue(source, "chain.kind"),
    id: countingValue(source, "chain.id"),
    rpcUrls: countingValue(source, "chain.rpcUrls"),
    contract: countingValue(source, "chain.contract"),
  });
  if ("problem" in chain) {
    return chain;
  }
  const openGradient = readOpenGradient({
    rpcUrls: countingValue(source, "openGradient.rpcUrls"),
    registryChain: countingValue(source, "openGradient.registryChain"),
    registry: countingValue(source, "openGradient.registry"),
    relay: countingValue(source, "openGradient.relay"),
  });
  if ("problem" in openGradient) {
    return openGradient;
  }
  const address = readRelay(countingValue(source, "openGradient.address"));
  if (typeof address === "object" && address !== null) {
    return address;
  }
  const { executionProfile, executionProvider } = Settings.shape;
  return {
    enabled: isEnabled(source),
    modelPath: text(source, "modelPath") || null,
    modelHub: text(source, "modelHub").trim() || DEFAULT_HUB,
    executionProfile: oneOf(source, "executionProfile", executionProfile.options),
    executionProvider: oneOf(source, "executionProvider", executionProvider.options),
    verifiedOnly: readVerifiedOnly(source),
    fileDecorations: countingValue(source, "fileDecorations") === true,
    chain,
    openGradient,
    enclaveUse: {
      automatic: countingValue(source, "openGradient.automatic") === true,
      requestsPerHour: wholeWithin(
        EnclaveUse.shape.requestsPerHour,
        countingValue(source, "openGradient.requestsPerHour"),
        DEFAULT_ENCLAVE_USE.requestsPerHour,
      ),
      address,
    },
    maxTokens: whole("maxTokens", countingValue(source, "maxTokens")),
    latencyMilliseconds: whole("latencyMilliseconds", countingValue(source, "latencyMilliseconds")),
    workAhead: countingValue(source, "workAhead") !== false,
    contextChunks: readContextChunks(source),
    cacheMegabytes: whole("cacheMegabytes", countingValue(source, "cacheMegabytes")),
    sealAfterSeconds: whole("sealAfterSeconds", countingValue(source, "sealAfterSeconds")),
    trusted: source.trusted,
  };
}

/** The program on this computer that is asked in the enclaves' place. One that cannot be used is a problem, and not none. */
function readRelay(value: unknown): string | null | Problem {
  if (value === undefined || value === "") {
    return null;
  }
  const parsed = LoopbackAddress.safeParse(value);
  return parsed.success
    ? parsed.data
    : {
        problem:
          "The setting proofline.openGradient.address is not an address of this computer, as http://127.0.0.1:11434 is.",
        remedy: "Correct it, or take it out.",
      };
}

export function readBadges(source: ConfigurationSource): Badges {
  return BADGES.find((value) => value === countingValue(source, "badges")) ?? "compact";
}

/** Where suggestions come on their own. A workspace may do without them in more places, and nowhere turns them on. */
export function readOffers(source: ConfigurationSource): Pick<Offers, "automatic" | "languages"> {
  const refused = everyValue(source, "languages").flatMap((value) =>
    Object.entries(switches(value)).filter(([, wanted]) => !wanted),
  );
  return {
    automatic: !everyValue(source, "automatic").includes(false),
    languages: { ...switches(source.own("languages")), ...Object.fromEntries(refused) },
  };
}

/** Patterns of files that get no suggestions; every scope adds its own. */
export function readExcluded(source: ConfigurationSource): readonly string[] {
  const lists = everyValue(source, "exclude").filter((value) => Array.isArray(value));
  const patterns = lists.flat().filter((pattern) => typeof pattern === "string" && pattern !== "");
  return [...new Set<string>(patterns)].slice(0, MAX_PATTERNS);
}

/** Turns a language on or off for the user, and on also where the workspace turned it off. */
export async function setLanguage(
  source: ConfigurationSource,
  language: string,
  wanted: boolean,
): Promise<void> {
  await source.set("user", "languages", {
    ...switches(source.valueIn("user", "languages")),
    [language]: wanted,
  });
  const here = switches(source.valueIn("workspace", "languages"));
  if (wanted && here[language] === false) {
    const { [language]: _, ...others } = here;
    await source.set("workspace", "languages", others);
  }
}

/** Each pattern is tried on each document that is shown. */
const MAX_PATTERNS = 256;

function switches(value: unknown): Readonly<Record<string, boolean>> {
  if (typeof value !== "object" || value === null) {
    return {};
  }
  return Object.fromEntries(Object.entries(value).filter(([, wanted]) => typeof wanted === "boolean"));
}

/** Whether the characters that the model wrote are marked. */
export function readMarkModelText(source: ConfigurationSource): boolean {
  return countingValue(source, "markModelText") !== false;
}

/** Whether a line above suggested lines tells of them. */
export function readCodeLens(source: ConfigurationSource): boolean {
  return countingValue(source, "codeLens") === true;
}

/**
 * Turns suggestions off where they are on, in the workspace if it says anything of them, else for the user; and on where
 * they are off, in every scope that turned them off.
 */
export async function toggleEnabled(source: ConfigurationSource): Promise<void> {
  if (isEnabled(source)) {
    const scope = source.valueIn("workspace", "enabled") === undefined ? "user" : "workspace";
    await source.set(scope, "enabled", false);
    return;
  }
  for (const scope of ["user", "workspace"] as const) {
    if (source.valueIn(scope, "enabled") === false) {
      await source.set(scope, "enabled", true);
    }
  }
}

/** Off is stricter: a repository may do without suggestions, and makes nobody's model run who turned it off. */
export function isEnabled(source: ConfigurationSource): boolean {
  return !everyValue(source, "enabled").includes(false) && DEFAULT_SETTINGS.enabled;
}

function readVerifiedOnly(source: ConfigurationSource): VerifiedOnly {
  const values = everyValue(source, "verifiedOnly");
  return strictest(...VERIFIED_ONLY_LEVELS.filter((level) => values.includes(level)));
}

/** Fewer is stricter: each excerpt of another file becomes part of the evidence. */
function readContextChunks(source: ConfigurationSource): number {
  const values = everyValue(source, "contextChunks").filter((value) => typeof value === "number");
  return values.length === 0
    ? DEFAULT_SETTINGS.contextChunks
    : Math.min(...values.map((value) => whole("contextChunks", value)));
}

/** The one value that counts of a setting, by its side. */
function countingValue(source: ConfigurationSource, name: NameOn<"person" | "workspace">): unknown {
  const side = SIDES[name];
  switch (side) {
    case "person":
      return source.own(name);
    case "workspace":
      return source.get(name);
    default:
      return unreachable(side);
  }
}

function everyValue(source: ConfigurationSource, name: NameOn<"strictest">): readonly unknown[] {
  return source.everyValue(name);
}

function text(source: ConfigurationSource, name: "modelPath" | "modelHub"): string {
  const value = countingValue(source, name);
  return typeof value === "string" ? value : "";
}

function oneOf<Name extends "executionProfile" | "executionProvider">(
  source: ConfigurationSource,
  name: Name,
  options: readonly Settings[Name][],
): Settings[Name] {
  const value = countingValue(source, name);
  return options.find((option) => option === value) ?? DEFAULT_SETTINGS[name];
}

/** A whole number within the range that the server accepts. */
function whole(
  name: "maxTokens" | "latencyMilliseconds" | "contextChunks" | "cacheMegabytes" | "sealAfterSeconds",
  value: unknown,
): number {
  return wholeWithin(Settings.shape[name], value, DEFAULT_SETTINGS[name]);
}

function wholeWithin(
  { minValue, maxValue }: { readonly minValue: number | null; readonly maxValue: number | null },
  value: unknown,
  otherwise: number,
): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    return otherwise;
  }
  return Math.min(maxValue ?? Number.MAX_SAFE_INTEGER, Math.max(minValue ?? 0, Math.round(value)));
}
