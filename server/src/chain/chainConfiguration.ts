import type { ChainSettings } from "../protocol/settings";
import type { ChainConfiguration } from "./chain";

/**
 * What the settings say about the chain, completed with what only the running program knows: the home below which an
 * embedded chain lives, and the path of the bundled chain host (`chainHost.js`) that runs it.
 */
export function chainConfiguration(
  settings: ChainSettings,
  program: { readonly home: string; readonly hostPath: string },
): ChainConfiguration {
  switch (settings.kind) {
    case "embedded":
      return { kind: "embedded", ...program };
    case "rpc":
      return { ...settings, home: program.home };
  }
}
