import { unreachable } from "../../server/src/protocol/caught";
import type { DidChangeStatus, ModelState } from "../../server/src/protocol/messages";
import { counted } from "./format";
import type { ServerState } from "./server";

/** What a line of the menu does. */
export type MenuAction =
  | { readonly kind: "command"; readonly command: string; readonly parameters?: readonly unknown[] }
  | { readonly kind: "language"; readonly language: string; readonly wanted: boolean }
  | { readonly kind: "automatic"; readonly wanted: boolean }
  | { readonly kind: "snooze"; readonly minutes: number | null };

export interface MenuChoice {
  /** A codicon's name. */
  readonly icon: string;
  readonly label: string;
  readonly description: string;
  readonly action: MenuAction;
}

/** What the menu is about: the window as it is now. */
export interface MenuState {
  readonly server: ServerState["kind"];
  readonly status: DidChangeStatus.Parameters | undefined;
  readonly enabled: boolean;
  readonly automatic: boolean;
  readonly isSnoozed: boolean;
  /** The active document's language; `null` where none is open. */
  readonly language: string | null;
  /** Why nothing is offered there on its own; `null` where something is. */
  readonly whyNoOffer: string | null;
  /** Why nothing came when the editor asked last; `null` where something did. */
  readonly silence: string | null;
}

export const SNOOZE_MINUTES = 10;

/** The lines of the menu, those about this place first. */
export function menuChoices(state: MenuState): readonly MenuChoice[] {
  return [
    ...aboutNothing(state),
    ...aboutOffers(state),
    ...aboutEvidence(state),
    command("info", "Get started", "The walkthrough", "workbench.action.openWalkthrough", [
      "proofline.proofline#start",
    ]),
    command("gear", "Settings", "", "workbench.action.openSettings", ["@ext:proofline.proofline"]),
    command("output", "Log", "", "proofline.showLog"),
    command("debug-restart", "Restart the language server", "", "proofline.restart"),
  ];
}

function aboutNothing({ whyNoOffer, silence, language }: MenuState): readonly MenuChoice[] {
  const why = whyNoOffer ?? silence;
  return why === null || language === null
    ? []
    : [command("question", "Why nothing here?", why, "editor.action.inlineSuggest.trigger")];
}

function aboutOffers({
  enabled,
  automatic,
  isSnoozed,
  language,
  whyNoOffer,
}: MenuState): readonly MenuChoice[] {
  if (!enabled) {
    return [command("play", "Turn suggestions on", "", "proofline.toggle")];
  }
  const isOn = whyNoOffer === null;
  return [
    ...(language === null
      ? []
      : [
          {
            icon: isOn ? "circle-slash" : "play",
            label: `Turn suggestions ${isOn ? "off" : "on"} for ${language}`,
            description: "",
            action: { kind: "language", language, wanted: !isOn } as const,
          },
        ]),
    isSnoozed
      ? choice("bell", "End the snooze", "", { kind: "snooze", minutes: null })
      : choice("bell-slash", `Snooze for ${SNOOZE_MINUTES} minutes`, "", {
          kind: "snooze",
          minutes: SNOOZE_MINUTES,
        }),
    automatic
      ? choice("debug-pause", "Only when I ask", "No suggestions while typing", {
          kind: "automatic",
          wanted: false,
        })
      : choice("zap", "Suggest while I type", "", { kind: "automatic", wanted: true }),
    command("circle-slash", "Turn suggestions off", "Badges stay", "proofline.toggle"),
  ];
}

function aboutEvidence({ server, status }: MenuState): readonly MenuChoice[] {
  if (server !== "running" || status === undefined) {
    return [];
  }
  const { model, chain, pending, proposedModel, proposedChain, proposedPolicy } = status;
  return [
    ...(pending === 0
      ? []
      : [
          command(
            "cloud-upload",
            "Anchor now",
            `${counted(pending, "suggestion")} pending`,
            "proofline.anchorNow",
          ),
        ]),
    ...aboutModel(model),
    ...(proposedModel === null
      ? []
      : [command("repo", "Use the workspace's model…", proposedModel, "proofline.useWorkspaceModel")]),
    command(
      "link",
      "Chain",
      chain.kind === "ready" ? `${chain.name}${chain.local ? ", on this computer: a rehearsal" : ""}` : "",
      "workbench.action.openSettings",
      ["proofline.chain"],
    ),
    ...(proposedChain === null
      ? []
      : [command("repo", "Review the repository's chain…", proposedChain, "proofline.reviewChain")]),
    ...(proposedPolicy === null
      ? []
      : [
          command(
            "law",
            "Review the repository's policy…",
            "Verdicts are unknown until you answer",
            "proofline.reviewPolicy",
          ),
        ]),
  ];
}

function aboutModel(model: ModelState): readonly MenuChoice[] {
  const elsewhere = command(
    "cloud",
    "Use OpenGradient here…",
    "Sends code away",
    "proofline.useOpenGradient",
  );
  const here = (what: string): readonly MenuChoice[] => [
    command("chip", "Model", what, "proofline.pinModel"),
    elsewhere,
  ];
  switch (model.kind) {
    case "ready":
      return here(model.name);
    case "loading":
      return here("loading");
    case "failed":
    case "off":
      return here(model.reason);
    case "relayed":
      return [
        command(
          "cloud",
          "Model",
          `${model.name}, through an enclave; settlement ${model.settlement}`,
          "proofline.useOpenGradient",
        ),
        command(
          "credit-card",
          "Set OpenGradient wallet…",
          `${model.committed ?? "Nothing"} committed within 24 hours`,
          "proofline.setOpenGradientWallet",
        ),
        command("chip", "Use the local model here", "Sends nothing away", "proofline.useLocalModel"),
      ];
    default:
      return unreachable(model);
  }
}

function choice(icon: string, label: string, description: string, action: MenuAction): MenuChoice {
  return { icon, label, description, action };
}

function command(
  icon: string,
  label: string,
  description: string,
  id: string,
  parameters: readonly unknown[] = [],
): MenuChoice {
  return choice(icon, label, description, { kind: "command", command: id, parameters });
}
