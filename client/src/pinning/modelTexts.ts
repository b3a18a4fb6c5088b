/** The words that the dialogs about models say. */
import { megabytes as size } from "../../../server/src/protocol/byteCount";
import { unreachable } from "../../../server/src/protocol/caught";
import type {
  ListWorkspaceModels,
  PinModel,
  PlanModel,
  WantedModel,
} from "../../../server/src/protocol/messages";
import type { ListChoice } from "../dialogs";
import { counted } from "../format";
import { visibleNameInEditor, visibleValue } from "../visibleInEditor";

/** The longest name or licence, in UTF-16 code units: what a hub states fits into the line that names it. */
const STATED_LIMIT = 80;

/** The question before a plan is carried out, and the button that agrees to it. */
export function questionFor(
  model: WantedModel,
  plan: PlanModel.Plan,
): { readonly question: string; readonly yes: string } {
  const { toDownload } = plan;
  const download = toDownload > 0;
  const name = visibleNameInEditor(plan.name);
  switch (model.kind) {
    case "folder":
      return { question: `Pin the model in ${visibleValue(model.path)} as it is now?`, yes: "Pin" };
    case "huggingface":
      return download
        ? { question: `Download ${size(toDownload)} and pin ${name}?`, yes: "Download and Pin" }
        : { question: `Pin ${name}?`, yes: "Pin" };
    case "workspace":
      return download
        ? {
            question: `Download ${size(toDownload)}, accept ${name} and use it here?`,
            yes: "Download and Use",
          }
        : { question: `Accept ${name} and use it here?`, yes: "Use" };
    default:
      return unreachable(model);
  }
}

/**
 * The plan, line by line. What a hub or a repository states is a value within a line, and can begin none: the lines
 * are what a person consents to.
 */
export function describePlan(
  {
    name,
    commit,
    from,
    licence,
    signed,
    manifestDigest,
    known,
    namesakes,
    displaced,
    files,
    ...sizes
  }: PlanModel.Plan,
  trust: PinModel.Parameters["trust"],
): string[] {
  const { size: bytes, toDownload } = sizes;
  const here =
    commit === null || toDownload === bytes ? "" : `, of which ${size(bytes - toDownload)} are here already`;
  return [
    ...(commit === null
      ? [`Name: ${visibleValue(name, STATED_LIMIT)}${known === null ? "" : KNOWN[known]}`]
      : [
          `Repository: ${visibleValue(from)}`,
          `Commit: ${visibleValue(commit.slice(0, 12))}`,
          `Licence: ${licence === null ? "none stated" : visibleValue(licence, STATED_LIMIT)}`,
        ]),
    `Signature: ${signed ? SIGNATURE[trust.kind] : "none"}`,
    ...(manifestDigest === null ? [] : [`Manifest digest: ${manifestDigest}`]),
    ...warningsAbout(name, namesakes),
    ...(displaced === null
      ? []
      : [
          `Proposal: the workspace proposes ${visibleNameInEditor(displaced)} now, and then ${visibleNameInEditor(name)}`,
        ]),
    "",
    `${counted(files.length, "file")}, ${size(bytes)}${here}:`,
    ...files.map((file) => `${visibleValue(file.path)} (${size(file.size)})`),
  ];
}

/** Why a folder gets the name that it gets. */
const KNOWN: Readonly<Record<NonNullable<PlanModel.Plan["known"]>, string>> = {
  workspace: ", as the workspace calls these very files",
  folder: ", as its pin.json has it for these very files",
};

/** The question whether an installed model counts in a workspace, or no longer. */
export function questionAbout({ name, accepted }: ListWorkspaceModels.Model): string {
  const shown = visibleNameInEditor(name);
  return accepted
    ? `${shown} is accepted in this workspace. Accept it no longer?`
    : `Accept ${shown} in this workspace?`;
}

/** What a person is shown of an installed model with that question. */
export function describeModel(model: ListWorkspaceModels.Model): string[] {
  const { name, from, signature, manifestDigest, namesakes, accepted } = model;
  return [
    `Model: ${visibleValue(name, STATED_LIMIT)}`,
    `Source: ${visibleValue(from)}`,
    `Signature: ${visibleValue(signature ?? "not known")}`,
    `Manifest digest: ${manifestDigest}`,
    ...warningsAbout(name, namesakes),
    ...(accepted ? [] : ["", "Suggestions that it made can then be verified here, on this machine."]),
  ];
}

/** A name that is taken here is no name to know a model by. */
function warningsAbout(name: string, namesakes: readonly string[]): string[] {
  return namesakes.map(
    (digest) =>
      `Beware: the model ${visibleNameInEditor(name)} that is installed here is another one, ${digest}.`,
  );
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
export function modelItem(model: ListWorkspaceModels.Model): Omit<ListChoice<unknown>, "value"> {
  return {
    ...(model.chosen && { icon: "check" }),
    label: visibleValue(model.name, STATED_LIMIT),
    description: [
      model.installed ? "on this machine" : `not here, ${size(model.size)}`,
      ...(model.proposed ? ["proposed by this workspace"] : []),
      ...(model.accepted ? ["accepted here"] : []),
      ...(model.namesakes.length > 0 ? ["another model of this name is installed"] : []),
    ].join(" · "),
    detail: [model.from, ...(model.signature === null ? [] : [shortened(model.signature)])]
      .map((stated) => visibleValue(stated))
      .join(" · "),
  };
}

/** Fingerprints by both ends: a list has room for one line. */
function shortened(signature: string): string {
  return signature.replace(/\b([0-9a-f]{8})[0-9a-f]{52}([0-9a-f]{4})\b/g, "$1…$2");
}
