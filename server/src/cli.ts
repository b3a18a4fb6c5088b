#!/usr/bin/env node
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { AnchorFlags } from "./cli/anchorCommand";
import type { Answer, CommandName } from "./cli/answers";
import type { RegistryFlags } from "./cli/attestationCommand";
import {
  type ApprovalFlags,
  addApprovalFlags,
  addAuthorityFlags,
  type RevocationFlags,
} from "./cli/authority/authorityOptions";
import { addChainFlags, addKeyFlag, type ChainFlags } from "./cli/chainOptions";
import { CommandError } from "./cli/commandError";
import { addEnclaveFlags, type EnclaveFlags } from "./cli/enclaveOptions";
import { EXPORT_FORMATS } from "./cli/exportFormats";
import {
  addFetchFlags,
  addPinFlags,
  addTrustFlags,
  type FetchFlags,
  type PinFlags,
  type TrustFlags,
} from "./cli/modelOptions";
import { bearClosedStreams, type CommandResult, print, printError } from "./cli/output";
import type { Session } from "./cli/session";
import { VERIFY_FORMATS } from "./cli/verifyFormats";
import { AUDIT_FORMATS } from "./protocol/auditFormats";
import { ExecutionProfile } from "./protocol/executionProfile";
import { EXECUTION_PROVIDERS } from "./protocol/executionProvider";
import { DEFAULT_SETTINGS } from "./protocol/settings";
import { versionIn } from "./workflows/version";

const program = new Command("proofline")
  .description("Checkable AI suggestions: which model, which environment, which prompt, which output.")
  .version(versionIn(join(__dirname, "..")), "--version", "show which version this is")
  .helpOption("-h, --help", "show help")
  .exitOverride()
  // What is wrong with a call is printed where every other mistake is: as text, or as JSON.
  .configureOutput({ outputError() {}, ...(process.argv.includes("--json") && { writeErr() {} }) })
  .configureHelp({ showGlobalOptions: true });

/**
 * Adds what every command takes, and runs it with a session. The name says what it answers with: see `ANSWERS`.
 *
 * @param load reads the module that the action needs, once it is called, so that no command waits for another's
 */
function run<Name extends CommandName, Module>(
  _name: Name,
  command: Command,
  load: () => Promise<Module>,
  action: (
    module: Module,
    session: Session,
    flags: Record<string, unknown>,
    args: string[],
  ) => Promise<CommandResult<Answer<Name>> | undefined>,
): void {
  command
    .option("--json", "print JSON")
    .option("--model <directory>", "a model folder with a pin (PROOFLINE_MODEL)")
    .exitOverride()
    .action(async () => {
      const flags = command.opts();
      const json = flags.json === true;
      try {
        const { openSession } = await import("./cli/session");
        const result = await action(await load(), await openSession(flags), flags, command.args);
        if (result !== undefined) {
          print(result, json);
        }
      } catch (error) {
        printError(error, json);
      }
    });
}

const blames = () => import("./cli/blameCommand");
const audits = () => import("./cli/reportCommand");
const trailers = () => import("./cli/trailerCommand");
const checkpoints = () => import("./cli/checkpointCommand");
const importing = () => import("./cli/importCommand");
const exporting = () => import("./cli/exportCommand");
const attestations = () => import("./cli/attestationCommand");
const anchoring = () => import("./cli/anchorCommand");
const authorities = () => import("./cli/authority/authorityCommand");
const authorityLists = () => import("./cli/authority/authorityList");
const pipelines = () => import("./cli/ciCommand");
const chains = () => import("./cli/chainCommand");
const chainReviews = () => import("./cli/chainReviewCommand");
const completions = () => import("./cli/completeCommand");
const evidenceFiles = () => import("./cli/evidenceCommand");
const hooks = () => import("./cli/hooks/hookCommand");
const hookRuns = () => import("./cli/hooks/hookRun");
const models = () => import("./cli/modelCommand");
const acceptances = () => import("./cli/modelAcceptance");
const schemas = () => import("./cli/schemaCommand");
const verdicts = () => import("./cli/verifyCommand");
const policies = () => import("./cli/policyCommand");

const positive = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError("Give a whole number of at least 1.");
  }
  return number;
};

