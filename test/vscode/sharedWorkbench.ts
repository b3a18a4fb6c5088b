import { inject } from "vitest";
import type { UserSettings } from "./userData";
import { Workbench } from "./workbench";

/** The workbench that all files of the suite share, as a person with these settings uses it. */
export function sharedWorkbench(options: UserSettings = {}): Promise<Workbench> {
  return Workbench.join(inject("workbench"), options);
}
