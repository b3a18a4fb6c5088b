import { access, constants, lstat, mkdir, realpath, rename, rm } from "node:fs/promises";
import { delimiter, dirname, extname, join } from "node:path";
import { createWhole, isErrno } from "../../platform/durable";
import { meaningOf, unreachable } from "../../platform/errors";
import { replaceFile } from "../../platform/replaceFile";
import type { Answer } from "../answers";
import { CommandError } from "../commandError";
import type { CommandResult } from "../output";
import type { Session } from "../session";
import {
  endingLine,
  HOOK_COMMAND,
  hasLines,
  hookLines,
  KEPT_SUFFIX,
  programOf,
  withLines,
  withoutLines,
} from "./hookBlock";
import { contentOf, findHookPlace, type HookPlace, namesCheck } from "./hookPlace";

type HookAnswer = Answer<"hook status">;

/** `proofline hook status`: which hook git starts before a commit, whether the check is in it, and whether it works. */
export async function hookStatus(): Promise<CommandResult<HookAnswer>> {
  const answer = await stateOf(await findHookPlace(process.cwd()));
  return { exitCode: answer.state === "works" ? 0 : 1, json: answer, text: told(answer) };
}

/**
 * `proofline hook install`: puts the check where git starts it. What somebody else manages, and cannot be taken out of again
 * exactly, is left alone, and what to add there is said.
 */
export async function hookInstall({ installation }: Session): Promise<CommandResult<Answer<"hook install">>> {
  const place = await findHookPlace(process.cwd());
  const { manager, bytes, file } = place;
  let changed = false;
  switch (manager) {
    case "git":
      changed = await writing(file, () =>
        installPlain(file, bytes, {
          node: process.execPath,
          check: installation.hook,
        }),
      );
      break;
    case "husky":
      changed = await writing(file, () => installShared(file, bytes));
      break;
    case "lefthook":
    case "preCommit":
    case "hooksPath":
      break;
    default:
      return unreachable(manager);
  }
  const answer = await stateOf(await findHookPlace(process.cwd()));
  return {
    exitCode: answer.state === "works" ? 0 : 1,
    json: { ...answer, changed },
    text: [changed ? `Proofline's check was written into ${file}.` : `Nothing was written.`, ...told(answer)],
  };
}

/** `proofline hook remove`: takes out what `install` put in, and leaves every other byte as it was before. */
export async function hookRemove(): Promise<CommandResult<Answer<"hook remove">>> {
  const place = await findHookPlace(process.cwd());
  const { file, bytes } = place;
  const changed = bytes !== null && hasLines(bytes) && (await writing(file, () => takeOut(file, bytes)));
  const answer = await stateOf(await findHookPlace(process.cwd()));
  return {
    exitCode: answer.state === "absent" ? 0 : 1,
    json: { ...answer, changed },
    text: [
      changed ? `Proofline's check was taken out of ${file}.` : `${file} holds nothing that Proofline wrote.`,
      ...(answer.state === "absent"
        ? []
        : [`Take the line with \`${HOOK_COMMAND}\` out of ${answer.file} by hand.`]),
    ],
  };
}

/** Resolves to whether anything changed. A person's own hook is kept whole under another name, and called first. */
async function installPlain(
  file: string,
  bytes: Buffer | null,
  program: Parameters<typeof hookLines>[0],
): Promise<boolean> {
  if (bytes === null || hasLines(bytes)) {
    return put(file, bytes, withLines(bytes, hookLines(program)));
  }
  if (isByHand(bytes)) {
    return false;
  }
  const kept = keptBy(file);
  if ((await lstat(kept).catch(() => null)) !== null) {
    throw new CommandError(
      "repository",
      `${file} is a hook of somebody else's, and ${kept} is one, too, so it cannot be kept under that name.`,
      "Move one of them away, then run the command again.",
    );
  }
  await rename(file, kept);
  try {
    return await put(file, null, withLines(null, hookLines(program)));
  } catch (error) {
    await rename(kept, file);
    throw error;
  }
}

