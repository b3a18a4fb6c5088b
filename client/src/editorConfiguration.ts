/** Proofline's settings in VS Code. What they are called and mean is `config.ts`'s. */
import { type Disposable, type WorkspaceConfiguration, workspace } from "vscode";
import type { ConfigurationSource } from "./config";

const SECTION = "proofline";

export const EDITOR_CONFIGURATION: ConfigurationSource = {
  get trusted() {
    return workspace.isTrusted;
  },
  get: (name) => section().get<unknown>(name),
  everyValue(name) {
    const scopes = [undefined, ...(workspace.workspaceFolders ?? []).map((folder) => folder.uri)];
    return scopes.flatMap((scope) => {
      const found = workspace.getConfiguration(SECTION, scope).inspect<unknown>(name);
      return [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue];
    });
  },
  async set(name, value) {
    const inWorkspace = section().inspect(name)?.workspaceValue !== undefined;
    await section().update(name, value, !inWorkspace);
  },
};

export function onDidChangeSettings(listener: () => void): Disposable {
  return workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration(SECTION)) {
      listener();
    }
  });
}

function section(): WorkspaceConfiguration {
  return workspace.getConfiguration(SECTION);
}
