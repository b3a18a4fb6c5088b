/** What all files of the suite share: one code-server, one browser, and how slow the machine is. */
import type { TestProject } from "vitest/node";
import { serveBrowser } from "./browser";
import { Server } from "./server";
import { measureSlowness, rememberSlowness } from "./slowness";
import { packagedExtension, type RunningWorkbench, Workbench } from "./workbench";

declare module "vitest" {
  interface ProvidedContext {
    workbench: RunningWorkbench;
    slowness: number;
  }
}

/** Nothing is known of the machine before the first window; this is for the slowest. */
const UNMEASURED = 20;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  rememberSlowness(UNMEASURED);
  const server = await Server.start({ extensionsFolder: await packagedExtension() });
  const browser = await serveBrowser();
  const running = { url: server.url, root: server.root, browser: browser.wsEndpoint() };
  const slowness = await measureSlowness(async () => {
    const workbench = await Workbench.join(running);
    await (await workbench.open()).close();
    await workbench.stop();
  });
  console.log(`Deadlines are ${slowness.toFixed(1)} times those of a machine with nothing else to do.`);
  project.provide("workbench", running);
  project.provide("slowness", slowness);
  return async () => {
    await browser.close();
    await server.stop();
  };
}