run(
  "complete",
  program
    .command("complete")
    .description("suggest what comes at a place in a file, and accept it with --accept")
    .option("--file <file>", "the file")
    .option("--line <line>", "one-based line", positive)
    .option("--column <column>", "one-based column in UTF-16 units", positive)
    .option("--accept", "insert it into the file and record it")
    .addOption(
      new Option(
        "--batch <file>",
        "JSON lines in (path, prefix, suffix; - is standard input), JSON lines out",
      ),
    )
    .option("--max-tokens <count>", "the longest suggestion", positive, DEFAULT_SETTINGS.maxTokens)
    .addOption(
      new Option("--profile <profile>", "fast, or replayed bit for bit on any machine")
        .choices(ExecutionProfile.options)
        .default(DEFAULT_SETTINGS.executionProfile),
    )
    .addOption(
      new Option("--provider <provider>", "what computes under native/v1, where it can be used")
        .choices(EXECUTION_PROVIDERS)
        .default(DEFAULT_SETTINGS.executionProvider),
    ),
  completions,
  async ({ complete, completeBatch }, session, flags) => {
    const { file, line, column, accept, batch, maxTokens } = flags as {
      file?: string;
      line?: number;
      column?: number;
      accept?: boolean;
      batch?: string;
      maxTokens: number;
    };
    if (batch !== undefined) {
      if (accept === true || file !== undefined || line !== undefined || column !== undefined) {
        throw new CommandError(
          "usage",
          "--batch answers without touching a file, so it goes with none of --file, --line, --column and --accept.",
          "Give --batch alone, or --file, --line and --column.",
        );
      }
      await completeBatch(session, batch, maxTokens);
      return undefined;
    }
    if (file === undefined || line === undefined || column === undefined) {
      throw new CommandError(
        "usage",
        "No place in a file is named.",
        "Give --file, --line and --column, or --batch with a file of JSON lines.",
      );
    }
    return complete(session, { file, line, column, accept: accept === true, maxTokens });
  },
);

run(
  "anchor",
  addKeyFlag(addChainFlags(program.command("anchor")))
    .description("seal and anchor what is pending in this repository, and wait")
    .option("--pay", "agree to the first payment of this account on this chain")
    .option("--everything", "anchor here also what another chain holds already")
    .option("--drop-gone", "give up what was accepted and stands in no saved file any more"),
  anchoring,
  ({ anchor }, session, flags) => anchor(session, flags as AnchorFlags),
);

run(
  "replay",
  addChainFlags(program.command("replay").argument("[ids...]", "suggestion ids; all by default")).description(
    "run the pinned model again and compare",
  ),
  verdicts,
  ({ replay }, session, flags, ids) => replay(session, ids, flags as ChainFlags),
);

run(
  "verify",
  addEnclaveFlags(
    addChainFlags(program.command("verify").argument("[paths...]", "files or folders; all by default")),
  )
    .description("the verdict on every suggestion in this repository")
    .option(
      "--allow-anchored",
      "count suggestions that nobody has replayed, or that were copied from their prompt, as good",
    )
    .option("--no-replay", "do not load the model")
    .option("--base <revision>", "also report evidence that this revision holds and that is missing now")
    .addOption(
      new Option("--format <format>", "as text, or in a form that others read").choices([...VERIFY_FORMATS]),
    ),
  verdicts,
  ({ verify }, session, flags, paths) =>
    verify(session, paths, {
      ...(flags as ChainFlags & EnclaveFlags),
      allowAnchored: flags.allowAnchored === true,
      replay: flags.replay !== false,
      base: typeof flags.base === "string" ? flags.base : null,
      format: VERIFY_FORMATS.find((one) => one === flags.format) ?? "text",
    }),
);

