import { resolve } from "node:path";
import { openRepository } from "../evidence/repository/openRepository";
import type { Repository } from "../evidence/repository/repository";
import type { Engine, StartEngineParameters } from "../inference/engine/engine";
import { startEngine } from "../inference/engine/startEngine";
import { ModelChoices } from "../models/store/modelChoice";
import { ModelStore } from "../models/store/modelStore";
import { ProoflineError } from "../platform/errors";
import { prooflineHome } from "../platform/home";
import type { ExecutionProfile } from "../protocol/executionProfile";
import { DEFAULT_PROFILE } from "../protocol/executionProfile";
import { DEFAULT_PROVIDER, type ExecutionProvider } from "../protocol/executionProvider";
import { LocalProvider } from "../providers/local/localProvider";
import { type Installation, installationOf } from "../workflows/installation";
import type { ModelPlaces } from "../workflows/installedPins";
import { note } from "./output";

/** What one run of the command line works with. */
export interface Session {
  readonly home: string;
  readonly installation: Installation;
  readonly modelDirectory: string;
  /** The model's folder that the flag or the variable names, so that it counts in this run; `null` without one. */
  readonly ownModel: string | null;
  /** Why the model that was chosen for this repository cannot be used. */
  readonly modelProblem: ProoflineError | null;
  /** What suggestions are made with. */
  readonly profile: ExecutionProfile;
  readonly provider: ExecutionProvider;
}

/**
 * The model is the one that the flag names, else the variable, else the one chosen for this repository, else the
 * embedded one.
 */
export async function openSession(flags: {
  readonly model?: string;
  readonly profile?: ExecutionProfile;
  readonly provider?: ExecutionProvider;
}): Promise<Session> {
  const installation = installationOf(__dirname);
  const home = prooflineHome();
  const named = flags.model ?? process.env.PROOFLINE_MODEL;
  const session = {
    home,
    installation,
    modelDirectory: named === undefined ? installation.modelDirectory : resolve(named),
    ownModel: named === undefined ? null : resolve(named),
    modelProblem: null,
    profile: flags.profile ?? DEFAULT_PROFILE,
    provider: flags.provider ?? DEFAULT_PROVIDER,
  };
  if (named !== undefined) {
    return session;
  }
  try {
    return { ...session, modelDirectory: (await chosenDirectory(home)) ?? installation.modelDirectory };
  } catch (error) {
    // Most commands need no model, and one of them chooses another.
    if (!(error instanceof ProoflineError)) {
      throw error;
    }
    return { ...session, modelProblem: error };
  }
}

/** Where this machine's models lie. */
export function modelPlacesOf({ home, installation, ownModel }: Session): ModelPlaces {
  return { store: new ModelStore(home), embedded: installation.modelDirectory, own: ownModel };
}

async function chosenDirectory(home: string): Promise<string | null> {
  const repository = await repositoryHere();
  if (repository === null) {
    return null;
  }
  return (await new ModelChoices(home, new ModelStore(home)).of(repository.folder))?.path ?? null;
}

/** The repository of the working directory; `null` where it lies in none. */
export async function repositoryHere(): Promise<Repository | null> {
  return openRepository(process.cwd()).catch((error: unknown) => {
    if (error instanceof ProoflineError && error.code === "repository") {
      return null;
    }
    throw error;
  });
}

/** Starts the provider of suggestions, passes it to `use`, and ends it afterwards, whatever happens. */
export async function withProvider<Value>(
  session: Session,
  use: (provider: LocalProvider) => Promise<Value>,
): Promise<Value> {
  if (session.modelProblem !== null) {
    throw session.modelProblem;
  }
  const provider = await LocalProvider.start(engineParameters(session, session.modelDirectory));
  if (provider.notice !== null) {
    note(provider.notice);
  }
  try {
    return await use(provider);
  } finally {
    await provider.dispose();
  }
}

/** Loads a pinned model for replays, passes it to `use`, and ends its worker afterwards, whatever happens. */
export async function withEngine<Value>(
  session: Session,
  use: (engine: Engine) => Promise<Value>,
  modelDirectory: string,
): Promise<Value> {
  const engine = await startEngine(engineParameters(session, modelDirectory));
  if (engine.fallback !== null) {
    note(engine.fallback);
  }
  try {
    return await use(engine);
  } finally {
    await engine.dispose();
  }
}

function engineParameters(
  { installation, profile, provider }: Session,
  modelDirectory: string,
): StartEngineParameters {
  return {
    modelDirectory,
    workerPath: installation.inferenceWorker,
    bundlePaths: installation.bundles,
    profile,
    provider,
  };
}
