#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { anchor } from "./cli/anchorCommand";
import type { Answer, CommandName } from "./cli/answers";
import { chainStart, chainStatus, chainStop } from "./cli/chainCommand";
import { addChainFlags, addKeyFlag, type ChainFlags } from "./cli/chainOptions";
import { CommandError } from "./cli/commandError";
import { complete, completeBatch } from "./cli/completeCommand";
import { evidenceList, evidenceShow } from "./cli/evidenceCommand";
import { modelAccept, modelReject } from "./cli/modelAcceptance";
import {
  modelCheck,
  modelDigest,
  modelFetch,
  modelList,
  modelPin,
  modelRemove,
  modelUse,
} from "./cli/modelCommand";
import {
  addFetchFlags,
  addPinFlags,
  addTrustFlags,
  type FetchFlags,
  type PinFlags,
  type TrustFlags,
} from "./cli/modelOptions";
import { type CommandResult, print, printError } from "./cli/output";
import { schema } from "./cli/schemaCommand";
import { openSession, type Session } from "./cli/session";
import { replay, verify } from "./cli/verifyCommand";
import { ExecutionProfile } from "./protocol/executionProfile";
import { EXECUTION_PROVIDERS } from "./protocol/executionProvider";
import { DEFAULT_SETTINGS } from "./protocol/settings";

const program = new Command("proofline")
  .description("Checkable AI suggestions: which model, which environment, which prompt, which output.")
  .helpOption("-h, --help", "show help")
  .exitOverride()
  // What is wrong with a call is printed where every other mistake is: as text, or as JSON.
  .configureOutput({ outputError() {}, ...(process.argv.includes("--json") && { writeErr() {} }) })
  .configureHelp({ showGlobalOptions: true });

/** Adds what every command takes, and runs it with a session. The name says what it answers with: see `ANSWERS`. */
function run<Name extends CommandName>(
  _name: Name,
  command: Command,
  action: (
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
        const result = await action(await openSession(flags), flags, command.args);
        if (result !== undefined) {
          print(result, json);
        }
      } catch (error) {
        printError(error, json);
      }
    });
}

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
  async (session, flags) => {
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
  addKeyFlag(addChainFlags(program.command("anchor"))).description(
    "seal and anchor what is pending in this repository, and wait",
  ),
  (session, flags) => anchor(session, flags as ChainFlags),
);

run(
  "replay",
  addChainFlags(program.command("replay").argument("[ids...]", "suggestion ids; all by default")).description(
    "run the pinned model again and compare",
  ),
  (session, flags, ids) => replay(session, ids, flags as ChainFlags),
);

run(
  "verify",
  addChainFlags(program.command("verify").argument("[paths...]", "files or folders; all by default"))
    .description("the verdict on every suggestion in this repository")
    .option(
      "--allow-anchored",
      "count suggestions that nobody has replayed, or that were copied from their prompt, as good",
    )
    .option("--no-replay", "do not load the model")
    .option("--base <revision>", "also report evidence that this revision holds and that is missing now"),
  (session, flags, paths) =>
    verify(session, paths, {
      ...(flags as ChainFlags),
      allowAnchored: flags.allowAnchored === true,
      replay: flags.replay !== false,
      base: typeof flags.base === "string" ? flags.base : null,
    }),
);

const model = program.command("model").description("models, their pins and their signatures");
run(
  "model digest",
  model
    .command("digest")
    .argument("<directory>")
    .description("sizes and digests of every file of a model folder"),
  (_session, _flags, [directory = "."]) => modelDigest(directory),
);
run(
  "model check",
  addTrustFlags(
    model.command("check").argument("<model>", "a folder, or the name of an installed model"),
  ).description("compare every byte with the pin, and the signature with the files"),
  (session, flags, [typed = "."]) => modelCheck(session, typed, flags as TrustFlags),
);
run(
  "model pin",
  addPinFlags(model.command("pin").argument("<source>", "a folder, or owner/name on the hub")).description(
    "pin a model, and write the pin into this repository",
  ),
  (session, flags, [source = "."]) => modelPin(session, source, flags as PinFlags),
);
run(
  "model fetch",
  addFetchFlags(
    model.command("fetch").argument("[name]", "one of the workspace's; the proposed one by default"),
  ).description("download exactly the bytes that this workspace's models.json pins"),
  (session, flags, [name]) => modelFetch(session, name, flags as FetchFlags),
);
run(
  "model accept",
  model
    .command("accept")
    .argument("[name]", "an installed model, or its manifest digest; the workspace's proposed one by default")
    .description("let a model count for this repository, on this machine; asks unless the digest is whole"),
  (session, _flags, [name]) => modelAccept(session, name),
);
run(
  "model reject",
  model
    .command("reject")
    .argument("<name>", "an accepted model, or its manifest digest")
    .description("let a model no longer count for this repository"),
  (session, _flags, [name = ""]) => modelReject(session, name),
);
run(
  "model list",
  model.command("list").description("the models here, and those that the workspace names"),
  (session) => modelList(session),
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
  (session, _flags, [name]) => modelUse(session, name),
);
run(
  "model remove",
  model
    .command("remove")
    .argument("[name]", "an installed model")
    .description("take a model off the disk")
    .option("--partial", "what was left of downloads that were not finished"),
  (session, flags, [name]) => modelRemove(session, name, { partial: flags.partial === true }),
);

const chain = program.command("chain").description("the chain on this computer");
run("chain start", chain.command("start").description("run it until `chain stop`"), chainStart);
run("chain stop", chain.command("stop").description("end it; its state stays"), chainStop);
run("chain status", chain.command("status").description("whether it runs, and where"), chainStatus);

const evidence = program.command("evidence").description("what the evidence files of this repository say");
run("evidence list", evidence.command("list").description("every batch and its suggestions"), evidenceList);
run(
  "evidence show",
  evidence
    .command("show")
    .argument("<id>", "a suggestion's id, or its beginning")
    .description("everything about one suggestion"),
  (session, _flags, [id = ""]) => evidenceShow(session, id),
);

run(
  "schema",
  program
    .command("schema")
    .argument("[command...]", "the words of a command, or failure; all by default")
    .description("the JSON Schemas of what --json prints"),
  (_session, _flags, words) => schema(words),
);

// Whoever reads the output, such as `head`, may have had enough of it.
process.stdout.on("error", () => process.exit());
program.parseAsync().catch((error: unknown) => {
  if (!(error instanceof CommanderError && error.exitCode === 0)) {
    printError(error, process.argv.includes("--json"));
  }
});