run(
  "ci",
  addEnclaveFlags(addChainFlags(program.command("ci")))
    .description("all that a pipeline does with a change: models, anchors, verdict, reports, signed replays")
    .option(
      "--allow-anchored",
      "count suggestions that nobody has replayed, or that were copied from their prompt, as good",
    )
    .option("--no-replay", "do not load the model")
    .option("--base <revision>", "judge what changed since this revision, by its policy")
    .option(
      "--fetch-model <digest...>",
      "models of models.json to download, which count by their manifest digests",
    )
    .option(
      "--anchor",
      "anchor what is on no chain yet; pays with PROOFLINE_KEY, or the file behind --key-file",
    )
    .option("--key-file <file>", "a file with the private key that pays for anchors")
    .option("--markdown <file>", "write a summary for a pull request")
    .option("--sarif <file>", "write a report for code scanning")
    .option("--junit <file>", "write a report as of tests")
    .option("--json-report <file>", "write what `verify --json` prints")
    .option(
      "--verifier-key-file <file>",
      "sign what was replayed with this key (PROOFLINE_VERIFIER_KEY_FILE, or the key in PROOFLINE_VERIFIER_KEY)",
    )
    .option("--verifier-id <uri>", "who signs, as a URI"),
  pipelines,
  ({ ci }, session, flags) =>
    ci(session, {
      ...(flags as ChainFlags & EnclaveFlags),
      allowAnchored: flags.allowAnchored === true,
      replay: flags.replay !== false,
      base: typeof flags.base === "string" ? flags.base : null,
      fetchModel: Array.isArray(flags.fetchModel) ? flags.fetchModel : [],
      anchor: flags.anchor === true,
      files: {
        ...(typeof flags.markdown === "string" && { markdown: flags.markdown }),
        ...(typeof flags.sarif === "string" && { sarif: flags.sarif }),
        ...(typeof flags.junit === "string" && { junit: flags.junit }),
        ...(typeof flags.jsonReport === "string" && { json: flags.jsonReport }),
      },
      verifierId: typeof flags.verifierId === "string" ? flags.verifierId : null,
      verifierKeyFile: typeof flags.verifierKeyFile === "string" ? flags.verifierKeyFile : null,
    }),
);

run(
  "blame",
  addEnclaveFlags(addChainFlags(program.command("blame").argument("<file>", "one file")))
    .description("each line of a file, with its verdict, model, device and time")
    .option("--no-replay", "do not load the model"),
  blames,
  ({ blame }, session, flags, [file = ""]) =>
    blame(session, file, { ...(flags as ChainFlags & EnclaveFlags), replay: flags.replay !== false }),
);

run(
  "report",
  addEnclaveFlags(
    addChainFlags(program.command("report").argument("[paths...]", "files or folders; all by default")),
  )
    .description(
      "for an auditor: which lines have evidence, of which model, device and time, and what nobody knows",
    )
    .addOption(
      new Option(
        "--format <format>",
        "as a page, a table, JSON or Markdown; by the ending of --output, else Markdown",
      ).choices([...AUDIT_FORMATS]),
    )
    .option("-o, --output <file>", "write it there, in place of what lies there")
    .option(
      "--allow-anchored",
      "count suggestions that nobody has replayed, or that were copied from their prompt, as good",
    )
    .option("--no-replay", "do not load the model")
    .option(
      "--base <revision>",
      "judge what changed since this revision by its rules, and tell what vanished",
    ),
  audits,
  ({ report }, session, flags, paths) =>
    report(session, paths, {
      ...(flags as ChainFlags & EnclaveFlags),
      allowAnchored: flags.allowAnchored === true,
      replay: flags.replay !== false,
      base: typeof flags.base === "string" ? flags.base : null,
      format: AUDIT_FORMATS.find((one) => one === flags.format) ?? null,
      output: typeof flags.output === "string" ? flags.output : null,
      json: flags.json === true,
    }),
);

run(
  "export",
  addEnclaveFlags(
    addChainFlags(program.command("export").argument("[paths...]", "files or folders; all by default")),
  )
    .description("what stands today, in the form of another tool: ranges of lines, or the models behind them")
    .addOption(
      new Option("--format <format>", "a record of Agent Trace, or a bill of materials by CycloneDX")
        .choices([...EXPORT_FORMATS])
        .makeOptionMandatory(),
    )
    .option("-o, --output <file>", "write it there, in place of what lies there")
    .option("--no-replay", "do not load the model"),
  exporting,
  ({ exportAs }, session, flags, paths) =>
    exportAs(session, paths, {
      ...(flags as ChainFlags & EnclaveFlags),
      format: EXPORT_FORMATS.find((one) => one === flags.format) ?? "agent-trace",
      output: typeof flags.output === "string" ? flags.output : null,
      replay: flags.replay !== false,
    }),
);

