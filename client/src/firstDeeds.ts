/** What a person has done once in this window. The walkthrough's steps tick by it. */
import { commands } from "vscode";

export type Deed = "proofline.hasAccepted" | "proofline.hasReadVerdict" | "proofline.hasVerifiedFile";

const done = new Set<Deed>();

/** Sets the deed's context key, the first time. */
export function noteDeed(deed: Deed): void {
  if (!done.has(deed)) {
    done.add(deed);
    void commands.executeCommand("setContext", deed, true);
  }
}
