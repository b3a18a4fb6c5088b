import { fileURLToPath } from "node:url";
import * as z from "zod";
import { unreachable } from "../../platform/errors";
import { REVISION_SCHEMES, type RevisionScheme } from "../../protocol/revisionSchemes";
import { visibleText } from "../../protocol/visibleText";

/** A file as it is elsewhere than on the disk: in git's index, in a commit, in a pull request. */
export interface Revision {
  /** The absolute path of the file that it is a version of. */
  readonly file: string;
  /** Which version, as a phrase that follows *the file*: `as of the commit 1a2b3c4d`. */
  readonly which: string;
}

const GitQuery = z.object({ path: z.string().min(1), ref: z.string(), submoduleOf: z.string().optional() });
const ReviewQuery = z.object({ commit: z.string() });
const PullRequestQuery = z.object({ baseCommit: z.string(), headCommit: z.string(), isBase: z.boolean() });

/** Whether a document's scheme says that it is such a version. */
export function isRevisionScheme(scheme: string): scheme is RevisionScheme {
  return REVISION_SCHEMES.some((one) => one === scheme);
}

/**
 * Which version of which file a document's URI names; `null` where that cannot be told, or where nobody looks at it: to
 * mark changed lines beside a file, VS Code opens a copy of it under another ending.
 */
export function revisionOf(uri: string): Revision | null {
  try {
    const { protocol, pathname, search } = new URL(uri);
    const scheme = protocol.slice(0, -1);
    if (!isRevisionScheme(scheme) || pathname.endsWith(".git")) {
      return null;
    }
    const query: unknown = JSON.parse(decodeURIComponent(search.slice(1)));
    const path = (): string => fileURLToPath(`file://${pathname}`);
    switch (scheme) {
      case "git": {
        const { path: file, ref, submoduleOf } = GitQuery.parse(query);
        return submoduleOf === undefined ? { file, which: whichInGit(ref) } : null;
      }
      case "review":
        return { file: path(), which: ofCommit(ReviewQuery.parse(query).commit) };
      case "pr": {
        const { baseCommit, headCommit, isBase } = PullRequestQuery.parse(query);
        return { file: path(), which: ofCommit(isBase ? baseCommit : headCommit) };
      }
      default:
        return unreachable(scheme);
    }
  } catch {
    return null;
  }
}

/** What VS Code's references mean. */
function whichInGit(ref: string): string {
  switch (ref) {
    case "":
      return "as staged";
    case "~":
      return "as staged or last committed";
    case "~1":
    case "~2":
    case "~3":
      return "as one side of the merge has it";
    case "HEAD":
      return "as last committed";
    default:
      return ofCommit(ref);
  }
}

function ofCommit(ref: string): string {
  return /^[0-9a-f]{12,64}$/.test(ref)
    ? `as of the commit ${ref.slice(0, 8)}`
    : `as of ${visibleText(ref, 80)}`;
}
