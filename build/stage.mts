// The folder in which a package is put together before it is packed.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import * as z from "zod";
import { root } from "./bundle.mjs";
import { bundledPackages, notices } from "./notices.mjs";

const EasContracts = z.object({
  source: z.object({
    package: z.string(),
    version: z.string(),
    license: z.string(),
    licenseText: z.string(),
  }),
});

export class Stage {
  readonly folder: string;
  /** Packages that were copied into it, by their paths below the repository's top. */
  private readonly modules: string[] = [];

  /** @param path of the folder below the repository's top; what was in it goes */
  constructor(path: string) {
    this.folder = join(root, path);
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder, { recursive: true });
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), "utf8");
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  /** Copies what lies in the repository into the same place. */
  copy(path: string): void {
    cpSync(join(root, path), join(this.folder, path), { recursive: true });
  }

  /**
   * Copies parts of an installed package below dist/, so that the bundles' own require finds them and no packer takes them for
   * dependencies to prune. Parts that this version of it does not have are left out.
   */
  copyModule(name: string, parts: readonly string[], without?: RegExp): void {
    const from = join("node_modules", name);
    this.modules.push(from);
    for (const part of parts.filter((one) => existsSync(join(root, from, one)))) {
      cpSync(join(root, from, part), join(this.folder, "dist", from, part), {
        recursive: true,
        dereference: true,
        filter: (source) => without?.test(source) !== true,
      });
    }
  }

  /** Writes the notices of what was bundled and copied. */
  writeNotices(metafile: Metafile): void {
    const { source } = EasContracts.parse(
      JSON.parse(readFileSync(join(root, "server/src/chain/eas/easContracts.json"), "utf8")),
    );
    const contracts = {
      name: `${source.package} ${source.version}`,
      licence: source.license,
      text: source.licenseText,
    };
    this.write(
      "THIRD_PARTY_NOTICES.txt",
      notices(root, [...bundledPackages(metafile), ...this.modules], [contracts]),
    );
  }
}
