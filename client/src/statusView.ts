import { unreachable } from "../../server/src/protocol/caught";
import type { ChainState, DidChangeStatus, ModelState } from "../../server/src/protocol/messages";
import { counted } from "./format";
import type { ServerState } from "./server";
import { visibleNameInEditor } from "./visibleInEditor";

/** What the status bar and the language status show. */
export interface StatusView {
  /** A codicon's name. */
  readonly icon: string;
  /** Completes `Proofline` in the status bar; empty when all is well. */
  readonly word: string;
  /** One or two sentences. */
  readonly detail: string;
  readonly severity: "information" | "warning" | "error";
  readonly busy: boolean;
}

/**
 * One view of everything that can be said, the most pressing first: the server, the model, the document, the chain.
 *
 * @param offReason why the active document gets no suggestions, `null` when it does or none is open
 */
export function statusView(
  server: ServerState,
  status: DidChangeStatus.Parameters | undefined,
  offReason: string | null,
): StatusView {
  switch (server.kind) {
    case "starting":
      return busy("starting", "The language server is starting.");
    case "off":
      return view("circle-slash", "off", `${server.reason} ${server.remedy}`, "warning");
    case "crashed":
      return server.restart.kind === "after"
        ? busy("restarting", `${server.reason} It is being restarted.`)
        : view(
            "error",
            "stopped",
            `${server.reason} It ended ${server.restart.crashes} times within a few minutes. See the log, then run Proofline: Restart.`,
            "error",
          );
    case "running":
      return status === undefined
        ? busy("starting", "The language server is starting.")
        : (modelView(status.model) ?? documentView(offReason) ?? chainView(status.chain, status));
    default:
      return unreachable(server);
  }
}

/** `null` when the model can be asked. */
function modelView(model: ModelState): StatusView | null {
  switch (model.kind) {
    case "loading":
      return busy("loading model", "The model is being checked and loaded.");
    case "failed":
      return view("error", "no model", `${model.reason} ${model.remedy}`, "error");
    case "off":
      return view("circle-slash", "off", model.reason, "information");
    case "ready":
    case "relayed":
      return null;
    default:
      return unreachable(model);
  }
}

function documentView(offReason: string | null): StatusView | null {
  return offReason === null ? null : view("circle-slash", "off here", offReason, "information");
}

const POLICY_WAITS: Readonly<Record<NonNullable<DidChangeStatus.Parameters["proposedPolicy"]>, string>> = {
  new: "This repository has a policy, and its verdicts are unknown until you answer it: run Proofline: Review the Repository's Policy….",
  looser:
    "This repository's policy asks for less than the one that you accepted, and its verdicts are unknown until you answer it: run Proofline: Review the Repository's Policy….",
};

function chainView(
  chain: ChainState,
  { model, pending, proposedModel, proposedChain, proposedPolicy }: DidChangeStatus.Parameters,
): StatusView {
  const ready = sentences(
    model.kind === "ready" ? `Model ${visibleNameInEditor(model.name)} is ready.` : "",
    model.kind === "relayed"
      ? `Model ${visibleNameInEditor(model.name)} is asked through the enclave ${model.enclave} of OpenGradient: code of this repository is sent there.`
      : "",
    model.kind === "ready" ? (model.notice ?? "") : "",
    proposedModel === null
      ? ""
      : `This workspace proposes the model ${visibleNameInEditor(proposedModel)}. To use it, run Proofline: Use the Workspace's Model….`,
    proposedChain === null
      ? ""
      : `This repository proposes a chain for its anchors, ${visibleNameInEditor(proposedChain)}; your own settings count. To look at it, run Proofline: Review the Repository's Chain….`,
    proposedPolicy === null ? "" : POLICY_WAITS[proposedPolicy],
  );
  const waiting = pending === 0 ? "" : `${counted(pending, "suggestion")} not anchored yet.`;
  const word = pending === 0 ? "" : `${pending} pending`;
  switch (chain.kind) {
    case "anchoring":
      return busy("anchoring", `${counted(chain.suggestions, "suggestion")} being anchored.`);
    case "waiting":
      return view(
        "warning",
        `${chain.suggestions} waiting`,
        `${counted(chain.suggestions, "suggestion")} waiting for the chain: ${chain.reason}`,
        "warning",
      );
    case "ready":
      return view(
        "shield",
        word,
        sentences(ready, waiting, `Chain: ${chain.name}${chain.local ? ", on this computer" : ""}.`),
        "information",
      );
    case "idle":
      return view("shield", word, sentences(ready, waiting), "information");
    default:
      return unreachable(chain);
  }
}

function view(icon: string, word: string, detail: string, severity: StatusView["severity"]): StatusView {
  return { icon, word, detail, severity, busy: false };
}

function busy(word: string, detail: string): StatusView {
  return { icon: "loading~spin", word, detail, severity: "information", busy: true };
}

function sentences(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