run(
  "trailer",
  addEnclaveFlags(
    addChainFlags(
      program.command("trailer").argument("[paths...]", "files or folders; whatever is changed by default"),
    ),
  )
    .description(
      "print the lines Assisted-by: AGENT:MODEL for what is changed and not committed; a message is yours to write",
    )
    .option("--staged", "for what is staged, and not for all that is saved")
    .option("--no-replay", "do not load the model"),
  trailers,
  ({ trailer }, session, flags, paths) =>
    trailer(session, paths, {
      ...(flags as ChainFlags & EnclaveFlags),
      staged: flags.staged === true,
      replay: flags.replay !== false,
    }),
);

run(
  "checkpoint",
  addEnclaveFlags(
    addChainFlags(
      program
        .command("checkpoint")
        .argument("[paths...]", "files or folders; whatever is changed by default"),
    ),
  )
    .description("tell git-ai, where it is installed, which uncommitted text accepted suggestions put there")
    .option("--preview", "show what it would be told, and start nothing")
    .option("--no-replay", "do not load the model"),
  checkpoints,
  ({ checkpoint }, session, flags, paths) =>
    checkpoint(session, paths, {
      ...(flags as ChainFlags & EnclaveFlags),
      preview: flags.preview === true,
      replay: flags.replay !== false,
    }),
);

const imports = program
  .command("import")
  .description("what another tool says that it wrote, as statements of this device");
run(
  "import agent-trace",
  imports
    .command("agent-trace")
    .argument("<file>", "a record of Agent Trace")
    .description("state the lines that a record of Agent Trace gives to a model")
    .option("--preview", "show what would be recorded, and record nothing"),
  importing,
  ({ importTrace }, session, flags, [file = ""]) =>
    importTrace(session, file, { preview: flags.preview === true }),
);
run(
  "import git-ai",
  imports
    .command("git-ai")
    .argument("[revision]", "the commit whose note is read", "HEAD")
    .description("state the lines that git-ai's note on a commit gives to agents")
    .option("--preview", "show what would be recorded, and record nothing"),
  importing,
  ({ importGitAi }, session, flags, [revision]) =>
    importGitAi(session, revision ?? "HEAD", { preview: flags.preview === true }),
);

const model = program.command("model").description("models, their pins and their signatures");
run(
  "model digest",
  model
    .command("digest")
    .argument("<directory>")
    .description("sizes and digests of every file of a model folder"),
  models,
  ({ modelDigest }, _session, _flags, [directory = "."]) => modelDigest(directory),
);
run(
  "model check",
  addTrustFlags(
    model.command("check").argument("<model>", "a folder, or the name of an installed model"),
  ).description("compare every byte with the pin, and the signature with the files"),
  models,
  ({ modelCheck }, session, flags, [typed = "."]) => modelCheck(session, typed, flags as TrustFlags),
);
run(
  "model pin",
  addPinFlags(model.command("pin").argument("<source>", "a folder, or owner/name on the hub")).description(
    "pin a model, and write the pin into this repository",
  ),
  models,
  ({ modelPin }, session, flags, [source = "."]) => modelPin(session, source, flags as PinFlags),
);
run(
  "model fetch",
  addFetchFlags(
    model.command("fetch").argument("[name]", "one of the workspace's; the proposed one by default"),
  ).description("download exactly the bytes that this workspace's models.json pins"),
  models,
  ({ modelFetch }, session, flags, [name]) => modelFetch(session, name, flags as FetchFlags),
);
run(
  "model accept",
  model
    .command("accept")
    .argument("[name]", "an installed model, or its manifest digest; the workspace's proposed one by default")
    .description("let a model count for this repository, on this machine; asks unless the digest is whole"),
  acceptances,
  ({ modelAccept }, session, _flags, [name]) => modelAccept(session, name),
);
run(
  "model reject",
  model
    .command("reject")
    .argument("<name>", "an accepted model, or its manifest digest")
    .description("let a model no longer count for this repository"),
  acceptances,
  ({ modelReject }, session, _flags, [name = ""]) => modelReject(session, name),
);
run(
  "model list",
  model.command("list").description("the models here, and those that the workspace names"),
  models,
  ({ modelList }, session) => modelList(session),
);
run(
  "model use",
  model
    .command("use")
    .argument(
      "[name]",
      "an installed model, or the one that comes with Proofline; none: that of the settings",
    )
    .description("choose a model for this repository, on this machine"),
  models,
  ({ modelUse }, session, _flags, [name]) => modelUse(session, name),
);
run(
  "model remove",
  model
    .command("remove")
    .argument("[name]", "an installed model")
    .description("take a model off the disk")
    .option("--partial", "what was left of downloads that were not finished"),
  models,
  ({ modelRemove }, session, flags, [name]) =>
    modelRemove(session, name, { partial: flags.partial === true }),
);

