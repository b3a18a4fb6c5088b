/** The command table: every command that a person can run, or that the extension runs for itself. */

export interface CommandEntry {
  /** Its title's key in `package.nls.json`; `null` for a command that nobody runs by name. */
  readonly title: string | null;
  /** `works`: it does not need the server. `saysWhy`: it tells the person why the server does not run. */
  readonly whileStopped: "works" | "saysWhy";
}

export const COMMANDS = {
  "proofline.menu": { title: "command.menu", whileStopped: "works" },
  "proofline.toggle": { title: "command.toggle", whileStopped: "works" },
  "proofline.restart": { title: "command.restart", whileStopped: "works" },
  "proofline.showLog": { title: "command.showLog", whileStopped: "works" },
  "proofline.anchorNow": { title: "command.anchorNow", whileStopped: "saysWhy" },
  "proofline.replay": { title: "command.replay", whileStopped: "saysWhy" },
  "proofline.verifyFile": { title: "command.verifyFile", whileStopped: "saysWhy" },
  "proofline.verifyAll": { title: "command.verifyAll", whileStopped: "saysWhy" },
  "proofline.exportReport": { title: "command.exportReport", whileStopped: "saysWhy" },
  "proofline.replayAll": { title: "command.replayAll", whileStopped: "saysWhy" },
  "proofline.groupSuggestions": { title: "command.groupSuggestions", whileStopped: "works" },
  "proofline.filterSuggestions": { title: "command.filterSuggestions", whileStopped: "works" },
  "proofline.showVerdict": { title: "command.showVerdict", whileStopped: "saysWhy" },
  "proofline.openVerdict": { title: "command.openVerdict", whileStopped: "saysWhy" },
  "proofline.blameFile": { title: "command.blameFile", whileStopped: "saysWhy" },
  "proofline.openEvidence": { title: "command.openEvidence", whileStopped: "saysWhy" },
  "proofline.nextBlock": { title: "command.nextBlock", whileStopped: "saysWhy" },
  "proofline.previousBlock": { title: "command.previousBlock", whileStopped: "saysWhy" },
  "proofline.setTransactionKey": { title: "command.setTransactionKey", whileStopped: "works" },
  "proofline.clearTransactionKey": { title: "command.clearTransactionKey", whileStopped: "works" },
  "proofline.pinModel": { title: "command.pinModel", whileStopped: "saysWhy" },
  "proofline.useWorkspaceModel": { title: "command.useWorkspaceModel", whileStopped: "saysWhy" },
  "proofline.acceptModel": { title: "command.acceptModel", whileStopped: "saysWhy" },
  "proofline.reviewChain": { title: "command.reviewChain", whileStopped: "saysWhy" },
  "proofline.reviewPolicy": { title: "command.reviewPolicy", whileStopped: "saysWhy" },
  "proofline.useOpenGradient": { title: "command.useOpenGradient", whileStopped: "saysWhy" },
  "proofline.useLocalModel": { title: "command.useLocalModel", whileStopped: "saysWhy" },
  "proofline.setOpenGradientWallet": { title: "command.setOpenGradientWallet", whileStopped: "works" },
  "proofline.clearOpenGradientWallet": { title: "command.clearOpenGradientWallet", whileStopped: "works" },
  "proofline.setHubToken": { title: "command.setHubToken", whileStopped: "works" },
  "proofline.clearHubToken": { title: "command.clearHubToken", whileStopped: "works" },
  /** Comes with every suggestion; VS Code runs it after a whole acceptance. */
  "proofline.didAcceptSuggestion": { title: null, whileStopped: "works" },
  /** Runs with Escape, after the built-in command that hides ghost text. */
  "proofline.didDismiss": { title: null, whileStopped: "works" },
} as const satisfies Readonly<Record<`proofline.${string}`, CommandEntry>>;

export type CommandId = keyof typeof COMMANDS;
