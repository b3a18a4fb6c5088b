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
  own(name) {
    const found = section().inspect<unknown>(name);
    return found?.globalValue ?? found?.defaultValue;
  },
  valueIn(scope, name) {
    const found = section().inspect<unknown>(name);
    return scope === "user" ? found?.globalValue : found?.workspaceValue;
  },
  async set(scope, name, value) {
    await section().update(name, value, scope === "user");
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