const policy = program.command("policy").description("a team's rules for this repository");
run(
  "policy init",
  addChainFlags(policy.command("init")).description("write a policy to begin with"),
  policies,
  ({ policyInit }, session, flags) => policyInit(session, flags as ChainFlags),
);
run(
  "policy check",
  policy.command("check").description("whether the policy can be read, and which line is wrong"),
  policies,
  ({ policyCheck }) => policyCheck(),
);
run(
  "policy explain",
  policy
    .command("explain")
    .description("the rules in people's words, and which of them count here")
    .option("--base <revision>", "the policy of this revision"),
  policies,
  ({ policyExplain }, session, flags) =>
    policyExplain(session, typeof flags.base === "string" ? flags.base : null),
);
run(
  "policy accept",
  policy
    .command("accept")
    .argument("[digest]", "what `policy explain` shows")
    .description("let the policy count here, on this machine; asks unless the digest is given"),
  policies,
  ({ policyAccept }, session, _flags, [digest]) => policyAccept(session, digest),
);
run(
  "policy decline",
  policy
    .command("decline")
    .description("keep to what you accepted before, or to the built-in rules, until the policy changes"),
  policies,
  ({ policyDecline }, session) => policyDecline(session),
);
run(
  "policy forget",
  policy.command("forget").description("take back what was said of this repository's policy"),
  policies,
  ({ policyForget }, session) => policyForget(session),
);

const chain = program
  .command("chain")
  .description("the chain on this computer, and the one that this repository proposes");
run(
  "chain start",
  chain.command("start").description("run it until `chain stop`"),
  chains,
  ({ chainStart }, session) => chainStart(session),
);
run(
  "chain stop",
  chain.command("stop").description("end it; its state stays"),
  chains,
  ({ chainStop }, session) => chainStop(session),
);
run(
  "chain status",
  chain.command("status").description("whether it runs, and where"),
  chains,
  ({ chainStatus }, session) => chainStatus(session),
);
run(
  "chain show",
  chain.command("show").description("the chain that this repository proposes, and whether it counts"),
  chainReviews,
  ({ chainShow }, session) => chainShow(session),
);
run(
  "chain accept",
  chain
    .command("accept")
    .argument("[digest]", "what `chain show` shows")
    .description("let the proposed chain count here, on this machine; asks unless the digest is given"),
  chainReviews,
  ({ chainAccept }, session, _flags, [digest]) => chainAccept(session, digest),
);
run(
  "chain decline",
  chain.command("decline").description("hear no more of the proposed chain until it changes"),
  chainReviews,
  ({ chainDecline }, session) => chainDecline(session),
);
run(
  "chain forget",
  chain.command("forget").description("take back what was said of this repository's chain"),
  chainReviews,
  ({ chainForget }, session) => chainForget(session),
);

const authority = program
  .command("authority")
  .description("what a team's address approves and revokes onchain");
