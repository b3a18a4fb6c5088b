import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { COMMANDS } from "../../../client/src/commands";
import {
  BADGES,
  type ConfigurationSource,
  readBadges,
  readCodeLens,
  readExcluded,
  readMarkModelText,
  readOffers,
  readSettings,
  SIDES,
  type Side,
} from "../../../client/src/config";
import { LINKED_COMMANDS } from "../../../server/src/protocol/linkedCommands";
import { DEFAULT_SETTINGS, Settings } from "../../../server/src/protocol/settings";
import { VERIFIED_ONLY_LEVELS } from "../../../server/src/protocol/verifiedOnly";

const TOP = join(import.meta.dirname, "../../..");

const Setting = z.object({
  default: z.unknown(),
  scope: z.enum(["application", "machine", "window", "resource"]),
  enum: z.array(z.string()).optional(),
  markdownEnumDescriptions: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
const MenuItem = z.object({
  command: z.string().optional(),
  submenu: z.string().optional(),
  when: z.string().optional(),
});
const Manifest = z.object({
  icon: z.string(),
  capabilities: z.object({
    untrustedWorkspaces: z.object({ restrictedConfigurations: z.array(z.string()) }),
  }),
  contributes: z.object({
    commands: z.array(
      z.object({ command: z.string(), title: z.string(), enablement: z.string().optional() }),
    ),
    submenus: z.array(z.object({ id: z.string() })),
    menus: z.record(z.string(), z.array(MenuItem)),
    keybindings: z.array(
      z.object({ command: z.string(), args: z.object({ commands: z.array(z.string()) }).optional() }),
    ),
    configuration: z.array(z.object({ title: z.string(), properties: z.record(z.string(), Setting) })),
    walkthroughs: z.array(
      z.object({
        steps: z.array(
          z.object({
            media: z.union([
              z.object({ markdown: z.string() }),
              z.object({ image: z.record(z.enum(["dark", "light", "hc", "hcLight"]), z.string()) }),
            ]),
            completionEvents: z.array(z.string()).min(1),
          }),
        ),
      }),
    ),
  }),
});

const manifestText = readFileSync(join(TOP, "package.json"), "utf8");
const manifest = Manifest.parse(JSON.parse(manifestText));
const texts = z
  .record(z.string(), z.string())
  .parse(JSON.parse(readFileSync(join(TOP, "package.nls.json"), "utf8")));
const declared = Object.fromEntries(
  manifest.contributes.configuration.flatMap(({ properties }) => Object.entries(properties)),
);
const table = new Map(Object.entries(COMMANDS));

function sorted(values: Iterable<string>): string[] {
  return [...values].sort();
}

/** Our commands in a text, whoever names them. */
function commandsIn(text: string): string[] {
  return [...text.matchAll(/command:(proofline\.\w+)/g)].map(([, id = ""]) => id);
}

function sourceTexts(folder: string): string[] {
  return readdirSync(join(TOP, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(join(TOP, folder, path), "utf8"));
}

describe("the command table", () => {
  it("lists the manifest's commands with their titles, and those alone", () => {
    const titled = [...table].flatMap(([id, { title }]) => (title === null ? [] : [[id, `%${title}%`]]));
    expect(manifest.contributes.commands.map(({ command, title }) => [command, title]).sort()).toEqual(
      titled.sort(),
    );
  });

  it("says what a command does while the server is stopped as its enablement does", () => {
    for (const { command, enablement = "" } of manifest.contributes.commands) {
      const needsServer = table.get(command)?.whileStopped === "saysWhy";
      expect(enablement.includes("proofline.running"), command).toBe(needsServer);
    }
  });

  it("has a walkthrough whose steps tick by commands, settings and keys that exist", () => {
    const events = manifest.contributes.walkthroughs.flatMap(({ steps }) =>
      steps.flatMap(({ completionEvents }) => completionEvents),
    );
    const contexts = sourceTexts("client/src").join();
    // VS Code never ticks by a key that was set before it first looked at the walkthrough: its page has to be new, too.
    const keyOf = (event: string) => /^(\S+) && activeEditor == gettingStartedPage$/.exec(event)?.[1];
    for (const event of events) {
      const [kind, name = ""] = event.split(":");
      expect(
        kind === "onCommand"
          ? table.has(name)
          : kind === "onSettingChanged"
            ? name in declared
            : contexts.includes(`"${keyOf(name)}"`),
        event,
      ).toBe(true);
    }
  });

  it("knows every command that a menu or a key runs, and every submenu is declared", () => {
    const items = Object.values(manifest.contributes.menus).flat();
    const keys = manifest.contributes.keybindings.flatMap(({ command, args }) => [
      command,
      ...(args?.commands ?? []),
    ]);
    const run = [...items.flatMap(({ command = [] }) => command), ...keys];
    const unknown = run.filter((id) => id.startsWith("proofline.") && !table.has(id));
    expect(unknown).toEqual([]);
    expect(items.flatMap(({ submenu = [] }) => submenu)).toEqual(
      manifest.contributes.submenus.map(({ id }) => id),
    );
  });

  it("knows every command that a hover, a tooltip or a walkthrough links to", () => {
    const linked = [...sourceTexts("client/src"), ...sourceTexts("server/src"), ...Object.values(texts)];
    const found = linked.flatMap(commandsIn);
    expect(found.length).toBeGreaterThan(3);
    expect([...found, ...LINKED_COMMANDS].filter((id) => !table.has(id))).toEqual([]);
  });

  it("is all that the hovers of the server name", () => {
    const named = sourceTexts("server/src/lsp/verdicts").flatMap((text) =>
      [...text.matchAll(/commandLink\("([^"]+)"/g)].map(([, id = ""]) => id),
    );
    const linkable = new Set<string>(LINKED_COMMANDS);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((id) => !linkable.has(id))).toEqual([]);
  });

  it("is all that the client registers, and all of it is registered", () => {
    const registered = sourceTexts("client/src").flatMap((text) =>
      [...text.matchAll(/registerCommand\(\s*(?:context,\s*)?(?:"([^"]+)"|(ACCEPTED_COMMAND))/g)].map(
        ([, id]) => id ?? "proofline.didAcceptSuggestion",
      ),
    );
    expect(sorted(registered)).toEqual(sorted(table.keys()));
  });
});

describe("the manifest's settings", () => {
  it("are those that the client reads, all of them", () => {
    const read = new Set<string>();
    const recorded = (name: string): undefined => void read.add(name);
    const recording: ConfigurationSource = {
      trusted: true,
      get: recorded,
      own: recorded,
      everyValue: (name) => [recorded(name)],
      valueIn: () => undefined,
      async set() {},
    };
    readSettings(recording);
    readBadges(recording);
    readMarkModelText(recording);
    readCodeLens(recording);
    readOffers(recording);
    readExcluded(recording);
    expect(sorted([...read].map((name) => `proofline.${name}`))).toEqual(sorted(Object.keys(declared)));
  });

  it("each take a side on what a workspace may do to them, and the editor is told the same", () => {
    const scopes: Readonly<Record<Side, readonly string[]>> = {
      person: ["application", "machine"],
      strictest: ["window", "resource"],
      workspace: ["window", "resource"],
    };
    expect(sorted(Object.keys(SIDES).map((name) => `proofline.${name}`))).toEqual(
      sorted(Object.keys(declared)),
    );
    for (const [name, side] of Object.entries(SIDES)) {
      expect(scopes[side], name).toContain(declared[`proofline.${name}`]?.scope);
    }
  });

  it("have the defaults that the server has", () => {
    const defaultOf = (name: string): unknown => declared[`proofline.${name}`]?.default;
    const byDefault: ConfigurationSource = {
      trusted: true,
      get: defaultOf,
      own: defaultOf,
      everyValue: (name) => [defaultOf(name)],
      valueIn: () => undefined,
      async set() {},
    };
    expect(readSettings(byDefault)).toEqual(DEFAULT_SETTINGS);
    for (const name of [
      "enabled",
      "modelHub",
      "executionProfile",
      "executionProvider",
      "verifiedOnly",
    ] as const) {
      expect(declared[`proofline.${name}`]?.default, name).toBe(DEFAULT_SETTINGS[name]);
    }
    expect(declared["proofline.badges"]?.default).toBe(readBadges(byDefault));
    expect(declared["proofline.chain.kind"]?.default).toBe(DEFAULT_SETTINGS.chain.kind);
  });

  it.each([
    "maxTokens",
    "latencyMilliseconds",
    "contextChunks",
    "cacheMegabytes",
    "sealAfterSeconds",
  ] as const)("give %s the default and the range of the server", (name) => {
    const { minValue, maxValue } = Settings.shape[name];
    expect(declared[`proofline.${name}`]).toMatchObject({
      default: DEFAULT_SETTINGS[name],
      minimum: minValue,
      maximum: maxValue,
    });
  });

  it.each([
    ["executionProfile", Settings.shape.executionProfile.options],
    ["executionProvider", Settings.shape.executionProvider.options],
    ["verifiedOnly", VERIFIED_ONLY_LEVELS],
    ["badges", BADGES],
    ["chain.kind", ["embedded", "rpc"]],
  ])("let %s be what the code knows, each with a description", (name, values) => {
    const setting = declared[`proofline.${name}`];
    expect(setting?.enum).toEqual([...values]);
    expect(setting?.markdownEnumDescriptions).toHaveLength(values.length);
  });

  it("that are restricted to trusted workspaces exist", () => {
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    expect(restrictedConfigurations.filter((name) => !(name in declared))).toEqual([]);
  });
});

describe("package.nls.json", () => {
  it("has each text that the manifest names, and no other", () => {
    const named = new Set([...manifestText.matchAll(/"%([\w.]+)%"/g)].map(([, key = ""]) => key));
    expect(sorted(Object.keys(texts))).toEqual(sorted(named));
  });

  it("names settings only that exist", () => {
    const named = Object.values(texts).flatMap((text) =>
      [...text.matchAll(/#(proofline\.[\w.]+)#/g)].map(([, name = ""]) => name),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => !(name in declared))).toEqual([]);
  });
});

describe("the files that the manifest names", () => {
  it("exist, and the icon has the size that the Marketplace wants", () => {
    for (const { media } of manifest.contributes.walkthroughs.flatMap(({ steps }) => steps)) {
      const files = "markdown" in media ? [media.markdown] : Object.values(media.image);
      for (const file of files) {
        expect(readFileSync(join(TOP, file), "utf8"), file).not.toBe("");
      }
    }
    const icon = readFileSync(join(TOP, manifest.icon));
    expect(icon.subarray(1, 4).toString("latin1")).toBe("PNG");
    expect([icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([256, 256]);
  });
});
