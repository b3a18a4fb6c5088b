import type { RemedyKey } from "../platform/remedy";

/** Remedies that are the same in the editor and on the command line, as sentences. */
export const SHARED_REMEDIES = {
  reportDefect: "This is a defect in Proofline; please report it.",
  closeOthers: "Close other editor windows, let running Proofline commands finish, and try again.",

  nameOwnHome:
    "Put a folder of your own in its place, or name one in PROOFLINE_HOME, by its own path and not through a link.",

  removeBrokenCharacter: "Remove the broken character, or reopen the file with the right encoding.",
  acceptWholeCharacter: "Accept at least one whole character.",
  acceptAgain: "Accept the suggestion again if you want it recorded.",
  nameRevision: "Name a branch, tag or commit that this clone has; in CI, fetch it first.",
  makeRepositoryWritable:
    "Make sure that the folder can be written and that its disk has room. What is pending is sealed then.",
  restoreFile: "Restore the file from version control.",
  askGit: "Ask git for its status in that folder.",
  anchorMoreOften: "Anchor more often, so that fewer suggestions end up in one batch.",
  nameReportFile: "Name a file in a folder that you can write to.",
  installGitAi: "Install git-ai, and see to it that PATH names its folder by its whole path.",
  exportAgain:
    "Have the tool that wrote the record write it again for this repository. Nothing of it was taken over.",
  askGitAi: "Find out what git-ai lacks, then try again. What it was told before stays told.",

  restoreDeviceKey:
    "Restore the device key from a backup. If you delete it instead, this computer starts over as a new device.",
  protectDeviceKey:
    "Delete it to get a new one, or, if nobody else uses this computer, make it readable by you alone (chmod 600).",

  useSupportedModel:
    "Use a model that this version of Proofline supports, or tell whoever publishes the model.",
  exportModel:
    "Export the model to ONNX as a decoder with a key-value cache and dynamic shapes, for example with Optimum or onnxruntime-genai, or choose another model.",
  saveGraphAgain:
    "Load the graph with Python's onnx package and save it again, or export it anew, with its weights inside or beside it. Then pin it.",
  chooseModelSource: "Give the path of a model folder, or a Hugging Face repository as owner/name.",
  chooseKnownFamily: "Choose a code model whose prompt family Proofline knows.",
  checkModelPath: "Check the path of the model folder.",
  restoreModelFolder:
    "Restore the model folder from its source. Nothing is suggested until its files match the pin.",
  makeModelFolderWritable: "Make the model folder writable, or pin a copy of it.",
  restoreModelsFile:
    "Restore .proofline/models.json from version control, or delete it and pin its models again.",
  chooseEnclave: "Choose another enclave, or try again later.",
  askLater: "Ask again later: what was committed counts for an hour, and for a day.",

  distrustModel:
    "Nothing was kept. Ask whoever pinned or publishes the model, and do not use other bytes until you know why they differ.",
  askSigner: "Get the model again from whoever signed it, and check the key or authority with them.",

  checkModelName: "Check the names of the repository and the revision.",
  continueDownload: "Start it again; what has been downloaded is kept.",
  waitForDownload: "Wait until it has finished, or cancel it there.",

  anchorLater: "Anchor again later. If the batch is on the chain by then, it costs nothing more.",
  anchorTomorrow: "Anchor the rest tomorrow. Nothing is lost meanwhile.",
  restorePayments:
    "Restore it from a backup, or remove it if you know what was paid; the limits then leave it out.",
  removeHostSecret: "Delete that file; the chain makes another one, and loses nothing by it.",
  readChainLog: "Read its log, then try again.",
  restoreChain:
    "Restore that folder from a backup, or move it away to begin a new chain. Anchors on the old one then count as made on another computer.",
  useOwnAccount: "Use a separate account for anchoring, or anchor again in a month.",
} as const satisfies Partial<Record<RemedyKey, string>>;

/** Remedies that editor and command line each word for themselves. */
export type AudienceRemedyKey = Exclude<RemedyKey, keyof typeof SHARED_REMEDIES>;