/** The same for a hook that travels with the repository. One that ends before its end is not written to. */
async function installShared(file: string, bytes: Buffer | null): Promise<boolean> {
  const isDone = bytes !== null && (isByHand(bytes) || endingLine(bytes) !== null);
  return !isDone && put(file, bytes, withLines(bytes, hookLines(null)));
}

/** Whether somebody wrote the check into a hook themselves. */
function isByHand(bytes: Buffer): boolean {
  return !hasLines(bytes) && namesCheck(bytes);
}

async function takeOut(file: string, bytes: Buffer): Promise<boolean> {
  const rest = withoutLines(bytes);
  const kept = keptBy(file);
  const isKept = (await lstat(kept).catch(() => null)) !== null;
  if (rest !== null && isKept) {
    throw new CommandError(
      "repository",
      `${file} holds lines of somebody else's beside Proofline's, and ${kept} is the hook that was there before.`,
      "Put both into one file by hand.",
    );
  }
  if (isKept) {
    await rename(kept, file);
  } else if (rest === null) {
    await rm(file);
  } else {
    await put(file, bytes, rest);
  }
  return true;
}

/** Where the hook is kept that was there before Proofline's, which finds it there whatever it is called itself. */
function keptBy(file: string): string {
  return join(dirname(file), `pre-commit${KEPT_SUFFIX}`);
}

/** Writes a hook, new or in place of what was read of it. Resolves to whether it had to. */
async function put(file: string, before: Buffer | null, after: Buffer): Promise<boolean> {
  if (before === null) {
    await mkdir(dirname(file), { recursive: true });
    if (!(await createWhole(file, after, { mode: 0o755 }))) {
      throw changedMeanwhile(file);
    }
    return true;
  }
  if (before.equals(after)) {
    return false;
  }
  const outcome = await replaceFile(await realpath(file), before, after);
  switch (outcome) {
    case "replaced":
      return true;
    case "changed":
      throw changedMeanwhile(file);
    case "severalNames":
    case "foreign":
      throw new CommandError(
        "repository",
        `${file} ${outcome === "foreign" ? "belongs to somebody else" : "has other names, which a new file in its place would not have"}, so it stays as it is.`,
        `Change it by hand; \`${HOOK_COMMAND}\` is what runs the check.`,
      );
    default:
      return unreachable(outcome);
  }
}

function changedMeanwhile(file: string): CommandError {
  return new CommandError("repository", `${file} changed meanwhile.`, "Run the command again.");
}

/** What the system refuses is about the hook and its folder. */
async function writing<Value>(file: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) {
      throw error;
    }
    throw new CommandError(
      "repository",
      `${file} cannot be written (${meaningOf(error)}).`,
      `See that you may write in ${dirname(file)}, then run the command again.`,
      { cause: error },
    );
  }
}

/** What holds of a place now. */
async function stateOf(place: HookPlace): Promise<HookAnswer> {
  const { manager, hook, hookBytes, file, bytes, isManaged } = place;
  const kept = keptBy(file);
  const facts = {
    manager,
    hook: hookBytes === null ? null : hook,
    file,
    kept: (await contentOf(kept)) === null ? null : kept,
  };
  const isIn = bytes !== null && (hasLines(bytes) || namesCheck(bytes));
  if (!isIn) {
    const ending = bytes === null || manager !== "husky" ? null : endingLine(bytes);
    const why = ending === null ? null : `It ends at “${ending}”, so that nothing behind would run.`;
    return { ...facts, state: "absent", why, add: linesToAdd(place, ending !== null) };
  }
  const why = await whyNot(place, bytes, isManaged);
  return { ...facts, state: why === null ? "works" : "broken", why, add: [] };
}

