/**
 * Every message between client and server that the Language Server Protocol does not define, by what it is about. Both
 * sides import it; nothing else names a method.
 *
 * Each by its name: what runs from source without a bundle (`npm run screenshots`, `npm run bench`) does not find names
 * that only a star exports.
 */
export { AnswerChain, ForgetChain, ReviewChain } from "./messages/chainMessages";
export { ListEnclaves, ReviewEnclave, UseEnclave, UseLocalModel } from "./messages/enclaveMessages";
export {
  AcceptModel,
  ChooseModel,
  DidAdvanceDownload,
  ListWorkspaceModels,
  PinModel,
  PlanModel,
  WantedModel,
} from "./messages/modelMessages";
export { AnswerPolicy, ForgetPolicy, ReviewPolicy } from "./messages/policyMessages";
export {
  ConfirmPayment,
  GetHubToken,
  GetOpenGradientKey,
  GetTransactionKey,
} from "./messages/secretMessages";
export {
  ChainState,
  DidChangeSettings,
  DidChangeStatus,
  InitializationOptions,
  ModelState,
  RestartEngine,
} from "./messages/serverMessages";
export {
  ACCEPTED_COMMAND,
  AcceptSuggestion,
  DidAdvanceSuggestion,
  DidChangeOffers,
  DidDismissSuggestions,
  DidLoadModel,
  DidRestCursor,
  DidSuggestNothing,
  DidUndoOrRedo,
  GetDocumentState,
} from "./messages/suggestionMessages";
export {
  AnchorNow,
  DidAdvanceReplays,
  DidChangeFileVerdicts,
  DidChangeVerdicts,
  ExportReport,
  GetBlame,
  GetVerdict,
  GetVerdictDocument,
  type ListedRepository,
  type ListedSuggestion,
  ListSuggestions,
  LocateEvidence,
  ReplayAll,
  ReplayNow,
  ShownVerdict,
  VerifyFile,
} from "./messages/verdictMessages";
