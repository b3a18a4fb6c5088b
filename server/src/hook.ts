/**
 * Entry of the check before each commit, as `proofline hook install` has git start it: it ends at once where a commit has nothing
 * to judge, which is most of them, and is `proofline hook run` otherwise. So it reads little before it knows.
 */
import { hasNothingToJudge } from "./workflows/stagedEvidence";

hasNothingToJudge(process.cwd()).then((nothing) => (nothing ? undefined : import("./cli")));
