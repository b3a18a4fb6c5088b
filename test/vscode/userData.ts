/** What a person has set in their VS Code, as it lies in the folder of user data. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

export interface UserSettings {
  /** User settings, added to those that keep the workbench quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** The user's key bindings, as in `keybindings.json`. */
  readonly keys?: readonly Readonly<Record<string, string>>[];
}

/** Nothing in the workbench may move, ask or phone home while a test looks at it. */
const QUIET = {
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "window.confirmBeforeClose": "never",
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "chat.disableAIFeatures": true,
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "files.simpleDialog.enable": true,
  "remote.autoForwardPorts": false,
};

/** Of a package's manifest, what tells where its settings lie. */
const Manifest = z.object({
  contributes: z.object({
    configuration: z.array(
      z.object({ properties: z.record(z.string(), z.object({ scope: z.string().optional() })) }),
    ),
  }),
});

/** Proofline's settings that belong to a machine. */
function settingsOfMachine(): ReadonlySet<string> {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "package.json"), "utf8");
  const { configuration } = Manifest.parse(JSON.parse(text)).contributes;
  const all = configuration.flatMap(({ properties }) => Object.entries(properties));
  return new Set(all.filter(([, { scope }]) => scope === "machine").map(([name]) => name));
}

/** Where a server keeps user data, below its root. */
export function userDataIn(root: string): string {
  return join(root, "user");
}

/** Windows that are opened from now on read these, and nothing of what was set before. */
export function writeUserData(folder: string, { settings = {}, keys = [] }: UserSettings): void {
  const write = (name: string, value: unknown): void => {
    mkdirSync(join(folder, name, ".."), { recursive: true });
    writeFileSync(join(folder, name), JSON.stringify(value, null, 2));
  };
  write("User/settings.json", { ...QUIET, ...settings });
  write("User/keybindings.json", keys);
  // A window on another machine, which a browser's is, takes settings of machine scope from there.
  const names = settingsOfMachine();
  const machine = Object.entries(settings).filter(([name]) => names.has(name));
  write("Machine/settings.json", Object.fromEntries(machine));
}
