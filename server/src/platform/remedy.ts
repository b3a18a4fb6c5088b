/**
 * What a person can do about an error. A key names the step and says nothing of how it is taken: see
 * `protocol/sharedRemedies.ts` for the words that fit everybody, `lsp/editorRemedies.ts` and
 * `cli/commandRemedies.ts` for the rest. Particulars such as names and paths stand in the error's reason.
 */
export const REMEDY_KEYS = [
  // Anything
  "tryAgain",
  "reportDefect",
  "reinstall",
  "closeOthers",
  "makeHomeWritable",
  "nameOwnHome",
  // Documents and repositories
  "removeBrokenCharacter",
  "acceptWholeCharacter",
  "acceptAgain",
  "makeRepository",
  "makeRepositoryWritable",
  "nameRevision",
  "restoreFile",
  "anchorMoreOften",
  // The device key
  "restoreDeviceKey",
  "protectDeviceKey",
  // Models
  "restartModel",
  "useSupportedModel",
  "exportModel",
  "saveGraphAgain",
  "chooseModelSource",
  "chooseVariant",
  "chooseKnownFamily",
  "chooseOtherFamily",
  "chooseModelAgain",
  "checkModelPath",
  "restoreModelFolder",
  "pinModelAgain",
  "makeModelFolderWritable",
  "replacePin",
  "pinCopy",
  "restoreModelsFile",
  "pinMissingModel",
  "getModelFolder",
  "distrustModel",
  "askSigner",
  // The hub
  "correctHub",
  "checkHub",
  "checkModelName",
  "setHubToken",
  "continueDownload",
  "waitForDownload",
  "makeRoom",
  // Enclaves
  "chooseEnclave",
  "checkRegistryServers",
  "setWallet",
  "askLater",
  "changeRelay",
  // The chain
  "anchorFirst",
  "anchorLater",
  "restartChain",
  "readChainLog",
  "restoreChain",
  "removeHostSecret",
  "correctChain",
  "changeServer",
  "compareServers",
  "waitForLowerFees",
  "useOwnAccount",
  "fundAccount",
  "anchorTomorrow",
  "confirmPayment",
  "restorePayments",
  "setTransactionKey",
] as const;
export type RemedyKey = (typeof REMEDY_KEYS)[number];
