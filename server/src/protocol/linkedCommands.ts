/** Commands that a hover or a tooltip may link to; everything else in their text is inert. */
export const LINKED_COMMANDS = [
  "proofline.showVerdict",
  "proofline.openVerdict",
  "proofline.openEvidence",
  "proofline.anchorNow",
  "proofline.replay",
  "proofline.useWorkspaceModel",
  "proofline.reviewChain",
  "proofline.restart",
  "proofline.showLog",
] as const;
export type LinkedCommand = (typeof LINKED_COMMANDS)[number];
