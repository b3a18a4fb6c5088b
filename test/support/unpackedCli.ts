/** The command line as a package, made as a release makes it, and unpacked as npm would install it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const repository = join(import.meta.dirname, "../..");

/** Makes the package in a folder and returns its path. */
export function packCli(folder: string): string {
  execFileSync(process.execPath, ["--import", "tsx", join("build", "packageCli.mts"), folder], {
    cwd: repository,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [name] = readdirSync(folder).filter((one) => one.endsWith(".tgz"));
  if (name === undefined) {
    throw new Error(`No package was made in ${folder}.`);
  }
  return join(folder, name);
}

/**
 * Unpacks it into a project and returns where it lies. What it depends on is linked to the repository's own, so that nothing is
 * downloaded; dependencies that are not named are not there.
 */
export function unpackCli(tarball: string, project: string, dependencies: readonly string[]): string {
  const modules = join(project, "node_modules");
  mkdirSync(modules, { recursive: true });
  // By its name alone: some tars take what stands before a colon, a drive's letter too, for another computer.
  execFileSync("tar", ["-xzf", basename(tarball), "-C", modules], { cwd: dirname(tarball) });
  const folder = join(modules, "proofline");
  renameSync(join(modules, "package"), folder);
  for (const name of dependencies) {
    const installed = join(repository, "node_modules", name);
    if (!existsSync(installed)) {
      throw new Error(`${name} is not installed here.`);
    }
    symlinkSync(installed, join(modules, name), "junction");
  }
  return folder;
}
