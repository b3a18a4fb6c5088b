/** What every test file of the vscode suite shares: made once by `test/run.mjs`, handed on by variables. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { installCodeServer } from "./codeServer";
import { installExtension } from "./server";
import { newestPackage } from "./workbench";

/** Packages the extension and installs it into an empty extensions folder below `scratch`. */
export async function prepareWorkbench(scratch: string): Promise<Record<string, string>> {
  await installCodeServer(console.log);
  const root = join(import.meta.dirname, "..", "..");
  execFileSync("npm", ["run", "--silent", "package"], { cwd: root, stdio: "inherit" });
  const vsix = newestPackage();
  const extensions = join(scratch, "extensions");
  await installExtension(vsix, extensions);
  return { PROOFLINE_VSIX: vsix, PROOFLINE_TEST_EXTENSIONS: extensions };
}
