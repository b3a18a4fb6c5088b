/** The browser that shows the workbench. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserServer, chromium, type LaunchOptions } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge"];

/** The path of a Chromium or a relative of it: `PROOFLINE_CHROMIUM`, else the first one on the PATH. */
export function findBrowser(): string | null {
  const named = process.env.PROOFLINE_CHROMIUM;
  if (named !== undefined && named !== "") {
    return executable(named) ? named : null;
  }
  const folders = (process.env.PATH ?? "").split(delimiter);
  return (
    NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => executable(path)) ??
    null
  );
}

export function launchBrowser(): Promise<Browser> {
  return chromium.launch(launchOptions());
}

/** A browser that other processes can use, by its `wsEndpoint`. */
export function serveBrowser(): Promise<BrowserServer> {
  return chromium.launchServer(launchOptions());
}

export function connectToBrowser(endpoint: string): Promise<Browser> {
  return chromium.connect(endpoint);
}

function launchOptions(): LaunchOptions {
  const executablePath = findBrowser();
  if (executablePath === null) {
    throw new Error("There is no Chromium on the PATH. Install one, or name it in PROOFLINE_CHROMIUM.");
  }
  return {
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  };
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