/** Why a check that is written into a file does not run; `null` where it does. */
async function whyNot(
  { manager, hook, hookBytes, file }: HookPlace,
  bytes: Buffer,
  isManaged: boolean,
): Promise<string | null> {
  if (!isManaged || hookBytes === null) {
    return `Git does not start it: ${startsWhat(hook, hookBytes)}. ${INSTALLS[manager]}`;
  }
  if (!(await isExecutable(hook))) {
    return `${hook} is not executable, so git passes over it. Make it so: chmod +x.`;
  }
  const ending = hasLines(bytes) ? endingLine(bytes) : null;
  if (ending !== null) {
    return `${file} ends at “${ending}”, before the check. Put the check's lines above it.`;
  }
  const program = programOf(bytes);
  const isThere =
    program !== null && (await contentOf(program.node)) !== null && (await contentOf(program.check)) !== null;
  return isThere || (await isOnPath())
    ? null
    : `The program is gone${program === null ? "" : ` from ${program.check}`}, and no \`proofline\` is on the path, so every commit is refused. Install it, then run \`proofline hook install\`.`;
}

function startsWhat(hook: string, hookBytes: Buffer | null): string {
  return hookBytes === null ? `there is no ${hook}` : `it starts ${hook}, which is another's`;
}

/** How each manager's own hook gets to where git starts it. */
const INSTALLS: Readonly<Record<HookPlace["manager"], string>> = {
  git: "Run `proofline hook install`.",
  husky: "Run `npx husky`.",
  lefthook: "Run `lefthook install`.",
  preCommit: "Run `pre-commit install`.",
  hooksPath: "See what core.hooksPath names.",
};

/** What somebody adds by hand where Proofline writes nothing; nothing where `install` does. */
function linesToAdd({ manager, file }: HookPlace, ends: boolean): readonly string[] {
  switch (manager) {
    case "git":
      return [];
    case "husky":
      return ends ? [HOOK_COMMAND] : [];
    case "lefthook":
      return lefthookLines(extname(file));
    case "preCommit":
      return [
        "  - repo: local",
        "    hooks:",
        "      - id: proofline",
        "        name: Proofline",
        `        entry: ${HOOK_COMMAND}`,
        "        language: system",
        "        always_run: true",
        "        pass_filenames: false",
      ];
    case "hooksPath":
      return [`${HOOK_COMMAND} || exit $?`];
    default:
      return unreachable(manager);
  }
}

function lefthookLines(ending: string): readonly string[] {
  switch (ending) {
    case ".toml":
      return ["[pre-commit.commands.proofline]", `run = "${HOOK_COMMAND}"`];
    case ".json":
    case ".jsonc":
      return [`"pre-commit": { "commands": { "proofline": { "run": "${HOOK_COMMAND}" } } }`];
    default:
      return ["pre-commit:", "  commands:", "    proofline:", `      run: ${HOOK_COMMAND}`];
  }
}

const MANAGER_NAMES: Readonly<Record<HookPlace["manager"], string>> = {
  git: "git alone",
  husky: "husky",
  lefthook: "lefthook",
  preCommit: "pre-commit",
  hooksPath: "core.hooksPath",
};

function told({ manager, hook, file, kept, state, why, add }: HookAnswer): string[] {
  const starts = hook === null ? "Git starts no hook before a commit" : `Git starts ${hook} before a commit`;
  const check = {
    works: `Proofline's check is in ${file}, and works.`,
    broken: `Proofline's check is in ${file}, and does not work.`,
    absent: "Proofline's check is not in it.",
  }[state];
  return [
    `${starts} (managed by ${MANAGER_NAMES[manager]}). ${check}`,
    ...(why === null ? [] : [why]),
    ...(kept === null ? [] : [`It calls ${kept} first, which was there before.`]),
    ...(add.length === 0 ? [] : [`Add to ${file}:`, ...add]),
    ...(add.length > 0 && manager !== "hooksPath" ? [INSTALLS[manager]] : []),
    ...(state === "absent" && add.length === 0 ? ["`proofline hook install` puts it in."] : []),
  ];
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, process.platform === "win32" ? constants.F_OK : constants.X_OK);
    return true;
  } catch (error) {
    if (isErrno(error, "EACCES")) {
      return false;
    }
    throw error;
  }
}

async function isOnPath(): Promise<boolean> {
  const names = process.platform === "win32" ? ["proofline", "proofline.cmd"] : ["proofline"];
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of names) {
      const path = join(folder, name);
      if (folder !== "" && (await isExecutable(path).catch(() => false))) {
        return true;
      }
    }
  }
  return false;
}
