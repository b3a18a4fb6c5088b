import { openChain } from "../chain/chainReader";
import { readJournals } from "../evidence/journal/journal";
import { POLICY_FILE } from "../evidence/repository/places";
import type { Repository, RepositoryFiles } from "../evidence/repository/repository";
import { utc } from "../platform/utc";
import type { Report } from "../policy/report";
import { unsignedResults, verifierReplays } from "../policy/verifierReplays";
import type { EnclaveOutcome, ReplayOutcome } from "../policy/verifyParameters";
import { policyWithAuthority } from "../workflows/authority/policyWithAuthority";
import { checkEnclaves } from "../workflows/checkEnclaves";
import { enclaveClaims } from "../workflows/enclaveClaims";
import { GrammarQuestions } from "../workflows/grammarQuestions";
import { lookAround } from "../workflows/knownHere";
import type { RepositoryContents } from "../workflows/readRepository";
import {
  policyProblems,
  RepositoryPolicies,
  type RepositoryRules,
  rulesAt,
} from "../workflows/repositoryPolicies";
import { batchRootsOf, unwrittenIn } from "../workflows/unwritten";
import {
  about,
  isIn,
  pathsOf,
  portionsOf,
  replayables,
  verifyRepository,
  type WantedPaths,
} from "../workflows/verify";
import type { ChainFlags } from "./chainOptions";
import { type EnclaveFlags, enclaveRegistryIn } from "./enclaveOptions";
import { namedPaths } from "./namedPaths";
import { note } from "./output";
import { type Replayed, type ReplayOptions, Replays } from "./replays";
import { modelPlacesOf, type Session } from "./session";
import { withWorkspace } from "./workspace";

export interface ReportOptions extends ReplayOptions {
  /** What was typed of files and folders; everything is wanted where nothing was. */
  readonly paths?: readonly string[];
  readonly base: string | null;
  /** The revision whose policy counts, and not what this machine's person accepted. */
  readonly policyOf?: string | null;
  /** What is judged in place of the saved files, and which files of it. */
  readonly staged?: { readonly files: RepositoryFiles; readonly wanted: WantedPaths };
}

export interface RepositoryReport {
  readonly report: Report;
  readonly wanted: WantedPaths;
  readonly contents: RepositoryContents;
  readonly replayed: readonly Replayed[];
  /** Replays by claim. */
  readonly outcomes: ReadonlyMap<string, ReplayOutcome>;
  readonly repository: Repository;
  /** The address of this computer's own device; `WITHOUT_KEY` before it has one. */
  readonly device: string;
  readonly rules: RepositoryRules;
}

/** The verdicts on the repository that a command was called in, over what is saved unless something else is to be judged. */
export async function reportOf(
  session: Session,
  flags: ChainFlags & EnclaveFlags,
  options: ReportOptions,
): Promise<RepositoryReport> {
  return withWorkspace(session, flags, async (workspace) => {
    const { repository } = workspace;
    const files = options.staged?.files ?? repository;
    const contents = await workspace.contents(files);
    const journals = await readJournals(session.home);
    const journal = journals.pending.filter(
      ({ repository: repositoryPath }) => repositoryPath === repository.folder,
    );
    const unwritten = unwrittenIn(repository.folder, new Set(batchRootsOf(contents)), {
      unanchored: journals.unanchored,
      find: (id) => journals.suggestions.get(id),
    });
    const open = [...journal, ...unwritten];
    const wanted = options.staged?.wanted ?? (await namedPaths(repository.folder, options.paths ?? []));
    const everywhere = pathsOf(contents, open);
    const paths = wanted.length === 0 ? everywhere : new Set([...everywhere].filter(isIn(wanted)));
    const rules = await rulesOf(session, repository, options.policyOf ?? null);
    const identity = { folder: repository.folder, ids: contents.repositoryIds };
    const known = await lookAround(session.home, modelPlacesOf(session), identity, rules);
    known.problems.forEach(note);
    const replays = new Replays(session, known.pins, options);
    const enclaves = new Map<string, EnclaveOutcome>();
    const registry = enclaveRegistryIn(flags);
    for (const portion of portionsOf(contents, paths)) {
      const isIn = ({ path }: { readonly path: string }): boolean => portion.has(path);
      const here = about(contents, portion);
      await replays.complete(replayables(here, open, isIn));
      const unknown = enclaveClaims(here, isIn).filter(({ claim }) => !enclaves.has(claim));
      for await (const [claim, outcome] of checkEnclaves(unknown, workspace.grammarThread, registry)) {
        enclaves.set(claim, outcome);
      }
    }
    const base = options.base === null ? null : await workspace.base(options.base, files);
    const chain = openChain(workspace.chain, { start: false, proofs: workspace.proofs });
    try {
      const { policy, reading } = await policyWithAuthority({
        policy: known.policy,
        file: rules.file,
        // Whoever was approved on the base since a branch left it need not wait for a rebase.
        contents: { ...contents, approvals: [...contents.approvals, ...(base?.approvals ?? [])] },
        chain,
        home: session.home,
      });
      if (reading?.kind === "read" && reading.isRemembered) {
        note(
          `No server could be asked what the authority says; what it said by ${utc(reading.time)} counts.`,
        );
      }
      const report = await verifyRepository({
        repository: files,
        contents,
        journal,
        unwritten,
        device: known.device,
        policy,
        chain,
        grammars: new GrammarQuestions(workspace.grammarThread),
        base,
        replays: replays.outcomes,
        verifierReplays: verifierReplays(contents.results, policy.verifiers),
        enclaves,
        ...(wanted.length > 0 && { wanted }),
      });
      return {
        report: {
          ...report,
          files: [
            ...report.files,
            ...policyProblems(rules),
            // What is not judged would hide it else.
            ...(reading?.kind === "unread" ? [{ path: POLICY_FILE, problem: reading.reason }] : []),
            ...unsignedResults(contents.results, policy.verifiers),
          ],
        },
        ...{ wanted, contents, replayed: replays.replayed, outcomes: replays.outcomes },
        ...{ repository, device: known.device, rules },
      };
    } finally {
      await chain.close();
    }
  });
}

/** The rules of a base, which whoever protects it has decided on, or those that this machine's person accepted. */
async function rulesOf(
  { home }: Session,
  repository: Repository,
  base: string | null,
): Promise<RepositoryRules> {
  if (base !== null) {
    return rulesAt(repository, base);
  }
  const rules = await new RepositoryPolicies(home).of(repository);
  if (rules.proposal !== null) {
    note(
      "`proofline policy explain` shows this repository's policy, and `proofline policy accept` accepts it.",
    );
  }
  return rules;
}
