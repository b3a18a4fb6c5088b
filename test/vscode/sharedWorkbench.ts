import { join } from "node:path";
import { inject } from "vitest";
import { removeFolder } from "../support/removeFolder";
import { homeIn } from "./server";
import type { UserSettings } from "./userData";
import { Workbench } from "./workbench";

/**
 * The workbench that all files of the suite share, as a person with these settings uses it. What another file left
 * pending, in folders that are gone, would be a problem that *Anchor Now* reports here.
 */
export function sharedWorkbench(options: UserSettings = {}): Promise<Workbench> {
  const running = inject("workbench");
  removeFolder(join(homeIn(running.root), "journal"));
  return Workbench.join(running, options);
}
