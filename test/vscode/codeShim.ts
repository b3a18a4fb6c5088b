/** VS Code's own extension tests, run by code-server: what `codeShim.mjs` does. */
import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { launchBrowser } from "./browser";
import { Server } from "./server";
import { scaled } from "./slowness";

const MILLISECONDS = scaled(240_000);

/** Runs the tests that VS Code's arguments name; returns the exit code that VS Code would. */
export async function runInCodeServer(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    options: {
      extensionDevelopmentPath: { type: "string", multiple: true },
      extensionTestsPath: { type: "string" },
      "extensions-dir": { type: "string" },
    },
  });
  const tests = values.extensionTestsPath;
  if (typeof tests !== "string") {
    throw new Error("--extensionTestsPath is missing.");
  }
  const extensions = values.extensionDevelopmentPath;
  const extensionsFolder = values["extensions-dir"];
  const server = await Server.start({
    ...(typeof extensionsFolder === "string" ? { extensionsFolder: resolve(extensionsFolder) } : {}),
    // Without it the page's payload, which names the tests, is ignored without a word.
    args: ["--vscode-option", "enable-smoke-test-driver"],
  });
  try {
    const remote = (path: string) => `${server.url.replace("http:", "vscode-remote:")}${resolve(path)}`;
    const payload = [
      ...(Array.isArray(extensions) ? extensions : []).map((path) => [
        "extensionDevelopmentPath",
        remote(String(path)),
      ]),
      ["extensionTestsPath", remote(moduleFile(tests))],
      ["skipWelcome", "true"],
    ];
    const folder = positionals[0];
    const where = folder === undefined ? "ew=true" : `folder=${encodeURIComponent(resolve(folder))}`;
    return await inBrowser(`${server.url}/?${where}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
  } finally {
    await server.stop();
  }
}

/** Opens the page and waits for its tests' exit code. */
async function inBrowser(url: string): Promise<number> {
  const browser = await launchBrowser();
  let timer: NodeJS.Timeout | undefined;
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultNavigationTimeout(scaled(60_000));
    const exit = new Promise<number>((done) => {
      timer = setTimeout(() => {
        console.error(`The tests in the extension host did not end within ${MILLISECONDS / 1000} s.`);
        done(1);
      }, MILLISECONDS);
      page.on("crash", () => {
        console.error("The page crashed.");
        done(1);
      });
      // VS Code's web workbench reports to these two functions of the page.
      void page
        .exposeFunction("codeAutomationLog", (_type: string, args: readonly unknown[]) =>
          console.log(...args),
        )
        .then(() => page.exposeFunction("codeAutomationExit", (code: number) => done(code)))
        .then(() => page.goto(url));
    });
    return await exit;
  } finally {
    clearTimeout(timer);
    await browser.close();
  }
}

/** A desktop VS Code resolves the path as `require` does; the web workbench wants the file. */
function moduleFile(path: string): string {
  if (existsSync(path)) {
    return statSync(path).isDirectory() ? join(path, "index.js") : path;
  }
  return `${path}.js`;
}
