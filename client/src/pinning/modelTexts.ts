/** The words that the dialogs about models say. */
import { megabytes as size } from "../../../server/src/protocol/byteCount";
import { unreachable } from "../../../server/src/protocol/caught";
import type {
  ListWorkspaceModels,
  PinModel,
  PlanModel,
  WantedModel,
} from "../../../server/src/protocol/messages";
import { counted } from "../format";

/** The question before a plan is carried out, and the button that agrees to it. */
export function questionFor(
  model: WantedModel,
  { name, toDownload }: PlanModel.Plan,
): { readonly question: string; readonly yes: string } {
  const download = toDownload > 0;
  switch (model.kind) {
    case "folder":
      return { question: `Pin the model in ${model.path} as it is now?`, yes: "Pin" };
    case "huggingface":
      return download
        ? { question: `Download ${size(toDownload)} and pin ${name}?`, yes: "Download and Pin" }
        : { question: `Pin ${name}?`, yes: "Pin" };
    case "workspace":
      return download
        ? { question: `Download ${size(toDownload)} and use ${name} here?`, yes: "Download and Use" }
        : { question: `Use ${name} here?`, yes: "Use" };
    default:
      return unreachable(model);
  }
}

/** The plan, line by line. */
export function describePlan(
  { commit, from, licence, signed, files, size: bytes, toDownload }: PlanModel.Plan,
  trust: PinModel.Parameters["trust"],
): string {
  const here =
    commit === null || toDownload === bytes ? "" : `, of which ${size(bytes - toDownload)} are here already`;
  return [
    ...(commit === null
      ? []
      : [`Repository: ${from}`, `Commit: ${commit.slice(0, 12)}`, `Licence: ${licence ?? "none stated"}`]),
    `Signature: ${signed ? SIGNATURE[trust.kind] : "none"}`,
    "",
    `${counted(files.length, "file")}, ${size(bytes)}${here}:`,
    ...files.map((file) => `${file.path} (${size(file.size)})`),
  ].join("\n");
}

/** What is asked of a signature, by whom the person trusts. */
const SIGNATURE: Readonly<Record<PinModel.Parameters["trust"]["kind"], string>> = {
  none: "present, but who made it is not checked",
  key: "must be made with the key that you chose",
  authorities: "must be made with a certificate from the authority that you chose",
};

/** Words as a sentence: `not signed` becomes `Not signed.` */
export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** What a list says of a model that the workspace names. */
export function modelItem(model: ListWorkspaceModels.Model): {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
} {
  return {
    label: `${model.chosen ? "$(check) " : ""}${model.name}`,
    description: [
      model.installed ? "on this machine" : `not here, ${size(model.size)}`,
      ...(model.proposed ? ["proposed by this workspace"] : []),
    ].join(" · "),
    detail: [model.from, ...(model.signature === null ? [] : [shortened(model.signature)])].join(" · "),
  };
}

/** Fingerprints by both ends: a list has room for one line. */
function shortened(signature: string): string {
  return signature.replace(/\b([0-9a-f]{8})[0-9a-f]{52}([0-9a-f]{4})\b/g, "$1…$2");
}
