/** Where things lie below a repository's top. */

/** What speaks for the files beside it. */
export const PROOFLINE_FOLDER = ".proofline";
export const EVIDENCE_FOLDER = `${PROOFLINE_FOLDER}/evidence`;
export const ANCHORS_FOLDER = `${PROOFLINE_FOLDER}/anchors`;
/** Where the repository's ids lie, one file each. */
export const REPOSITORY_FOLDER = `${PROOFLINE_FOLDER}/repository`;
/** What an authority attested. */
export const AUTHORITY_FOLDER = `${PROOFLINE_FOLDER}/authority`;
/** What verifiers found. */
export const RESULTS_FOLDER = `${PROOFLINE_FOLDER}/results`;
/** The models that the repository names. */
export const MODELS_FILE = `${PROOFLINE_FOLDER}/models.json`;
/** A team's rules. */
export const POLICY_FILE = `${PROOFLINE_FOLDER}/policy.json`;
/** Where VS Code keeps a workspace's settings. */
export const EDITOR_SETTINGS_FILE = ".vscode/settings.json";

/** Longer files are not read as texts. */
export const MAX_TEXT_BYTES = 8 * 1024 * 1024;
/** Longer ids, anchors, approvals and results are not read. */
export const MAX_SMALL_FILE_BYTES = 64 * 1024;

/** Files that are read side by side: what waits for the disk waits together, and little is held meanwhile. */
export const FILES_AT_ONCE = 8;