run(
  "authority approve-model",
  addApprovalFlags(
    authority
      .command("approve-model")
      .argument(
        "[model]",
        "an installed model, or any by its manifest digest; that of this repository by default",
      ),
  ).description("let a model count for everybody who accepted the policy"),
  authorities,
  ({ approveModel }, session, flags, [typed]) => approveModel(session, typed, flags as ApprovalFlags),
);
run(
  "authority enroll-device",
  addApprovalFlags(
    authority.command("enroll-device").argument("[address]", "a device; that of this computer by default"),
  ).description("let what a device signed count"),
  authorities,
  ({ enrollDevice }, session, flags, [typed]) => enrollDevice(session, typed, flags as ApprovalFlags),
);
run(
  "authority approve-environment",
  addApprovalFlags(
    authority
      .command("approve-environment")
      .argument("[digest]", "an environment; that of this computer by default"),
  ).description("let what ran in an environment count"),
  authorities,
  ({ approveEnvironment }, session, flags, [typed]) =>
    approveEnvironment(session, typed, flags as ApprovalFlags),
);
run(
  "authority appoint-verifier",
  addApprovalFlags(
    authority.command("appoint-verifier").argument("<address>", "the address of the verifier's key"),
  ).description("let a verifier's replays count for everybody"),
  authorities,
  ({ appointVerifier }, session, flags, [typed = ""]) =>
    appointVerifier(session, typed, flags as ApprovalFlags),
);
run(
  "authority revoke",
  addAuthorityFlags(
    authority
      .command("revoke")
      .argument("<kind>", "model, device, environment or verifier")
      .argument("<id>", "its digest or address"),
  )
    .description("let something no longer count, for ever: what is anchored from now on")
    .option("--compromised", "nor what was anchored before")
    .option("--since <time>", "compromised since then, so that what was anchored before counts"),
  authorities,
  ({ revoke }, session, flags, args) => revoke(session, args, flags as RevocationFlags),
);
run(
  "authority add",
  addChainFlags(
    authority.command("add").argument("<uid>", "the UID of an attestation that a wallet made"),
  ).description("keep what a wallet attested in this repository, where readers find it"),
  authorities,
  ({ addApproval }, session, flags, [uid = ""]) => addApproval(session, uid, flags as ChainFlags),
);
run(
  "authority list",
  addChainFlags(authority.command("list")).description("what the policy's authority says now"),
  authorityLists,
  ({ authorityList }, session, flags) => authorityList(session, flags as ChainFlags),
);

const evidence = program.command("evidence").description("what the evidence files of this repository say");
run(
  "evidence list",
  evidence.command("list").description("every batch and its suggestions"),
  evidenceFiles,
  ({ evidenceList }, session) => evidenceList(session),
);
run(
  "evidence show",
  evidence
    .command("show")
    .argument("<id>", "a suggestion's id, or its beginning")
    .description("everything about one suggestion"),
  evidenceFiles,
  ({ evidenceShow }, session, _flags, [id = ""]) => evidenceShow(session, id),
);

const hook = program.command("hook").description("the check before each commit of this repository");
run(
  "hook install",
  hook
    .command("install")
    .description("have git refuse accepted lines that fall short, whoever manages its hooks"),
  hooks,
  ({ hookInstall }, session) => hookInstall(session),
);
run(
  "hook remove",
  hook.command("remove").description("take the check out again, and leave all else as it was"),
  hooks,
  ({ hookRemove }) => hookRemove(),
);
run(
  "hook status",
  hook.command("status").description("which hook git starts, and whether the check in it works"),
  hooks,
  ({ hookStatus }) => hookStatus(),
);
run(
  "hook run",
  addEnclaveFlags(addChainFlags(hook.command("run")))
    .description("the check itself: the verdict on what is staged")
    .option(
      "--allow-anchored",
      "count suggestions that nobody has replayed, or that were copied from their prompt, as good",
    )
    .option("--no-replay", "do not load the model"),
  hookRuns,
  ({ hookRun }, session, flags) =>
    hookRun(session, {
      ...(flags as ChainFlags & EnclaveFlags),
      allowAnchored: flags.allowAnchored === true,
      replay: flags.replay !== false,
    }),
);

run(
  "attestation check",
  program
    .command("attestation")
    .description("answers that an enclave signed")
    .command("check")
    .argument("<file>", "a saved answer, as docs/opengradient.md or docs/tdx.md describes it")
    .description("whether an approved enclave signed a saved answer, check by check")
    .option(
      "--rpc-url <url...>",
      "RPC servers of OpenGradient's chain, each as an address or Operator=address",
    )
    .option("--registry <address>", "another registry than OpenGradient's own")
    .option("--registry-chain <id>", "the chain that it is on", positive)
    .option("--relay <address>", "the contract that tells of settlements on that chain"),
  attestations,
  ({ attestationCheck }, _session, flags, [file = ""]) => attestationCheck(file, flags as RegistryFlags),
);

run(
  "schema",
  program
    .command("schema")
    .argument("[command...]", "the words of a command, or failure; all by default")
    .description("the JSON Schemas of what --json prints"),
  schemas,
  ({ schema }, _session, _flags, words) => schema(words),
);

bearClosedStreams();
program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError && error.exitCode === 0)) {
    printError(error, process.argv.includes("--json"));
  }
});
